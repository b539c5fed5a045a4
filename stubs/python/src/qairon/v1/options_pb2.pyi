from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LinkDependent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINK_DEPENDENT_UNSPECIFIED: _ClassVar[LinkDependent]
    LINK_DEPENDENT_OWNER: _ClassVar[LinkDependent]
    LINK_DEPENDENT_TARGET: _ClassVar[LinkDependent]

class LinkScope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINK_SCOPE_UNSPECIFIED: _ClassVar[LinkScope]
    LINK_SCOPE_ENVIRONMENT: _ClassVar[LinkScope]
    LINK_SCOPE_REGION: _ClassVar[LinkScope]
    LINK_SCOPE_PARTITION: _ClassVar[LinkScope]

class Format(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FORMAT_UNSPECIFIED: _ClassVar[Format]
    FORMAT_NAME: _ClassVar[Format]
    FORMAT_CIDR: _ClassVar[Format]
    FORMAT_ENTITY_TYPE: _ClassVar[Format]

class Dependence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEPENDENCE_UNSPECIFIED: _ClassVar[Dependence]
    DEPENDENCE_DEPENDS: _ClassVar[Dependence]
    DEPENDENCE_LIVES_IN: _ClassVar[Dependence]
    DEPENDENCE_USES: _ClassVar[Dependence]
    DEPENDENCE_CARRIES: _ClassVar[Dependence]
    DEPENDENCE_NONE: _ClassVar[Dependence]
LINK_DEPENDENT_UNSPECIFIED: LinkDependent
LINK_DEPENDENT_OWNER: LinkDependent
LINK_DEPENDENT_TARGET: LinkDependent
LINK_SCOPE_UNSPECIFIED: LinkScope
LINK_SCOPE_ENVIRONMENT: LinkScope
LINK_SCOPE_REGION: LinkScope
LINK_SCOPE_PARTITION: LinkScope
FORMAT_UNSPECIFIED: Format
FORMAT_NAME: Format
FORMAT_CIDR: Format
FORMAT_ENTITY_TYPE: Format
DEPENDENCE_UNSPECIFIED: Dependence
DEPENDENCE_DEPENDS: Dependence
DEPENDENCE_LIVES_IN: Dependence
DEPENDENCE_USES: Dependence
DEPENDENCE_CARRIES: Dependence
DEPENDENCE_NONE: Dependence
ENTITY_FIELD_NUMBER: _ClassVar[int]
entity: _descriptor.FieldDescriptor
ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
attribute: _descriptor.FieldDescriptor
SENSITIVE_FIELD_NUMBER: _ClassVar[int]
sensitive: _descriptor.FieldDescriptor

class EntityOptions(_message.Message):
    __slots__ = ("name", "plural", "id", "create_args", "links", "search_rank")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PLURAL_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    CREATE_ARGS_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    SEARCH_RANK_FIELD_NUMBER: _ClassVar[int]
    name: str
    plural: str
    id: _containers.RepeatedScalarFieldContainer[str]
    create_args: _containers.RepeatedScalarFieldContainer[str]
    links: _containers.RepeatedCompositeFieldContainer[LinkOptions]
    search_rank: int
    def __init__(self, name: _Optional[str] = ..., plural: _Optional[str] = ..., id: _Optional[_Iterable[str]] = ..., create_args: _Optional[_Iterable[str]] = ..., links: _Optional[_Iterable[_Union[LinkOptions, _Mapping]]] = ..., search_rank: _Optional[int] = ...) -> None: ...

class LinkOptions(_message.Message):
    __slots__ = ("relation", "target", "inverse", "scope", "home", "dependent")
    RELATION_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    INVERSE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    HOME_FIELD_NUMBER: _ClassVar[int]
    DEPENDENT_FIELD_NUMBER: _ClassVar[int]
    relation: str
    target: str
    inverse: str
    scope: LinkScope
    home: str
    dependent: LinkDependent
    def __init__(self, relation: _Optional[str] = ..., target: _Optional[str] = ..., inverse: _Optional[str] = ..., scope: _Optional[_Union[LinkScope, str]] = ..., home: _Optional[str] = ..., dependent: _Optional[_Union[LinkDependent, str]] = ...) -> None: ...

class AttributeOptions(_message.Message):
    __slots__ = ("format", "reference", "object_of", "flag", "default_value", "derived", "embed", "indexed")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    OBJECT_OF_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    DERIVED_FIELD_NUMBER: _ClassVar[int]
    EMBED_FIELD_NUMBER: _ClassVar[int]
    INDEXED_FIELD_NUMBER: _ClassVar[int]
    format: Format
    reference: ReferenceOptions
    object_of: str
    flag: str
    default_value: str
    derived: bool
    embed: EmbedOptions
    indexed: bool
    def __init__(self, format: _Optional[_Union[Format, str]] = ..., reference: _Optional[_Union[ReferenceOptions, _Mapping]] = ..., object_of: _Optional[str] = ..., flag: _Optional[str] = ..., default_value: _Optional[str] = ..., derived: bool = ..., embed: _Optional[_Union[EmbedOptions, _Mapping]] = ..., indexed: bool = ...) -> None: ...

class ReferenceOptions(_message.Message):
    __slots__ = ("entity", "relation", "inverse", "dependence")
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    RELATION_FIELD_NUMBER: _ClassVar[int]
    INVERSE_FIELD_NUMBER: _ClassVar[int]
    DEPENDENCE_FIELD_NUMBER: _ClassVar[int]
    entity: str
    relation: str
    inverse: _containers.RepeatedScalarFieldContainer[str]
    dependence: Dependence
    def __init__(self, entity: _Optional[str] = ..., relation: _Optional[str] = ..., inverse: _Optional[_Iterable[str]] = ..., dependence: _Optional[_Union[Dependence, str]] = ...) -> None: ...

class EmbedOptions(_message.Message):
    __slots__ = ("relation", "nested_only")
    RELATION_FIELD_NUMBER: _ClassVar[int]
    NESTED_ONLY_FIELD_NUMBER: _ClassVar[int]
    relation: str
    nested_only: bool
    def __init__(self, relation: _Optional[str] = ..., nested_only: bool = ...) -> None: ...
