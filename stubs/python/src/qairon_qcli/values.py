"""Values between Python and messages: rows out of objects, objects out of arguments."""

from __future__ import annotations

import json
import math
from typing import Any, Optional

from google.protobuf import json_format, struct_pb2
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from qairon.entities import label, step
from qairon_qcli import schema

#: Up to here, every whole number is a double.
_EXACT = 2**53

Row = dict[str, Any]


def row(entity: schema.Entity, message: Message, fields: Optional[list[str]] = None, embedded: bool = False) -> Row:
    """The row of an object: `resource`, then its fields in order, or the requested fields in the requested order."""
    if fields:
        found: Row = {}
        for name in fields:
            own = entity.field(name)
            if own is not None:
                found[name] = value(own, message)
            elif name == "resource":
                found[name] = entity.name
        return found
    shown = entity.shown(embedded)
    if embedded:
        # What only embedded objects hold comes before what all entities share.
        shown = sorted(shown, key=lambda own: 2 <= own.descriptor.number <= 6)
    return {"resource": entity.name, **{own.name: value(own, message) for own in shown}}


def check_fields(entity: schema.Entity, fields: Optional[list[str]]) -> None:
    """Raises ValueError for a field that rows of an entity do not have."""
    known = ["resource", *(own.name for own in entity.fields if not own.nested_only)]
    for name in fields or []:
        if name not in known:
            raise schema.unknown(f"field of `{entity.name}`", name, known)


def value(own: schema.Field, message: Message) -> Any:
    """The value of a field, as in JSON."""
    descriptor = own.descriptor
    if descriptor.has_presence and not message.HasField(descriptor.name):
        return {} if own.is_json and not own.nullable else None
    raw = getattr(message, descriptor.name)
    if own.embeds:
        target = schema.entity(own.embeds)
        if isinstance(raw, Message):
            return row(target, raw, embedded=True)
        return [row(target, item, embedded=True) for item in raw]
    if own.is_json:
        return _plain(raw)
    if own.message_name == "google.protobuf.Timestamp":
        return raw.ToJsonString()
    if descriptor.enum_type is not None:
        return label(descriptor.enum_type, raw)
    return _number(raw) if isinstance(raw, float) else raw


def set_value(own: schema.Field, message: Message, given: Any) -> None:
    """Sets a field from an argument: a value of its type, or the text of one. Raises ValueError naming the field."""
    descriptor = own.descriptor
    try:
        if own.is_json:
            getattr(message, descriptor.name).CopyFrom(_struct(given))
        elif descriptor.enum_type is not None:
            setattr(message, descriptor.name, _enum_number(descriptor.enum_type, given))
        elif descriptor.cpp_type == FieldDescriptor.CPPTYPE_INT64:
            setattr(message, descriptor.name, _integer(given))
        elif descriptor.cpp_type == FieldDescriptor.CPPTYPE_DOUBLE:
            setattr(message, descriptor.name, _double(given))
        elif descriptor.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
            setattr(message, descriptor.name, _boolean(given))
        else:
            setattr(message, descriptor.name, str(given))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"`{own.name}`: {error}") from None


def _integer(given: Any) -> int:
    # Numbers out of JSON or a spreadsheet are often doubles.
    whole = isinstance(given, float) and given.is_integer()
    text = str(int(given) if whole else given).strip()
    try:
        number = int(text)
    except ValueError:
        number = _EXACT**2
    if isinstance(given, bool) or not -(2**63) <= number < 2**63:
        raise ValueError(f"`{given}` is not a whole number")
    return number


def _double(given: Any) -> float:
    if isinstance(given, int) and abs(given) > _EXACT:
        raise ValueError(_beyond(given))
    text = str(given).strip()
    if text.lstrip("+-").isdigit() and abs(int(text)) > _EXACT:
        raise ValueError(_beyond(int(text)))
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if isinstance(given, bool) or not math.isfinite(number):
        raise ValueError(f"`{given}` is not a number")
    return number


def _boolean(given: Any) -> bool:
    found = {"true": True, "false": False}.get(str(given).lower())
    if found is None:
        raise ValueError(f"`{given}` is not `true` or `false`")
    return found


def _enum_number(enum: EnumDescriptor, given: Any) -> int:
    labels = {label(enum, found.number): int(found.number) for found in enum.values if found.number}
    number = labels.get(str(given))
    if number is None:
        raise schema.unknown("value", str(given), labels)
    return number


def _struct(given: Any) -> struct_pb2.Struct:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except json.JSONDecodeError as error:
            raise ValueError(f"not JSON: {error}") from None
    if not isinstance(given, dict):
        raise ValueError(f'expected a JSON object, such as {{"key": "value"}}, not {type(given).__name__}')
    _check_exact(given, "")
    try:
        return json_format.ParseDict(given, struct_pb2.Struct())
    except json_format.ParseError as error:
        raise ValueError(str(error)) from None


def _check_exact(given: Any, path: str) -> None:
    """Numbers are doubles: a whole number that may be rounded and what is no number are refused, with their path."""
    if isinstance(given, dict):
        for key, inner in given.items():
            if not isinstance(key, str):
                raise ValueError(f"the key {key!r} is not a text")
            _check_exact(inner, f"{path}.{step(key)}")
    elif isinstance(given, (list, tuple)):
        for index, inner in enumerate(given):
            _check_exact(inner, f"{path}[{index}]")
    elif isinstance(given, float) and not math.isfinite(given):
        raise ValueError(f"`{path[1:]}`: JSON has no number {given}")
    elif isinstance(given, int) and not isinstance(given, bool) and abs(given) > _EXACT:
        raise ValueError(f"`{path[1:]}`: {_beyond(given)}")


def _beyond(number: int) -> str:
    return f"the whole number {str(number)[:40]} is beyond 2^53 and may be rounded; write it as a text or as a float"


def _plain(message: struct_pb2.Struct) -> dict[str, Any]:
    """A Struct as a dictionary, keys in order and whole numbers whole."""
    return {key: _plain_value(message.fields[key]) for key in sorted(message.fields, key=lambda key: key.encode())}


def _plain_value(found: struct_pb2.Value) -> Any:
    kind = found.WhichOneof("kind")
    if kind == "struct_value":
        return _plain(found.struct_value)
    if kind == "list_value":
        return [_plain_value(item) for item in found.list_value.values]
    if kind == "number_value":
        return _number(found.number_value)
    return None if kind is None or kind == "null_value" else getattr(found, kind)


def _number(number: float) -> Any:
    """A number as people write it: whole ones up to 2^53 without a decimal point."""
    minus_zero = number == 0 and math.copysign(1, number) < 0
    whole = math.isfinite(number) and number == int(number) and abs(number) <= _EXACT and not minus_zero
    return int(number) if whole else number if math.isfinite(number) else None
