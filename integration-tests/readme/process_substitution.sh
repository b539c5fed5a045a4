diff <(kubectl get deployments -A -o json | \
       jq "$(qcli deployment_target_type get_field eks defaults -o plain | jq -r '.recon.k8s_jq')") \
     <(qcli deployment_target get_field $DT_ID deployments -o json | \
       jq "$(qcli deployment_target_type get_field eks defaults -o plain | jq -r '.recon.qairon_jq')")
