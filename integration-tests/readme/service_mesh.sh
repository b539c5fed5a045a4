qcli deployment_target_type set_field eks defaults '{
  "recon": {
    "k8s_jq": "[.items[] | {service: .metadata.name, namespace: .metadata.namespace, image: .spec.template.spec.containers[0].image}] | sort_by(.service)",
    "qairon_jq": "[.[] | {service: (.service_id | split(\":\") | .[-1]), namespace: (.service_id | split(\":\") | .[1]), image: .current_release.release_artifacts[0].upload_path}] | sort_by(.service)"
  }
}'
qcli deployment_target set_field prod:aws:123456789012:us-east-1:us-east-1a:eks:main-cluster defaults '{
  "recon": {
    "k8s_context": "prod-eks-main"
  }
}'
TYPE_DEFAULTS=$(qcli deployment_target_type get_field eks defaults -o plain)
INSTANCE_DEFAULTS=$(qcli deployment_target get_field prod:aws:123456789012:us-east-1:us-east-1a:eks:main-cluster defaults -o plain)
K8S_JQ=$(echo $TYPE_DEFAULTS | jq -r '.recon.k8s_jq')
Q_JQ=$(echo $TYPE_DEFAULTS | jq -r '.recon.qairon_jq')
K8S_CTX=$(echo $INSTANCE_DEFAULTS | jq -r '.recon.k8s_context')
kubectl --context "$K8S_CTX" get deployments -A -o json | jq "$K8S_JQ" > k8s_running.json
qcli deployment_target get_field prod:aws:123456789012:us-east-1:us-east-1a:eks:main-cluster deployments -o json | jq "$Q_JQ" > qairon_intended.json
diff k8s_running.json qairon_intended.json
