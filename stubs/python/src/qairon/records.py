"""Recording what may be recorded already: by pipelines that are run again, and by two that run at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Optional, TypeVar, cast

import grpc
from google.protobuf import message_factory, struct_pb2
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from qairon import entities, errors, methods
from qairon.v1 import build_artifact_pb2, build_pb2, deployment_pb2, release_artifact_pb2, release_pb2

Entity = TypeVar("Entity", bound=Message)
#: How many keys are named that differ: an object may have thousands.
_KEYS = 5
#: How often an object is created, when others delete it in between.
_ATTEMPTS = 3


def ensure(channel: grpc.Channel, message: Entity, update: bool) -> Entity:
    """See Client.ensure."""
    _given(message, "message")
    name = entities.name_of(message)
    if not name:
        entities.id_of(message)
    _check_id(name, message)
    kind = str(message.DESCRIPTOR.name)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return cast(Entity, getattr(_call(channel, f"Create{kind}", **{name: message}), name))
        except (errors.AlreadyExists, errors.FailedPrecondition) as refused:
            # A rule may be violated by the object itself: a subnet overlaps the same one.
            found = _existing(channel, message)
            if found is None and attempt < _ATTEMPTS and isinstance(refused, errors.AlreadyExists):
                continue
            if found is None:
                raise
        other = entities.differences(message, found)
        if not other:
            return found
        if not update:
            raise _conflict(name, message, found, other)
        changed = type(message)()
        changed.CopyFrom(message)
        setattr(changed, "id", entities.id_of(message))
        try:
            answer = _call(channel, f"Update{kind}", **{name: changed, "update_mask": {"paths": other}})
            return cast(Entity, getattr(answer, name))
        except errors.NotFound:
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def record_build(
    channel: grpc.Channel,
    build: build_pb2.Build,
    artifacts: Iterable[build_artifact_pb2.BuildArtifact],
    update: bool,
) -> build_pb2.Build:
    """See Client.record_build."""
    parts = _all_given(artifacts)
    recorded = ensure(channel, build, update)
    for artifact in parts:
        ensure(channel, _of(artifact, "build_id", recorded.id), update)
    return recorded


def record_release(
    channel: grpc.Channel,
    release: release_pb2.Release,
    artifacts: Iterable[release_artifact_pb2.ReleaseArtifact],
    current: bool,
    update: bool,
) -> release_pb2.Release:
    """See Client.record_release."""
    parts = _all_given(artifacts)
    recorded = ensure(channel, release, update)
    for artifact in parts:
        ensure(channel, _of(artifact, "release_id", recorded.id), update)
    if current:
        deployment: Any = _call(channel, "GetDeployment", id=recorded.deployment_id).deployment
        if deployment.current_release_id != recorded.id:
            wanted = deployment_pb2.Deployment(id=deployment.id, current_release_id=recorded.id)
            mask = {"paths": ["current_release_id"]}
            _call(channel, "UpdateDeployment", deployment=wanted, update_mask=mask)
    return recorded


def _given(message: Optional[Message], field: str) -> None:
    """Raises InvalidArgument for a message that is None."""
    if message is None:
        raise _refusal("REQUIRED", field, f"`{field}` is None: pass a message")


def _all_given(artifacts: Optional[Iterable[Entity]]) -> list[Entity]:
    if artifacts is None:
        raise _refusal("REQUIRED", "artifacts", "`artifacts` is None: pass a list of messages, or leave it out")
    found = list(artifacts)
    for index, artifact in enumerate(found):
        _given(artifact, f"artifacts[{index}]")
    return found


def _check_id(name: str, message: Message) -> None:
    """Raises InvalidArgument when an entity's message has an ID other than the one that its fields make. A field that
    its ID is made of and that is not set is for the service to name.
    """
    has: str = getattr(message, "id", "")
    try:
        made = entities.id_of(message)
    except ValueError:
        return
    if has not in ("", made):
        told = f"the ID of the {name.replace('_', ' ')} is `{has}`, but its fields make `{made}`"
        error = _refusal("INVALID_ID", "id", f"{told}: leave the ID out, or correct the fields")
        error.resource, error.resource_id = name, has
        raise error


def _refusal(reason: str, field: str, text: str) -> errors.InvalidArgument:
    error = errors.InvalidArgument(grpc.StatusCode.INVALID_ARGUMENT, text)
    error.reason, error.field = reason, field
    return error


def _of(artifact: Entity, field: str, owner_id: str) -> Entity:
    """An artifact of an owner. Raises ValueError when it names another."""
    named = getattr(artifact, field)
    if named not in ("", owner_id):
        raise ValueError(f"`{field}` of an artifact is `{named}`, not `{owner_id}`: leave it out")
    copy = type(artifact)()
    copy.CopyFrom(artifact)
    setattr(copy, field, owner_id)
    return copy


def _existing(channel: grpc.Channel, message: Entity) -> Optional[Entity]:
    name, kind = entities.name_of(message), message.DESCRIPTOR.name
    try:
        return cast(Entity, getattr(_call(channel, f"Get{kind}", id=entities.id_of(message)), name))
    except errors.NotFound:
        return None


def _conflict(name: str, message: Message, found: Message, fields: list[str]) -> errors.AlreadyExists:
    object_id = entities.id_of(message)
    told = ", ".join(_difference(field, message, found) for field in fields)
    text = f"there already is another {name.replace('_', ' ')} `{object_id}`: {told}; `update=True` changes it"
    error = errors.AlreadyExists(grpc.StatusCode.ALREADY_EXISTS, text)
    error.reason, error.field = "ALREADY_EXISTS", fields[0]
    error.resource, error.resource_id = name, object_id
    return error


def _difference(field: str, message: Message, found: Message) -> str:
    wanted, other = getattr(message, field), getattr(found, field)
    if not isinstance(wanted, struct_pb2.Struct):
        return f"`{field}` is {_shown(found, field)}, not {_shown(message, field)}"
    paths = entities.different_paths(field, wanted, other)
    if not paths:
        # Neither has a key: one is an empty object.
        return f"`{field}` is not set"
    more = f" and {len(paths) - _KEYS} more" if len(paths) > _KEYS else ""
    return f"`{field}` differs in `{'`, `'.join(paths[:_KEYS])}`{more}"


def _shown(message: Message, field: str) -> str:
    value, enum = getattr(message, field), message.DESCRIPTOR.fields_by_name[field].enum_type
    return entities.label(enum, value) if enum is not None else f"`{value}`"


def _call(channel: grpc.Channel, method: str, **fields: Any) -> Any:
    """Calls a method of any service by its name."""
    path, descriptor = _by_name()[method]
    request = message_factory.GetMessageClass(descriptor.input_type)(**fields)
    response = message_factory.GetMessageClass(descriptor.output_type)
    call = channel.unary_unary(path, request_serializer=_serialized, response_deserializer=response.FromString)
    return call(request)


def _serialized(message: Message) -> bytes:
    return message.SerializeToString()


@lru_cache(maxsize=None)
def _by_name() -> dict[str, tuple[str, MethodDescriptor]]:
    def named() -> Iterator[tuple[str, tuple[str, MethodDescriptor]]]:
        for path, method in methods.by_path().items():
            yield str(method.name), (path, method)

    return dict(named())
