from qairon.v1 import dependency_pb2 as _dependency_pb2
from qairon.v1 import dependency_case_pb2 as _dependency_case_pb2
from qairon.v1 import relatable_pb2 as _relatable_pb2
from qairon.v1 import related_pb2 as _related_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
