from qairon.v1 import application_pb2 as _application_pb2
from qairon.v1 import proc_pb2 as _proc_pb2
from qairon.v1 import service_pb2 as _service_pb2
from qairon.v1 import stack_pb2 as _stack_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
