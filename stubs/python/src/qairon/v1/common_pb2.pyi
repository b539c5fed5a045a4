from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AffectedObjects(_message.Message):
    __slots__ = ("counts", "objects", "truncated")
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    counts: _containers.RepeatedCompositeFieldContainer[EntityCount]
    objects: _containers.RepeatedCompositeFieldContainer[AffectedObject]
    truncated: bool
    def __init__(self, counts: _Optional[_Iterable[_Union[EntityCount, _Mapping]]] = ..., objects: _Optional[_Iterable[_Union[AffectedObject, _Mapping]]] = ..., truncated: bool = ...) -> None: ...

class EntityCount(_message.Message):
    __slots__ = ("resource", "count")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    resource: str
    count: int
    def __init__(self, resource: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class AffectedObject(_message.Message):
    __slots__ = ("resource", "id", "new_id")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    NEW_ID_FIELD_NUMBER: _ClassVar[int]
    resource: str
    id: str
    new_id: str
    def __init__(self, resource: _Optional[str] = ..., id: _Optional[str] = ..., new_id: _Optional[str] = ...) -> None: ...
