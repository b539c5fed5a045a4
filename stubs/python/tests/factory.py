"""Valid objects of any entity, from the descriptors.

A `World` remembers one object of each entity. What is created in it refers to those objects, so that the rules between
objects hold by themselves. What is special in the values is a matter of a field's kind, never of the entity.
"""

from __future__ import annotations

import itertools
from typing import Any, Optional

from google.protobuf.descriptor import FieldDescriptor
from recorder import Recorder

from qairon.entities import label
from qairon.v1 import options_pb2
from qairon_qcli import schema

#: The range of every network. Subnets are ranges of 256 addresses in it.
NETWORK = "10.0.0.0/8"

Row = dict[str, Any]


class World(dict[str, str]):
    """The object of each entity, by the entity's name."""


def options(field: schema.Field) -> Any:
    """What a field means beyond its type."""
    extension: Any = options_pb2.attribute
    return field.descriptor.GetOptions().Extensions[extension]


def settable(entity: schema.Entity) -> list[schema.Field]:
    """The fields that callers set, the ID left out."""
    return [found for found in entity.fields if found.settable and found.name != "id"]


class Factory:
    """Creates objects. Its names are unique within it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._numbers = itertools.count(1)

    def number(self) -> int:
        """A number that was not given out yet."""
        return next(self._numbers)

    def create(self, resource: str, world: Optional[World] = None, **fields: Any) -> Row:
        """Creates an object with every field that it can have, and what it has to refer to."""
        world = World() if world is None else world
        draft = {**self.draft(schema.entity(resource), world), **fields}
        row: Row = self._recorder.one("create", draft)
        world[resource] = row["id"]
        return row

    def draft(self, entity: schema.Entity, world: World) -> Row:
        """The arguments for one more object in a world. Optional references stay unset."""
        apart = _told_apart_by(entity)
        if apart is not None:
            world.pop(options(apart).reference.entity, None)
        fields = {
            field.name: self.value(entity, field, world)
            for field in entity.fields
            if field.settable and (field.required or not options(field).reference.entity)
        }
        return {"resource": entity.name, **fields}

    def value(self, entity: schema.Entity, field: schema.Field, world: World) -> Any:
        """A valid value of a field, another one every time as far as the kind allows."""
        meant = options(field)
        if meant.reference.entity:
            return self.object_in(meant.reference.entity, world)
        if meant.object_of:
            kind = next(found.name for found in schema.entities().values() if found.type_name == any_type())
            return self.create(kind, World(world))["id"]
        number = self.number()
        descriptor = field.descriptor
        if meant.format == options_pb2.FORMAT_CIDR:
            return f"10.{number // 256}.{number % 256}.0/24" if _encloses(entity) else NETWORK
        if meant.format == options_pb2.FORMAT_ENTITY_TYPE:
            return any_type()
        if meant.format == options_pb2.FORMAT_NAME or field.name == "id":
            return f"py{number}"
        if field.is_json:
            return {"number": number, "nested": {"list": [1, "two", None, False]}, "half": 0.5}
        if descriptor.enum_type is not None:
            return label(descriptor.enum_type, descriptor.enum_type.values[-1].number)
        by_type: dict[int, Any] = {
            FieldDescriptor.CPPTYPE_STRING: f"text {number} ä🙂",
            FieldDescriptor.CPPTYPE_INT64: number,
            FieldDescriptor.CPPTYPE_DOUBLE: number + 0.5,
            FieldDescriptor.CPPTYPE_BOOL: True,
        }
        return by_type[descriptor.cpp_type]

    def other_value(self, entity: schema.Entity, field: schema.Field, world: World) -> Any:
        """Another valid value for a field of an object of a world, which stays as it was."""
        meant, enum = options(field), field.descriptor.enum_type
        if meant.reference.entity:
            return self.create(meant.reference.entity, World(world))["id"]
        if enum is not None:
            return label(enum, 1)
        if meant.format == options_pb2.FORMAT_CIDR and not _encloses(entity):
            return "10.0.0.0/7"
        return self.value(entity, field, World(world))

    def object_in(self, resource: str, world: World) -> str:
        """The object of an entity in a world, created when there is none."""
        if resource not in world:
            self.create(resource, world)
        return world[resource]


def any_type() -> str:
    """The type used where any type is allowed: that of the first entity whose ID callers give."""
    return next(found.type_name for found in schema.entities().values() if not found.id_fields)


def _encloses(entity: schema.Entity) -> bool:
    """Whether the objects of an entity are in the range of what they refer to."""
    targets = [options(field).reference.entity for field in entity.fields if options(field).reference.entity]
    return any(
        options(field).format == options_pb2.FORMAT_CIDR for name in targets for field in schema.entity(name).fields
    )


def _told_apart_by(entity: schema.Entity) -> Optional[schema.Field]:
    """For an ID made of references and enums alone: the reference that another object needs another of."""
    parts = [entity.field(name) for name in entity.id_fields]
    found = [part for part in parts if part is not None]
    for part in found:
        integer = part.descriptor.cpp_type == FieldDescriptor.CPPTYPE_INT64
        if options(part).format == options_pb2.FORMAT_NAME or integer or options(part).object_of:
            return None
    return next((part for part in reversed(found) if options(part).reference.entity), None)
