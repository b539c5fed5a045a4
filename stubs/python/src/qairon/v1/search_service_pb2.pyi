from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Match(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MATCH_UNSPECIFIED: _ClassVar[Match]
    MATCH_EXACT: _ClassVar[Match]
    MATCH_COMPONENT: _ClassVar[Match]
    MATCH_NAME_PREFIX: _ClassVar[Match]
    MATCH_NAME: _ClassVar[Match]
    MATCH_ID: _ClassVar[Match]
MATCH_UNSPECIFIED: Match
MATCH_EXACT: Match
MATCH_COMPONENT: Match
MATCH_NAME_PREFIX: Match
MATCH_NAME: Match
MATCH_ID: Match

class FindObjectsRequest(_message.Message):
    __slots__ = ("text", "resources", "page_size", "page_token")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    text: str
    resources: _containers.RepeatedScalarFieldContainer[str]
    page_size: int
    page_token: str
    def __init__(self, text: _Optional[str] = ..., resources: _Optional[_Iterable[str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class FindObjectsResponse(_message.Message):
    __slots__ = ("objects", "next_page_token")
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    objects: _containers.RepeatedCompositeFieldContainer[FoundObject]
    next_page_token: str
    def __init__(self, objects: _Optional[_Iterable[_Union[FoundObject, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class FoundObject(_message.Message):
    __slots__ = ("resource", "id", "match")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    MATCH_FIELD_NUMBER: _ClassVar[int]
    resource: str
    id: str
    match: Match
    def __init__(self, resource: _Optional[str] = ..., id: _Optional[str] = ..., match: _Optional[_Union[Match, str]] = ...) -> None: ...

class FindByNativeIdRequest(_message.Message):
    __slots__ = ("native_id", "page_size", "page_token")
    NATIVE_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    native_id: str
    page_size: int
    page_token: str
    def __init__(self, native_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class FindByNativeIdResponse(_message.Message):
    __slots__ = ("objects", "next_page_token")
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    objects: _containers.RepeatedCompositeFieldContainer[NativeObject]
    next_page_token: str
    def __init__(self, objects: _Optional[_Iterable[_Union[NativeObject, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class NativeObject(_message.Message):
    __slots__ = ("resource", "id", "native_id")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    NATIVE_ID_FIELD_NUMBER: _ClassVar[int]
    resource: str
    id: str
    native_id: str
    def __init__(self, resource: _Optional[str] = ..., id: _Optional[str] = ..., native_id: _Optional[str] = ...) -> None: ...

class ExplainFilterRequest(_message.Message):
    __slots__ = ("resource", "filter", "order_by")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    resource: str
    filter: str
    order_by: str
    def __init__(self, resource: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ExplainFilterResponse(_message.Message):
    __slots__ = ("filter", "order_by")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    filter: str
    order_by: str
    def __init__(self, filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class CompleteIdsRequest(_message.Message):
    __slots__ = ("resource", "prefix", "filter", "max_results")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MAX_RESULTS_FIELD_NUMBER: _ClassVar[int]
    resource: str
    prefix: str
    filter: str
    max_results: int
    def __init__(self, resource: _Optional[str] = ..., prefix: _Optional[str] = ..., filter: _Optional[str] = ..., max_results: _Optional[int] = ...) -> None: ...

class CompleteIdsResponse(_message.Message):
    __slots__ = ("completions", "truncated")
    COMPLETIONS_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    completions: _containers.RepeatedCompositeFieldContainer[IdCompletion]
    truncated: bool
    def __init__(self, completions: _Optional[_Iterable[_Union[IdCompletion, _Mapping]]] = ..., truncated: bool = ...) -> None: ...

class IdCompletion(_message.Message):
    __slots__ = ("text", "whole")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    WHOLE_FIELD_NUMBER: _ClassVar[int]
    text: str
    whole: bool
    def __init__(self, text: _Optional[str] = ..., whole: bool = ...) -> None: ...
