from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import any_pb2 as _any_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LoadAtomicity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOAD_ATOMICITY_UNSPECIFIED: _ClassVar[LoadAtomicity]
    LOAD_ATOMICITY_ALL: _ClassVar[LoadAtomicity]
    LOAD_ATOMICITY_OBJECT: _ClassVar[LoadAtomicity]

class ChangeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANGE_KIND_UNSPECIFIED: _ClassVar[ChangeKind]
    CHANGE_KIND_CREATE: _ClassVar[ChangeKind]
    CHANGE_KIND_UPDATE: _ClassVar[ChangeKind]
    CHANGE_KIND_DELETE: _ClassVar[ChangeKind]
LOAD_ATOMICITY_UNSPECIFIED: LoadAtomicity
LOAD_ATOMICITY_ALL: LoadAtomicity
LOAD_ATOMICITY_OBJECT: LoadAtomicity
CHANGE_KIND_UNSPECIFIED: ChangeKind
CHANGE_KIND_CREATE: ChangeKind
CHANGE_KIND_UPDATE: ChangeKind
CHANGE_KIND_DELETE: ChangeKind

class ImportObjectsRequest(_message.Message):
    __slots__ = ("objects", "validate_only")
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    objects: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    validate_only: bool
    def __init__(self, objects: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., validate_only: bool = ...) -> None: ...

class ImportObjectsResponse(_message.Message):
    __slots__ = ("created", "errors", "refused")
    CREATED_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    created: int
    errors: _containers.RepeatedCompositeFieldContainer[ImportError]
    refused: int
    def __init__(self, created: _Optional[int] = ..., errors: _Optional[_Iterable[_Union[ImportError, _Mapping]]] = ..., refused: _Optional[int] = ...) -> None: ...

class ImportError(_message.Message):
    __slots__ = ("index", "code", "reason", "field", "message")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    index: int
    code: int
    reason: str
    field: str
    message: str
    def __init__(self, index: _Optional[int] = ..., code: _Optional[int] = ..., reason: _Optional[str] = ..., field: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class LoadObjectsRequest(_message.Message):
    __slots__ = ("options", "objects")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    options: LoadOptions
    objects: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, options: _Optional[_Union[LoadOptions, _Mapping]] = ..., objects: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class LoadOptions(_message.Message):
    __slots__ = ("validate_only", "atomicity", "upsert", "update_mask")
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    ATOMICITY_FIELD_NUMBER: _ClassVar[int]
    UPSERT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    validate_only: bool
    atomicity: LoadAtomicity
    upsert: bool
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, validate_only: bool = ..., atomicity: _Optional[_Union[LoadAtomicity, str]] = ..., upsert: bool = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class LoadObjectsResponse(_message.Message):
    __slots__ = ("chunks", "created", "updated", "unchanged", "refused", "errors", "committed")
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    UPDATED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    chunks: int
    created: int
    updated: int
    unchanged: int
    refused: int
    errors: _containers.RepeatedCompositeFieldContainer[ImportError]
    committed: bool
    def __init__(self, chunks: _Optional[int] = ..., created: _Optional[int] = ..., updated: _Optional[int] = ..., unchanged: _Optional[int] = ..., refused: _Optional[int] = ..., errors: _Optional[_Iterable[_Union[ImportError, _Mapping]]] = ..., committed: bool = ...) -> None: ...

class BulkObject(_message.Message):
    __slots__ = ("object", "fields", "links")
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    object: _any_pb2.Any
    fields: _field_mask_pb2.FieldMask
    links: _containers.RepeatedCompositeFieldContainer[LinkSet]
    def __init__(self, object: _Optional[_Union[_any_pb2.Any, _Mapping]] = ..., fields: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., links: _Optional[_Iterable[_Union[LinkSet, _Mapping]]] = ...) -> None: ...

class LinkSet(_message.Message):
    __slots__ = ("relation", "ids")
    RELATION_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    relation: str
    ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, relation: _Optional[str] = ..., ids: _Optional[_Iterable[str]] = ...) -> None: ...

