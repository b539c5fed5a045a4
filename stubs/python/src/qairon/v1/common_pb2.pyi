from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AffectedEffect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AFFECTED_EFFECT_UNSPECIFIED: _ClassVar[AffectedEffect]
    AFFECTED_EFFECT_DELETED: _ClassVar[AffectedEffect]
    AFFECTED_EFFECT_UNLINKED: _ClassVar[AffectedEffect]
    AFFECTED_EFFECT_RENAMED: _ClassVar[AffectedEffect]
AFFECTED_EFFECT_UNSPECIFIED: AffectedEffect
AFFECTED_EFFECT_DELETED: AffectedEffect
AFFECTED_EFFECT_UNLINKED: AffectedEffect
AFFECTED_EFFECT_RENAMED: AffectedEffect

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
    __slots__ = ("resource", "count", "effect")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    resource: str
    count: int
    effect: AffectedEffect
    def __init__(self, resource: _Optional[str] = ..., count: _Optional[int] = ..., effect: _Optional[_Union[AffectedEffect, str]] = ...) -> None: ...

class AffectedObject(_message.Message):
    __slots__ = ("resource", "id", "new_id", "effect", "fields")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    NEW_ID_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    resource: str
    id: str
    new_id: str
    effect: AffectedEffect
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, resource: _Optional[str] = ..., id: _Optional[str] = ..., new_id: _Optional[str] = ..., effect: _Optional[_Union[AffectedEffect, str]] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...
