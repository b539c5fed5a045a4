set -eu
qcli application create ecommerce
qcli stack create ecommerce checkout
qcli stack create ecommerce payments
qcli service create ecommerce:checkout cart
qcli service create ecommerce:checkout order-processor
qcli service create ecommerce:payments billing
qcli environment create prod
qcli provider_type create aws
qcli provider create prod aws 123456789012
qcli region create prod:aws:123456789012 us-east-1
qcli partition create prod:aws:123456789012:us-east-1 us-east-1a
partition=prod:aws:123456789012:us-east-1:us-east-1a
qcli deployment_target_type create eks
qcli deployment_target create eks $partition main-cluster
qcli network create $partition main-vpc 10.16.0.0/16 -n vpc-0a1b2c
for type in git ecr; do qcli repo_type create $type; done
qcli repo create git ecommerce https://git.example.com/ecommerce
registry=123456789012.dkr.ecr.us-east-1.amazonaws.com
for service in cart order-processor; do
  qcli repo create ecr ecommerce-$service $registry/ecommerce/$service
done
target=$partition:eks:main-cluster
for service in cart order-processor; do
  build=$(qcli build create ecommerce:checkout:$service 41 9f8e7d6c)
  qcli build_artifact create $build git:ecommerce ecr:ecommerce-$service image ecommerce/$service:41
  deployment=$(qcli deployment create ecommerce:checkout:$service $target)
  release=$(qcli release create $build $deployment 41)
  qcli release_artifact create $release ecr:ecommerce-$service ecr:ecommerce-$service image registry/$service:41
  qcli deployment set_field $deployment current_release $release -q
done
qcli deployment create ecommerce:payments:billing $target -t canary
