RESOURCE_TYPE=$1  # e.g., deployment_target
TYPE_ID=$2        # e.g., eks
INSTANCE_ID=$3    # e.g., prod:aws:...:eks:main-cluster
ACTUAL_CMD=$4     # e.g., "kubectl get deployments -A -o json"
TYPE_DEFAULTS=$(qcli ${RESOURCE_TYPE}_type get_field "$TYPE_ID" defaults -o plain)
INSTANCE_DEFAULTS=$(qcli $RESOURCE_TYPE get_field "$INSTANCE_ID" defaults -o plain)
ACTUAL_JQ=$(echo "$TYPE_DEFAULTS" | jq -r '.recon.actual_jq')
QAIRON_JQ=$(echo "$TYPE_DEFAULTS" | jq -r '.recon.qairon_jq')
diff <(eval "$ACTUAL_CMD" | jq "$ACTUAL_JQ") \
     <(qcli $RESOURCE_TYPE get_field "$INSTANCE_ID" deployments -o json | jq "$QAIRON_JQ")
