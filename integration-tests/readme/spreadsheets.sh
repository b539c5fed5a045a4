qcli environment set_field prod defaults '{
  "recon": {
    "spreadsheet_jq": "[.[] | {service: .service, stack: .stack, app: .application}] | sort_by(.service)",
    "qairon_service_jq": "[.[] | .id | split(\":\") | {app: .[0], stack: .[1], service: .[2]}] | sort_by(.service)"
  }
}'
qcli application set_field ecommerce defaults '{
  "recon": {
    "spreadsheet_path": "/shared/docs/ecommerce-deployments.csv"
  }
}'
ENV_DEFAULTS=$(qcli environment get_field prod defaults -o plain)
APP_DEFAULTS=$(qcli application get_field ecommerce defaults -o plain)
SHEET_JQ=$(echo $ENV_DEFAULTS | jq -r '.recon.spreadsheet_jq')
Q_JQ=$(echo $ENV_DEFAULTS | jq -r '.recon.qairon_service_jq')
SHEET_PATH=$(echo $APP_DEFAULTS | jq -r '.recon.spreadsheet_path')
cat "$SHEET_PATH" | csvjson | jq "$SHEET_JQ" > spreadsheet.json
qcli service query '{"filters":[{"name":"stack.application_id","op":"eq","val":"ecommerce"}]}' -o json | jq "$Q_JQ" > qairon_services.json
diff spreadsheet.json qairon_services.json
