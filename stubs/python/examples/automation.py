"""What automation does that was written for the command line in Python."""

from qairon_qcli.controllers import PrintingOutputController, QCLIController

qcli = QCLIController(PrintingOutputController())

# CLI: qcli service get ecommerce:checkout:order-processor
qcli.get(resource='service', resource_id='ecommerce:checkout:order-processor')

# CLI: qcli service list
qcli.list(resource='service')

# CLI: qcli stack get_field ecommerce:payments services
qcli.get_field(resource='stack', resource_id='ecommerce:payments', field='services')

# CLI: qcli network allocate_subnet prod:aws:123456789012:us-east-1:us-east-1a:main-vpc 6 eks0
qcli.allocate_subnet(network_id='prod:aws:123456789012:us-east-1:us-east-1a:main-vpc', additional_mask_bits=6, name='eks0')