class BulkScope(_message.Message):
    __slots__ = ("resource", "id")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    resource: str
    id: str
    def __init__(self, resource: _Optional[str] = ..., id: _Optional[str] = ...) -> None: ...

class ApplyObjectsRequest(_message.Message):
    __slots__ = ("options", "objects")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    options: ApplyOptions
    objects: _containers.RepeatedCompositeFieldContainer[BulkObject]
    def __init__(self, options: _Optional[_Union[ApplyOptions, _Mapping]] = ..., objects: _Optional[_Iterable[_Union[BulkObject, _Mapping]]] = ...) -> None: ...

class ApplyOptions(_message.Message):
    __slots__ = ("validate_only", "prune")
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    PRUNE_FIELD_NUMBER: _ClassVar[int]
    validate_only: bool
    prune: Prune
    def __init__(self, validate_only: bool = ..., prune: _Optional[_Union[Prune, _Mapping]] = ...) -> None: ...

class Prune(_message.Message):
    __slots__ = ("scopes", "resources")
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    scopes: _containers.RepeatedCompositeFieldContainer[BulkScope]
    resources: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, scopes: _Optional[_Iterable[_Union[BulkScope, _Mapping]]] = ..., resources: _Optional[_Iterable[str]] = ...) -> None: ...

class ApplyObjectsResponse(_message.Message):
    __slots__ = ("changes", "errors", "summary")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[ObjectChange]
    errors: _containers.RepeatedCompositeFieldContainer[ImportError]
    summary: ApplySummary
    def __init__(self, changes: _Optional[_Iterable[_Union[ObjectChange, _Mapping]]] = ..., errors: _Optional[_Iterable[_Union[ImportError, _Mapping]]] = ..., summary: _Optional[_Union[ApplySummary, _Mapping]] = ...) -> None: ...

class ObjectChange(_message.Message):
    __slots__ = ("kind", "resource", "id", "fields")
    KIND_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    kind: ChangeKind
    resource: str
    id: str
    fields: _containers.RepeatedCompositeFieldContainer[FieldChange]
    def __init__(self, kind: _Optional[_Union[ChangeKind, str]] = ..., resource: _Optional[str] = ..., id: _Optional[str] = ..., fields: _Optional[_Iterable[_Union[FieldChange, _Mapping]]] = ...) -> None: ...

class FieldChange(_message.Message):
    __slots__ = ("field", "before", "after")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    field: str
    before: str
    after: str
    def __init__(self, field: _Optional[str] = ..., before: _Optional[str] = ..., after: _Optional[str] = ...) -> None: ...

class ApplySummary(_message.Message):
    __slots__ = ("created", "updated", "unchanged", "deleted", "refused", "committed")
    CREATED_FIELD_NUMBER: _ClassVar[int]
    UPDATED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    created: int
    updated: int
    unchanged: int
    deleted: int
    refused: int
    committed: bool
    def __init__(self, created: _Optional[int] = ..., updated: _Optional[int] = ..., unchanged: _Optional[int] = ..., deleted: _Optional[int] = ..., refused: _Optional[int] = ..., committed: bool = ...) -> None: ...

class ExportObjectsRequest(_message.Message):
    __slots__ = ("resources", "filter", "scopes", "read_mask", "omit_links")
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    READ_MASK_FIELD_NUMBER: _ClassVar[int]
    OMIT_LINKS_FIELD_NUMBER: _ClassVar[int]
    resources: _containers.RepeatedScalarFieldContainer[str]
    filter: str
    scopes: _containers.RepeatedCompositeFieldContainer[BulkScope]
    read_mask: _field_mask_pb2.FieldMask
    omit_links: bool
    def __init__(self, resources: _Optional[_Iterable[str]] = ..., filter: _Optional[str] = ..., scopes: _Optional[_Iterable[_Union[BulkScope, _Mapping]]] = ..., read_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., omit_links: bool = ...) -> None: ...

class ExportObjectsResponse(_message.Message):
    __slots__ = ("objects",)
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    objects: _containers.RepeatedCompositeFieldContainer[BulkObject]
    def __init__(self, objects: _Optional[_Iterable[_Union[BulkObject, _Mapping]]] = ...) -> None: ...
