from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class GetServerInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetServerInfoResponse(_message.Message):
    __slots__ = ("version", "api_packages", "database_version", "schema_version", "max_message_bytes")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    API_PACKAGES_FIELD_NUMBER: _ClassVar[int]
    DATABASE_VERSION_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    version: str
    api_packages: _containers.RepeatedScalarFieldContainer[str]
    database_version: str
    schema_version: str
    max_message_bytes: int
    def __init__(self, version: _Optional[str] = ..., api_packages: _Optional[_Iterable[str]] = ..., database_version: _Optional[str] = ..., schema_version: _Optional[str] = ..., max_message_bytes: _Optional[int] = ...) -> None: ...
