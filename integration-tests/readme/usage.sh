export QAIRON_ENDPOINT=http://localhost:5000
qcli service list
qcli deployment list
qcli service get ecommerce:checkout:order-processor
qcli stack get_field ecommerce:payments services
qcli service get_field ecommerce:checkout:order-processor deployments
qcli service create ecommerce:checkout order-processor
qcli deployment query '{"filters":[{"name":"service_id","op":"eq","val":"ecommerce:checkout:order-processor"}]}'
qcli network allocate_subnet prod:aws:123456789012:us-east-1:us-east-1a:main-vpc 6 eks0
qcli csv_import import_csv application applications.csv
qcli csv_import import_csv stack stacks.csv --dry-run
