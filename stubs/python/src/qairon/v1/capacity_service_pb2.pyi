from qairon.v1 import allocation_pb2 as _allocation_pb2
from qairon.v1 import allocation_type_pb2 as _allocation_type_pb2
from qairon.v1 import capacity_pb2 as _capacity_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
