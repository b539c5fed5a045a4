qrecon() {
  local resource_type=$1 pattern_name=$2 type_id=$3
  qcli ${resource_type}_type get_field "$type_id" defaults -o plain | jq -r ".recon.$pattern_name"
}
diff <(kubectl get deployments -A -o json | jq "$(qrecon deployment_target k8s_jq eks)") \
     <(qcli deployment_target get_field $DT_ID deployments -o json | jq "$(qrecon deployment_target qairon_jq eks)")
