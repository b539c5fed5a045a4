from qairon.v1 import deployment_target_pb2 as _deployment_target_pb2
from qairon.v1 import deployment_target_type_pb2 as _deployment_target_type_pb2
from qairon.v1 import environment_pb2 as _environment_pb2
from qairon.v1 import fleet_pb2 as _fleet_pb2
from qairon.v1 import fleet_type_pb2 as _fleet_type_pb2
from qairon.v1 import partition_pb2 as _partition_pb2
from qairon.v1 import provider_pb2 as _provider_pb2
from qairon.v1 import provider_type_pb2 as _provider_type_pb2
from qairon.v1 import region_pb2 as _region_pb2
from qairon.v1 import zone_pb2 as _zone_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
