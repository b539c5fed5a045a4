"""The commands of `qairon_qcli` on every entity, and the same answers as of the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Qcli
from factory import Factory, World, options, settable
from recorder import Recorder

import qairon
from qairon_qcli import schema
from qairon_qcli.controllers import QaironSchema

ENTITIES = list(schema.entities())
LINKS = [
    (entity.name, name)
    for entity in schema.entities().values()
    for relation in entity.relations
    if relation.inverse
    for name in relation.names
]


def test_the_model_is_all_there() -> None:
    assert len(QaironSchema.MODELS) >= 36
    assert set(QaironSchema.CREATE_FIELDS) == set(QaironSchema.MODELS)
    for name in ENTITIES:
        arguments = QaironSchema.CREATE_FIELDS[name]
        entity = schema.entity(name)
        assert len(set(arguments)) == len(arguments)
        assert {field.name for field in entity.fields if field.required} <= set(arguments)
    assert QaironSchema.CREATE_FIELDS["stack"][:2] == ["application_id", "name"]


@pytest.mark.parametrize("resource", ENTITIES)
def test_an_object_lives(resource: str, recorder: Recorder, factory: Factory) -> None:
    entity, world = schema.entity(resource), World()
    draft = factory.draft(entity, world)
    row = recorder.one("create", draft)
    assert list(row)[:2] == ["resource", "id"] and row["resource"] == resource
    bare = entity.service == "DependencyService"
    assert ("defaults" in row, "created_at" in row) == (not bare, not bare)
    assert {name: row[name] for name in draft if name in row} == {name: draft[name] for name in draft if name in row}
    assert not {"uid", "etag"} & set(row)

    assert recorder.one("get", resource=resource, resource_id=row["id"]) == row
    assert row in recorder.many("list", resource=resource)
    document = json.dumps({"filters": [{"name": "id", "op": "eq", "val": row["id"]}]})
    assert recorder.many("query", resource=resource, query=document) == [row]
    for field in entity.shown():
        assert recorder.one("get_field", resource, row["id"], field.name) == row[field.name], field.name
    named = recorder.one("get", resource, row["id"], output_fields=["id", "resource"])
    assert named == {"id": row["id"], "resource": resource}

    with pytest.raises(qairon.AlreadyExists, match="already|exists"):
        recorder.many("create", {**draft, "id": row["id"]} if "id" not in draft else draft)
    assert not recorder.rows
    told = recorder.one("delete", resource=resource, resource_id=row["id"])
    assert told == {"resource": resource, "id": row["id"], "status": 204}
    with pytest.raises(qairon.NotFound, match="no|not"):
        recorder.many("get", resource, row["id"])
    with pytest.raises(qairon.NotFound):
        recorder.many("delete", resource, row["id"])
    assert not recorder.rows


@pytest.mark.parametrize("resource", ENTITIES)
def test_fields_are_set_and_cleared(resource: str, recorder: Recorder, factory: Factory) -> None:
    entity, world = schema.entity(resource), World()
    row = factory.create(resource, world)
    changed = 0
    for field in settable(entity):
        value = factory.other_value(entity, field, world)
        try:
            after = recorder.one("set_field", resource, row["id"], field.name, value)
        except qairon.FailedPrecondition as refused:
            # Rules between objects hold for this command as for any other, and say why.
            assert str(refused)
            continue
        changed += 1
        row = recorder.one("get", resource, after["id"])
        world = _world_of(entity, row)
        assert after == row
        if field.name in row:
            assert row[field.name] == value, field.name
        if field.nullable:
            assert recorder.one("set_field", resource, row["id"], field.name, None).get(field.name) is None
    assert changed or not settable(entity)


@pytest.mark.parametrize("resource", ENTITIES)
def test_answers_are_those_of_the_command_line(
    resource: str, recorder: Recorder, factory: Factory, qcli: Qcli
) -> None:
    entity = schema.entity(resource)
    row = factory.create(resource)
    told = _as_row(qcli(resource, "get", row["id"]))
    assert row == told
    assert list(row) == list(told)
    listed = {found["id"]: _as_row(found) for found in qcli(resource, "list")}
    assert {found["id"]: found for found in recorder.many("list", resource)} == listed
    for relation in entity.relations:
        name = relation.names[0]
        found = recorder.many("get_field", resource, row["id"], name)
        told = qcli(resource, "get_field", row["id"], name)
        assert found == [_as_row(row) for row in (told if isinstance(told, list) else [told])], name
        method = "get_parent" if relation.to_one else "get_collection"
        assert recorder.many(method, resource, name, row["id"]) == found, name


def _world_of(entity: schema.Entity, row: dict[str, Any]) -> World:
    """An object and what it refers to: everything that related objects have to fit."""
    owners = {options(field).reference.entity: row.get(field.name) for field in entity.fields if field.required}
    world = World({name: found for name, found in owners.items() if name and found})
    world[entity.name] = row["id"]
    return world


def _as_row(told: Any) -> Any:
    """The row that the command line prints for an object: those of dependencies have only their own fields."""
    if told is None or schema.entity(told["resource"]).service != "DependencyService":
        return told
    return {name: value for name, value in told.items() if name not in ("defaults", "created_at", "last_updated_at")}


@pytest.mark.parametrize(("resource", "items"), LINKS)
def test_objects_are_linked_from_both_ends(resource: str, items: str, recorder: Recorder, factory: Factory) -> None:
    world = World()
    owner = factory.create(resource, world)
    relation = schema.entity(resource).relation(items)
    assert relation is not None
    # Near enough to be linked, and not at home with the owner: that link cannot be removed.
    near = World(world)
    del near[resource]
    other = factory.create(relation.target, near)
    arguments = [resource, relation.target, items, owner["id"], other["id"]]

    def linked() -> list[str]:
        return [row["id"] for row in recorder.many("get_field", resource, owner["id"], items)]

    added = recorder.one("add_to_collection", *arguments)
    assert added["id"] == owner["id"] and added["other_id"] == other["id"]
    recorder.one("add_to_collection", *arguments)
    assert linked().count(other["id"]) == 1
    back = recorder.many("get_collection", relation.target, relation.inverse, other["id"])
    assert owner["id"] in [row["id"] for row in back]
    recorder.one("del_from_collection", *arguments)
    assert other["id"] not in linked()
    recorder.one("del_from_collection", *arguments)
    with pytest.raises(qairon.NotFound):
        recorder.many("add_to_collection", *arguments[:4], ":".join("nobody" for _ in other["id"].split(":")))
