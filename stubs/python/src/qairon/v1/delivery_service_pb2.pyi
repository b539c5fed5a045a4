from qairon.v1 import build_pb2 as _build_pb2
from qairon.v1 import build_artifact_pb2 as _build_artifact_pb2
from qairon.v1 import release_pb2 as _release_pb2
from qairon.v1 import release_artifact_pb2 as _release_artifact_pb2
from qairon.v1 import repo_pb2 as _repo_pb2
from qairon.v1 import repo_type_pb2 as _repo_type_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
