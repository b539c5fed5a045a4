from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DependencyDirection(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEPENDENCY_DIRECTION_UNSPECIFIED: _ClassVar[DependencyDirection]
    DEPENDENCY_DIRECTION_DEPENDS_ON: _ClassVar[DependencyDirection]
    DEPENDENCY_DIRECTION_NEEDED_BY: _ClassVar[DependencyDirection]
DEPENDENCY_DIRECTION_UNSPECIFIED: DependencyDirection
DEPENDENCY_DIRECTION_DEPENDS_ON: DependencyDirection
DEPENDENCY_DIRECTION_NEEDED_BY: DependencyDirection

class TraceInfrastructureRequest(_message.Message):
    __slots__ = ("service_id", "resume_token")
    SERVICE_ID_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    service_id: str
    resume_token: str
    def __init__(self, service_id: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class TraceInfrastructureResponse(_message.Message):
    __slots__ = ("rows", "resume_token")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[InfrastructureRow]
    resume_token: str
    def __init__(self, rows: _Optional[_Iterable[_Union[InfrastructureRow, _Mapping]]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class InfrastructureRow(_message.Message):
    __slots__ = ("id", "deployment_target_id", "fleet_ids", "partition_id", "region_id", "provider_id", "environment_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_TARGET_ID_FIELD_NUMBER: _ClassVar[int]
    FLEET_IDS_FIELD_NUMBER: _ClassVar[int]
    PARTITION_ID_FIELD_NUMBER: _ClassVar[int]
    REGION_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_ID_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    deployment_target_id: str
    fleet_ids: _containers.RepeatedScalarFieldContainer[str]
    partition_id: str
    region_id: str
    provider_id: str
    environment_id: str
    def __init__(self, id: _Optional[str] = ..., deployment_target_id: _Optional[str] = ..., fleet_ids: _Optional[_Iterable[str]] = ..., partition_id: _Optional[str] = ..., region_id: _Optional[str] = ..., provider_id: _Optional[str] = ..., environment_id: _Optional[str] = ...) -> None: ...

class TraceImpactRequest(_message.Message):
    __slots__ = ("resource", "id", "to", "max_depth", "ignore_declared", "include_parents", "resume_token")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    MAX_DEPTH_FIELD_NUMBER: _ClassVar[int]
    IGNORE_DECLARED_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_PARENTS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    resource: str
    id: str
    to: _containers.RepeatedScalarFieldContainer[str]
    max_depth: int
    ignore_declared: bool
    include_parents: bool
    resume_token: str
    def __init__(self, resource: _Optional[str] = ..., id: _Optional[str] = ..., to: _Optional[_Iterable[str]] = ..., max_depth: _Optional[int] = ..., ignore_declared: bool = ..., include_parents: bool = ..., resume_token: _Optional[str] = ...) -> None: ...

class TraceImpactResponse(_message.Message):
    __slots__ = ("rows", "resume_token")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[ImpactRow]
    resume_token: str
    def __init__(self, rows: _Optional[_Iterable[_Union[ImpactRow, _Mapping]]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class ImpactRow(_message.Message):
    __slots__ = ("resource", "id", "depth", "via", "parent_resource", "parent_id")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    VIA_FIELD_NUMBER: _ClassVar[int]
    PARENT_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    resource: str
    id: str
    depth: int
    via: str
    parent_resource: str
    parent_id: str
    def __init__(self, resource: _Optional[str] = ..., id: _Optional[str] = ..., depth: _Optional[int] = ..., via: _Optional[str] = ..., parent_resource: _Optional[str] = ..., parent_id: _Optional[str] = ...) -> None: ...

class TraceNeighborsRequest(_message.Message):
    __slots__ = ("deployment_id", "resume_token")
    DEPLOYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    deployment_id: str
    resume_token: str
    def __init__(self, deployment_id: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class TraceNeighborsResponse(_message.Message):
    __slots__ = ("rows", "resume_token")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[NeighborRow]
    resume_token: str
    def __init__(self, rows: _Optional[_Iterable[_Union[NeighborRow, _Mapping]]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class NeighborRow(_message.Message):
    __slots__ = ("id", "deployment_target_id", "service_id", "tag", "current_release_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_TARGET_ID_FIELD_NUMBER: _ClassVar[int]
    SERVICE_ID_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    CURRENT_RELEASE_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    deployment_target_id: str
    service_id: str
    tag: str
    current_release_id: str
    def __init__(self, id: _Optional[str] = ..., deployment_target_id: _Optional[str] = ..., service_id: _Optional[str] = ..., tag: _Optional[str] = ..., current_release_id: _Optional[str] = ...) -> None: ...

class TraceProvenanceRequest(_message.Message):
    __slots__ = ("deployment_id", "release_id")
    DEPLOYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    RELEASE_ID_FIELD_NUMBER: _ClassVar[int]
    deployment_id: str
    release_id: str
    def __init__(self, deployment_id: _Optional[str] = ..., release_id: _Optional[str] = ...) -> None: ...

class TraceProvenanceResponse(_message.Message):
    __slots__ = ("deployment_id", "service_id", "release_id", "release_artifacts", "build_id", "build_artifacts", "vcs_ref")
    DEPLOYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    SERVICE_ID_FIELD_NUMBER: _ClassVar[int]
    RELEASE_ID_FIELD_NUMBER: _ClassVar[int]
    RELEASE_ARTIFACTS_FIELD_NUMBER: _ClassVar[int]
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    BUILD_ARTIFACTS_FIELD_NUMBER: _ClassVar[int]
    VCS_REF_FIELD_NUMBER: _ClassVar[int]
    deployment_id: str
    service_id: str
    release_id: str
    release_artifacts: _containers.RepeatedCompositeFieldContainer[ArtifactLocation]
    build_id: str
    build_artifacts: _containers.RepeatedCompositeFieldContainer[ArtifactLocation]
    vcs_ref: str
    def __init__(self, deployment_id: _Optional[str] = ..., service_id: _Optional[str] = ..., release_id: _Optional[str] = ..., release_artifacts: _Optional[_Iterable[_Union[ArtifactLocation, _Mapping]]] = ..., build_id: _Optional[str] = ..., build_artifacts: _Optional[_Iterable[_Union[ArtifactLocation, _Mapping]]] = ..., vcs_ref: _Optional[str] = ...) -> None: ...

class ArtifactLocation(_message.Message):
    __slots__ = ("id", "name", "input_repo_id", "output_repo_id", "upload_path", "location")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    INPUT_REPO_ID_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_REPO_ID_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_PATH_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    input_repo_id: str
    output_repo_id: str
    upload_path: str
    location: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., input_repo_id: _Optional[str] = ..., output_repo_id: _Optional[str] = ..., upload_path: _Optional[str] = ..., location: _Optional[str] = ...) -> None: ...

class TraceLineageRequest(_message.Message):
    __slots__ = ("resource", "id")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    resource: str
    id: str
    def __init__(self, resource: _Optional[str] = ..., id: _Optional[str] = ...) -> None: ...

class TraceLineageResponse(_message.Message):
    __slots__ = ("resource", "artifact", "input_repo_url", "output_repo_url", "release_id", "deployment_id", "build_id", "build_num", "vcs_ref", "service_id")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    INPUT_REPO_URL_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_REPO_URL_FIELD_NUMBER: _ClassVar[int]
    RELEASE_ID_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    BUILD_NUM_FIELD_NUMBER: _ClassVar[int]
    VCS_REF_FIELD_NUMBER: _ClassVar[int]
    SERVICE_ID_FIELD_NUMBER: _ClassVar[int]
    resource: str
    artifact: ArtifactLocation
    input_repo_url: str
    output_repo_url: str
    release_id: str
    deployment_id: str
    build_id: str
    build_num: int
    vcs_ref: str
    service_id: str
    def __init__(self, resource: _Optional[str] = ..., artifact: _Optional[_Union[ArtifactLocation, _Mapping]] = ..., input_repo_url: _Optional[str] = ..., output_repo_url: _Optional[str] = ..., release_id: _Optional[str] = ..., deployment_id: _Optional[str] = ..., build_id: _Optional[str] = ..., build_num: _Optional[int] = ..., vcs_ref: _Optional[str] = ..., service_id: _Optional[str] = ...) -> None: ...

class TraceBuildsRequest(_message.Message):
    __slots__ = ("vcs_ref", "prefix", "resume_token")
    VCS_REF_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    vcs_ref: str
    prefix: bool
    resume_token: str
    def __init__(self, vcs_ref: _Optional[str] = ..., prefix: bool = ..., resume_token: _Optional[str] = ...) -> None: ...

class TraceBuildsResponse(_message.Message):
    __slots__ = ("rows", "resume_token")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[BuildRow]
    resume_token: str
    def __init__(self, rows: _Optional[_Iterable[_Union[BuildRow, _Mapping]]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class BuildRow(_message.Message):
    __slots__ = ("resource", "id", "build_id", "vcs_ref", "deployment_id", "current", "location")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    VCS_REF_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    resource: str
    id: str
    build_id: str
    vcs_ref: str
    deployment_id: str
    current: bool
    location: str
    def __init__(self, resource: _Optional[str] = ..., id: _Optional[str] = ..., build_id: _Optional[str] = ..., vcs_ref: _Optional[str] = ..., deployment_id: _Optional[str] = ..., current: bool = ..., location: _Optional[str] = ...) -> None: ...

class TracePathRequest(_message.Message):
    __slots__ = ("from_resource", "from_id", "to_resource", "to_id", "max_length", "max_paths", "ignore_declared")
    FROM_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    FROM_ID_FIELD_NUMBER: _ClassVar[int]
    TO_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    TO_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_PATHS_FIELD_NUMBER: _ClassVar[int]
    IGNORE_DECLARED_FIELD_NUMBER: _ClassVar[int]
    from_resource: str
    from_id: str
    to_resource: str
    to_id: str
    max_length: int
    max_paths: int
    ignore_declared: bool
    def __init__(self, from_resource: _Optional[str] = ..., from_id: _Optional[str] = ..., to_resource: _Optional[str] = ..., to_id: _Optional[str] = ..., max_length: _Optional[int] = ..., max_paths: _Optional[int] = ..., ignore_declared: bool = ...) -> None: ...

class TracePathResponse(_message.Message):
    __slots__ = ("paths", "truncated")
    PATHS_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedCompositeFieldContainer[ObjectPath]
    truncated: bool
    def __init__(self, paths: _Optional[_Iterable[_Union[ObjectPath, _Mapping]]] = ..., truncated: bool = ...) -> None: ...

class ObjectPath(_message.Message):
    __slots__ = ("steps",)
    STEPS_FIELD_NUMBER: _ClassVar[int]
    steps: _containers.RepeatedCompositeFieldContainer[PathStep]
    def __init__(self, steps: _Optional[_Iterable[_Union[PathStep, _Mapping]]] = ...) -> None: ...

class PathStep(_message.Message):
    __slots__ = ("relation", "resource", "id")
    RELATION_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    relation: str
    resource: str
    id: str
    def __init__(self, relation: _Optional[str] = ..., resource: _Optional[str] = ..., id: _Optional[str] = ...) -> None: ...

class TraceDependenciesRequest(_message.Message):
    __slots__ = ("resource", "id", "resume_token")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    resource: str
    id: str
    resume_token: str
    def __init__(self, resource: _Optional[str] = ..., id: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class TraceDependenciesResponse(_message.Message):
    __slots__ = ("rows", "resume_token")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[DependencyRow]
    resume_token: str
    def __init__(self, rows: _Optional[_Iterable[_Union[DependencyRow, _Mapping]]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class DependencyRow(_message.Message):
    __slots__ = ("direction", "resource", "id", "dependency_case_id", "dependency_id", "related_id")
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    DEPENDENCY_CASE_ID_FIELD_NUMBER: _ClassVar[int]
    DEPENDENCY_ID_FIELD_NUMBER: _ClassVar[int]
    RELATED_ID_FIELD_NUMBER: _ClassVar[int]
    direction: DependencyDirection
    resource: str
    id: str
    dependency_case_id: str
    dependency_id: str
    related_id: str
    def __init__(self, direction: _Optional[_Union[DependencyDirection, str]] = ..., resource: _Optional[str] = ..., id: _Optional[str] = ..., dependency_case_id: _Optional[str] = ..., dependency_id: _Optional[str] = ..., related_id: _Optional[str] = ...) -> None: ...
