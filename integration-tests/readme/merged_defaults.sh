merge_defaults() {
  local type_defaults=$1 instance_defaults=$2
  echo "$type_defaults" "$instance_defaults" | jq -s '.[0] * .[1]'
}
TYPE=$(qcli deployment_target_type get_field eks defaults -o plain)
INSTANCE=$(qcli deployment_target get_field $DT_ID defaults -o plain)
MERGED=$(merge_defaults "$TYPE" "$INSTANCE")
K8S_JQ=$(echo "$MERGED" | jq -r '.recon.k8s_jq')
K8S_CTX=$(echo "$MERGED" | jq -r '.recon.k8s_context')
