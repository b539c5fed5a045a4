from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from qairon.v1 import network_pb2 as _network_pb2
from qairon.v1 import subnet_pb2 as _subnet_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AllocateSubnetRequest(_message.Message):
    __slots__ = ("network_id", "additional_mask_bits", "name", "defaults", "validate_only", "request_id")
    NETWORK_ID_FIELD_NUMBER: _ClassVar[int]
    ADDITIONAL_MASK_BITS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DEFAULTS_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    network_id: str
    additional_mask_bits: int
    name: str
    defaults: _struct_pb2.Struct
    validate_only: bool
    request_id: str
    def __init__(self, network_id: _Optional[str] = ..., additional_mask_bits: _Optional[int] = ..., name: _Optional[str] = ..., defaults: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class AllocateSubnetResponse(_message.Message):
    __slots__ = ("subnet",)
    SUBNET_FIELD_NUMBER: _ClassVar[int]
    subnet: _subnet_pb2.Subnet
    def __init__(self, subnet: _Optional[_Union[_subnet_pb2.Subnet, _Mapping]] = ...) -> None: ...
