eval $(qcli deployment_target_type get_field eks defaults -o plain | \
  jq -r '.recon | to_entries[] | "export RECON_\(.key | ascii_upcase)=\((.value | @json))"')
kubectl get deployments -A -o json | jq "$RECON_K8S_JQ" > actual.json
qcli deployment_target get_field $DT_ID deployments -o json | jq "$RECON_QAIRON_JQ" > intended.json
diff actual.json intended.json
