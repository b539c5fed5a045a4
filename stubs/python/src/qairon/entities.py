"""What the options of an entity's message say: its name, its ID, and the fields that callers set."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Any, Optional

from google.api import field_behavior_pb2
from google.protobuf import struct_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from qairon.v1 import options_pb2

#: The options, by extensions that the generated types do not describe.
_ENTITY: Any = options_pb2.entity
_ATTRIBUTE: Any = options_pb2.attribute
_BEHAVIOR: Any = field_behavior_pb2.field_behavior


def id_of(message: Message) -> str:
    """The ID of an entity's message, composed of its fields as the service composes it; no call is made.

    Raises ValueError for a message that is no entity, and for a component that is not set, with its name.
    """
    name, components = _identity(message.DESCRIPTOR)
    if not name:
        raise ValueError(f"`{message.DESCRIPTOR.name}` is not an entity: pass the message of one, such as `v1.Build`")
    return ":".join(_component(name, message, field) for field in components)


def name_of(message: Message) -> str:
    """The resource name of an entity's message, such as `build_artifact`; empty for another message."""
    return _identity(message.DESCRIPTOR)[0]


def label(enum: EnumDescriptor, number: int) -> str:
    """The label of an enum's number: `HIGH` for WATERMARK_HIGH. The number itself when it is from a newer service."""
    found = enum.values_by_number.get(number)
    if found is None:
        return str(number)
    return str(found.name)[len(str(enum.values[0].name)) - len("UNSPECIFIED") :]


def step(key: str) -> str:
    """A key in a path: quoted unless it is a plain word, as in filters and masks."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
        return key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def different_paths(at: str, one: struct_pb2.Struct, other: struct_pb2.Struct) -> list[str]:
    """The paths of keys whose values differ in two objects, or that only one of them has, in order."""
    found: list[str] = []
    for key in sorted({*one.fields, *other.fields}):
        both = key in one.fields and key in other.fields
        if both and one.fields[key] == other.fields[key]:
            continue
        path = f"{at}.{step(key)}"
        if both and one.fields[key].HasField("struct_value") and other.fields[key].HasField("struct_value"):
            found += different_paths(path, one.fields[key].struct_value, other.fields[key].struct_value)
        else:
            found.append(path)
    return found


def differences(wanted: Message, found: Message) -> list[str]:
    """The fields that a caller set in a message and that another has with another value."""
    return [
        str(field.name)
        for field in settable(wanted.DESCRIPTOR)
        if is_set(wanted, field) and not _is_same(field, getattr(wanted, field.name), found)
    ]


@lru_cache(maxsize=None)
def settable(descriptor: Descriptor) -> tuple[FieldDescriptor, ...]:
    """The fields of an entity that callers set, without the ID and the etag."""
    return tuple(field for field in descriptor.fields if _is_settable(field))


def is_set(message: Message, field: FieldDescriptor) -> bool:
    """Whether a field has a value: any for one with presence, else one that is not the default."""
    return any(set_field is field or set_field.name == field.name for set_field, _ in message.ListFields())


@lru_cache(maxsize=None)
def _identity(descriptor: Descriptor) -> tuple[str, tuple[FieldDescriptor, ...]]:
    options: Any = descriptor.GetOptions().Extensions[_ENTITY]
    names = list(options.id) or ["id"]
    return str(options.name), tuple(descriptor.fields_by_name[name] for name in names if options.name)


def _component(entity: str, message: Message, field: FieldDescriptor) -> str:
    value: Any = getattr(message, field.name)
    if is_set(message, field) and not (field.enum_type is not None and value == 0):
        return label(field.enum_type, value) if field.enum_type is not None else str(value)
    default = _attribute(field).default_value
    if default:
        return str(default)
    raise ValueError(f"`{field.name}` of the {entity.replace('_', ' ')} is not set: its ID is made of it")


def _attribute(field: FieldDescriptor) -> Any:
    return field.GetOptions().Extensions[_ATTRIBUTE]


def _is_settable(field: FieldDescriptor) -> bool:
    options = _attribute(field)
    by_service = field_behavior_pb2.OUTPUT_ONLY in field.GetOptions().Extensions[_BEHAVIOR]
    return field.name not in ("id", "uid", "etag") and not (by_service or options.derived or options.HasField("embed"))


def _is_same(field: FieldDescriptor, value: Any, found: Message) -> bool:
    other: Any = getattr(found, field.name)
    if value == other:
        return True
    # The service keeps ranges in their canonical form.
    is_range = _attribute(field).format == options_pb2.FORMAT_CIDR
    return bool(is_range and _range(value) is not None and _range(value) == _range(other))


def _range(text: str) -> Optional[object]:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None
