from qairon.v1 import config_template_pb2 as _config_template_pb2
from qairon.v1 import deployment_config_pb2 as _deployment_config_pb2
from qairon.v1 import language_pb2 as _language_pb2
from qairon.v1 import service_config_pb2 as _service_config_pb2
from qairon.v1 import stack_config_pb2 as _stack_config_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
