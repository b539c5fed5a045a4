qcli repo_type set_field ecr defaults '{
  "recon": {
    "ecr_jq": "[.imageDetails[] | .imageTags[] | {image: ($repo + \":\" + .)}] | sort_by(.image)",
    "qairon_jq": "[.[] | {image: .upload_path}] | sort_by(.image)"
  }
}'
qcli repo set_field ecr:ecommerce-order-processor defaults '{
  "recon": {
    "repository": "ecommerce/order-processor"
  }
}'
TYPE_DEFAULTS=$(qcli repo_type get_field ecr defaults -o plain)
INSTANCE_DEFAULTS=$(qcli repo get_field ecr:ecommerce-order-processor defaults -o plain)
ECR_JQ=$(echo $TYPE_DEFAULTS | jq -r '.recon.ecr_jq')
Q_JQ=$(echo $TYPE_DEFAULTS | jq -r '.recon.qairon_jq')
REPO=$(echo $INSTANCE_DEFAULTS | jq -r '.recon.repository')
aws ecr describe-images --repository-name "$REPO" | jq --arg repo "$REPO" "$ECR_JQ" > ecr_images.json
qcli repo get_field ecr:ecommerce-order-processor build_artifacts -o json | jq "$Q_JQ" > qairon_artifacts.json
diff ecr_images.json qairon_artifacts.json
