qcli deployment_target_type set_field eks defaults '{
  "recon": {
    "cmdb_jq": "[.[] | {service: .service_name, cluster: .cluster_name, env: .environment}] | sort_by(.service)",
    "qairon_jq": "[.[] | {service: (.service_id | split(\":\") | .[-1]), cluster: (.deployment_target_id | split(\":\") | .[-1]), env: (.deployment_target_id | split(\":\") | .[0])}] | sort_by(.service)"
  }
}'
qcli deployment_target set_field prod:aws:123456789012:us-east-1:us-east-1a:eks:main-cluster defaults '{
  "recon": {
    "cmdb_endpoint": "https://cmdb.internal/api/services?cluster=main-cluster"
  }
}'
TYPE_DEFAULTS=$(qcli deployment_target_type get_field eks defaults -o plain)
INSTANCE_DEFAULTS=$(qcli deployment_target get_field prod:aws:123456789012:us-east-1:us-east-1a:eks:main-cluster defaults -o plain)
CMDB_JQ=$(echo $TYPE_DEFAULTS | jq -r '.recon.cmdb_jq')
Q_JQ=$(echo $TYPE_DEFAULTS | jq -r '.recon.qairon_jq')
CMDB_URL=$(echo $INSTANCE_DEFAULTS | jq -r '.recon.cmdb_endpoint')
curl -s "$CMDB_URL" | jq "$CMDB_JQ" > cmdb_services.json
qcli deployment_target get_field prod:aws:123456789012:us-east-1:us-east-1a:eks:main-cluster deployments -o json | jq "$Q_JQ" > qairon_services.json
diff cmdb_services.json qairon_services.json
