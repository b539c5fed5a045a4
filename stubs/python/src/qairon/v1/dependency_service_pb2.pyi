from google.api import field_behavior_pb2 as _field_behavior_pb2
from qairon.v1 import common_pb2 as _common_pb2
from qairon.v1 import dependency_pb2 as _dependency_pb2
from qairon.v1 import dependency_case_pb2 as _dependency_case_pb2
from qairon.v1 import relatable_pb2 as _relatable_pb2
from qairon.v1 import related_pb2 as _related_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DeclareDependencyRequest(_message.Message):
    __slots__ = ("resource", "id", "related_resource", "related_id", "case_id", "name", "validate_only", "request_id")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    RELATED_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    RELATED_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    resource: str
    id: str
    related_resource: str
    related_id: str
    case_id: str
    name: str
    validate_only: bool
    request_id: str
    def __init__(self, resource: _Optional[str] = ..., id: _Optional[str] = ..., related_resource: _Optional[str] = ..., related_id: _Optional[str] = ..., case_id: _Optional[str] = ..., name: _Optional[str] = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class DeclareDependencyResponse(_message.Message):
    __slots__ = ("dependency", "related", "created")
    DEPENDENCY_FIELD_NUMBER: _ClassVar[int]
    RELATED_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    dependency: _dependency_pb2.Dependency
    related: _related_pb2.Related
    created: _containers.RepeatedCompositeFieldContainer[CreatedObject]
    def __init__(self, dependency: _Optional[_Union[_dependency_pb2.Dependency, _Mapping]] = ..., related: _Optional[_Union[_related_pb2.Related, _Mapping]] = ..., created: _Optional[_Iterable[_Union[CreatedObject, _Mapping]]] = ...) -> None: ...

class CreatedObject(_message.Message):
    __slots__ = ("resource", "id")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    resource: str
    id: str
    def __init__(self, resource: _Optional[str] = ..., id: _Optional[str] = ...) -> None: ...

class RemoveDependencyRequest(_message.Message):
    __slots__ = ("resource", "id", "related_resource", "related_id", "case_id", "name", "validate_only", "request_id")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    RELATED_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    RELATED_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    resource: str
    id: str
    related_resource: str
    related_id: str
    case_id: str
    name: str
    validate_only: bool
    request_id: str
    def __init__(self, resource: _Optional[str] = ..., id: _Optional[str] = ..., related_resource: _Optional[str] = ..., related_id: _Optional[str] = ..., case_id: _Optional[str] = ..., name: _Optional[str] = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class RemoveDependencyResponse(_message.Message):
    __slots__ = ("affected",)
    AFFECTED_FIELD_NUMBER: _ClassVar[int]
    affected: _common_pb2.AffectedObjects
    def __init__(self, affected: _Optional[_Union[_common_pb2.AffectedObjects, _Mapping]] = ...) -> None: ...
