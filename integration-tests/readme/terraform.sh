qcli network set_field prod:aws:123456789012:us-east-1:us-east-1a:main-vpc defaults '{
  "recon": {
    "terraform_state_path": "s3://terraform-state/prod/vpc.tfstate"
  }
}'
TYPE_DEFAULTS=$(qcli provider_type get_field aws defaults -o plain)
INSTANCE_DEFAULTS=$(qcli network get_field prod:aws:123456789012:us-east-1:us-east-1a:main-vpc defaults -o plain)
TF_JQ=$(echo $TYPE_DEFAULTS | jq -r '.recon.terraform.vpc_jq')
Q_JQ=$(echo $TYPE_DEFAULTS | jq -r '.recon.terraform.qairon_network_jq')
TF_STATE=$(echo $INSTANCE_DEFAULTS | jq -r '.recon.terraform_state_path')
terraform show -json $TF_STATE | jq -r "$TF_JQ" | jq -s 'sort_by(.native_id)' > tf_vpcs.json
qcli network get prod:aws:123456789012:us-east-1:us-east-1a:main-vpc -o json | jq "$Q_JQ" > qairon_networks.json
diff tf_vpcs.json qairon_networks.json
