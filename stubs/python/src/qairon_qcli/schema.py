"""The entities of the API, as the options of their messages describe them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Optional

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from qairon import methods
from qairon.v1 import options_pb2

#: The options, by extensions that the generated types do not describe.
_ENTITY: Any = options_pb2.entity
_ATTRIBUTE: Any = options_pb2.attribute
_BEHAVIOR: Any = field_behavior_pb2.field_behavior

_REQUIRED = field_behavior_pb2.REQUIRED
_OUTPUT_ONLY = field_behavior_pb2.OUTPUT_ONLY
#: For programs that speak gRPC; rows leave them out.
_HIDDEN = ("uid", "etag")
#: The entities of this service have rows with only their own fields.
_DEPENDENCIES = "DependencyService"


@dataclass(frozen=True)
class Field:
    """One field of an entity."""

    name: str
    descriptor: FieldDescriptor
    required: bool
    settable: bool
    nullable: bool
    flag: str
    default: str
    #: The entity embedded, and whether only where the object is itself embedded; empty for other fields.
    embeds: str
    nested_only: bool

    @property
    def is_json(self) -> bool:
        """Whether it holds a JSON object."""
        return self.message_name == "google.protobuf.Struct"

    @property
    def message_name(self) -> str:
        """The full name of its message type; empty for scalars."""
        kind = self.descriptor.message_type
        return kind.full_name if kind is not None else ""


@dataclass(frozen=True)
class Relation:
    """A relation from objects of one entity to those of another."""

    names: tuple[str, ...]
    target: str
    #: The field of this entity that refers, for a relation to one; of the other, for one to many; empty for links.
    field: str
    to_one: bool
    #: For links: the relation of the other end, the owner of the link, and whether that is this end.
    inverse: str = ""
    owner: str = ""
    is_owner: bool = False


@dataclass
class Entity:
    """One entity."""

    name: str
    plural: str
    descriptor: Descriptor
    create_args: list[str]
    id_fields: list[str]
    #: In the order of rows.
    fields: list[Field]
    relations: list[Relation] = field(default_factory=list)
    service: str = ""

    @property
    def type_name(self) -> str:
        """The name of its message, such as `DeploymentTarget`."""
        return str(self.descriptor.name)

    def field(self, name: str) -> Optional[Field]:
        """The field of this name."""
        return next((found for found in self.fields if found.name == name), None)

    def relation(self, name: str) -> Optional[Relation]:
        """The relation of this name."""
        return next((found for found in self.relations if name in found.names), None)

    def shown(self, embedded: bool = False) -> list[Field]:
        """The fields of a row."""
        bare = self.service == _DEPENDENCIES
        return [
            found
            for found in self.fields
            if found.name not in _HIDDEN
            and (embedded or not found.nested_only)
            and not (bare and 2 <= found.descriptor.number <= 6)
        ]

    def create_fields(self) -> list[str]:
        """The arguments of create in order: those that have a place, then those that have a flag."""
        flags = [found.name for found in self.fields if found.flag and found.name not in self.create_args]
        return self.create_args + flags


def camel(snake: str) -> str:
    """`deployment_targets` as `DeploymentTargets`."""
    return "".join(word.capitalize() for word in snake.split("_"))


@lru_cache(maxsize=None)
def entities() -> dict[str, Entity]:
    """Every entity by its resource name."""
    found: dict[str, Entity] = {}
    for descriptor in methods.messages():
        options: Any = descriptor.GetOptions().Extensions[_ENTITY]
        if options.name:
            found[options.name] = _entity(descriptor, options)
    of_method = {method.name: service.name for service in methods.services() for method in service.methods}
    for entity in found.values():
        entity.service = of_method[f"Get{entity.type_name}"]
        _add_relations(found, entity)
    return found


def entity(resource: str) -> Entity:
    """The entity of a resource name. Raises ValueError when there is none."""
    known = entities().get(str(resource).replace("-", "_"))
    if known is None:
        raise unknown("resource", str(resource), entities())
    return known


def unknown(what: str, name: str, known: Iterable[str]) -> ValueError:
    """The error for an unknown name, with the closest known one."""
    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f", did you mean `{near[0]}`?" if near else ""
    return ValueError(f"unknown {what} `{name}`{hint}")


def _entity(descriptor: Descriptor, options: Any) -> Entity:
    def place(found: Field) -> tuple[int, int]:
        number = found.descriptor.number
        return (0 if number == 1 else 1 if number > 6 else 2, number)

    fields = sorted((_field(found, not options.id) for found in descriptor.fields), key=place)
    return Entity(options.name, options.plural, descriptor, list(options.create_args), list(options.id), fields)


def _field(descriptor: FieldDescriptor, id_is_given: bool) -> Field:
    raw = descriptor.GetOptions()
    behaviors = list(raw.Extensions[_BEHAVIOR])
    options: Any = raw.Extensions[_ATTRIBUTE]
    embeds = options.HasField("embed")
    is_id = descriptor.name == "id"
    return Field(
        name=descriptor.name,
        descriptor=descriptor,
        required=_REQUIRED in behaviors and (not is_id or id_is_given),
        settable=(is_id and id_is_given)
        or not (is_id or _OUTPUT_ONLY in behaviors or options.derived or embeds or descriptor.name in _HIDDEN),
        nullable=descriptor.has_presence and _REQUIRED not in behaviors and descriptor.name != "defaults",
        flag=options.flag,
        default=options.default_value,
        embeds=_snake(descriptor.message_type.name) if embeds else "",
        nested_only=embeds and options.embed.nested_only,
    )


def _add_relations(found: dict[str, Entity], entity: Entity) -> None:
    for own in entity.fields:
        options: Any = own.descriptor.GetOptions().Extensions[_ATTRIBUTE]
        if options.HasField("reference"):
            reference = options.reference
            entity.relations.append(Relation((reference.relation,), reference.entity, own.name, True))
            back = Relation(tuple(reference.inverse), entity.name, own.name, False)
            found[reference.entity].relations.append(back)
    of_entity: Any = entity.descriptor.GetOptions().Extensions[_ENTITY]
    for link in of_entity.links:
        entity.relations.append(Relation((link.relation,), link.target, "", False, link.inverse, entity.name, True))
        found[link.target].relations.append(
            Relation((link.inverse,), entity.name, "", False, link.relation, entity.name, False)
        )


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and at else c.lower() for at, c in enumerate(name))
