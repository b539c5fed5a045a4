"""The commands of qcli for automation in Python.

    from qairon_qcli.controllers import PrintingOutputController, QCLIController

    qcli = QCLIController(PrintingOutputController())
    qcli.get(resource="service", resource_id="ecommerce:checkout:order-processor")

The service is the one that QAIRON_ENDPOINT names. Every method hands its rows to the output controller and returns
None. What the service refuses is raised as qairon.QaironError, whose text is the message of the service; a resource, a
field or a value that cannot be is a ValueError. Then nothing is handed on.

All methods take `output_format` (`"json"` or `"plain"`), `output_fields` (a list of field names) and `q` (True: no
output), and ignore other keywords. `get`, `list` and `query` warn about every other keyword (UnknownKeyword), the other
methods about those that are like one of theirs.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Optional

from qairon.entities import step
from qairon_qcli import paths, schema, values
from qairon_qcli.calls import Calls, equal, text_of
from qairon_qcli.keywords import COMMAND, OUTPUT, UnknownKeyword, check, checked, near
from qairon_qcli.output import (
    AbstractOutputController,
    IterableOutputController,
    PrintingOutputController,
    StringIOOutputController,
)

__all__ = [
    "AbstractOutputController",
    "IterableOutputController",
    "PrintingOutputController",
    "QCLIController",
    "QaironSchema",
    "StringIOOutputController",
    "UnknownKeyword",
]

#: Keys of argument dictionaries that are call options, not fields.
_CONTROLS = frozenset((*COMMAND, *OUTPUT))


class QaironSchema:
    """The resources, and the arguments to create them."""

    #: The resource names.
    MODELS: list[str] = list(schema.entities())
    #: The argument names of create in order, by resource.
    CREATE_FIELDS: dict[str, list[str]] = {name: found.create_fields() for name, found in schema.entities().items()}


class QCLIController:
    """The commands. It connects with its first call; `close`, or its use in a `with` block, ends the connection."""

    def __init__(self, output_controller: AbstractOutputController) -> None:
        self.output_controller = output_controller
        self._calls = Calls()

    def __enter__(self) -> QCLIController:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        self._calls.close()

    @checked(strict=True)
    def get(self, resource: str, resource_id: str, **keywords: Any) -> None:
        """Outputs one object."""
        out = _Output(self.output_controller, keywords)
        entity = schema.entity(resource)
        values.check_fields(entity, out.fields)
        out.one(values.row(entity, self._calls.get(entity, resource_id, out.fields), out.fields))

    @checked(strict=True)
    def list(self, resource: str, **keywords: Any) -> None:
        """Outputs all objects of a resource."""
        self._rows(schema.entity(resource), "", _Output(self.output_controller, keywords))

    @checked(strict=True)
    def query(self, resource: str, query: str, **keywords: Any) -> None:
        """Outputs the objects that a JSON query document selects."""
        if not isinstance(query, str):
            # A document that was not turned to text yet.
            query = json.dumps(query)
        if not query.lstrip().startswith(("{", "[")):
            raise ValueError("a query document is a JSON object or a list of filters, as text")
        self._rows(schema.entity(resource), query, _Output(self.output_controller, keywords))

    @checked()
    def get_field(self, resource: str, resource_id: str, field: str, **keywords: Any) -> None:
        """Outputs the value of a plain field, or the object or objects of a relation."""
        entity = schema.entity(resource)
        own, relation = entity.field(field), entity.relation(field)
        if relation is not None and (own is None or own.embeds):
            if relation.to_one:
                self._parent(entity, field, resource_id, keywords)
            else:
                self._collection(entity, field, resource_id, keywords)
            return
        if own is None:
            names = [found.name for found in entity.fields]
            names += [name for found in entity.relations for name in found.names]
            raise schema.unknown(f"field or relation of `{entity.name}`", field, names)
        out = _Output(self.output_controller, keywords)
        out.one(values.value(own, self._calls.get(entity, resource_id, [own.name])))

    @checked()
    def get_collection(self, resource: str, collection: str, resource_id: str, **keywords: Any) -> None:
        """Outputs the objects of a relation to many."""
        self._collection(schema.entity(resource), collection, resource_id, keywords)

    @checked()
    def get_parent(self, resource: str, relation: str, resource_id: str, **keywords: Any) -> None:
        """Outputs the object of a relation to one; None when it is unset."""
        self._parent(schema.entity(resource), relation, resource_id, keywords)

    def create(self, args_dict: dict[str, Any], **keywords: Any) -> None:
        """Creates an object: `resource` says of what, the other keys are its fields. Outputs the object.

        Keys that are no fields are ignored, so that whole dictionaries of arguments can be handed in, unless one is so
        like a field that it must be a slip: that is a ValueError.
        """
        if not isinstance(args_dict, dict):
            raise ValueError(f"`args_dict` is a dictionary with `resource` and fields, not {type(args_dict).__name__}")
        fields = [found.name for found in schema.entity(args_dict.get("resource", "")).fields]
        check("create", ["args_dict", *OUTPUT], keywords, strict=False, stacklevel=2)
        for name, given in keywords.items():
            if given is not None and name not in _CONTROLS and near(name, fields):
                told = f"`create` ignores the keyword `{name}`: fields belong in `args_dict`"
                warnings.warn(told, UnknownKeyword, stacklevel=2)
        # A misspelt field is an error.
        others = {name: given for name, given in args_dict.items() if name not in fields}
        check("create", OUTPUT, others, strict=False, stacklevel=2)
        self._create(args_dict, keywords)

    @checked()
    def delete(self, resource: str, resource_id: str, **keywords: Any) -> None:
        """Deletes an object. Outputs its resource, its ID and the status 204."""
        entity = schema.entity(resource)
        method = f"Delete{entity.type_name}"
        out = _Output(self.output_controller, {**keywords, "output_fields": None})
        self._calls.call(method, self._calls.request(method, id=text_of(resource_id)))
        out.one({"resource": entity.name, "id": resource_id, "status": 204})

    @checked()
    def set_field(self, resource: str, resource_id: str, field: str, value: Any, **keywords: Any) -> None:
        """Sets one field of an object; None clears it. Outputs the object.

        The field may be a path into a JSON field, such as `defaults.tier` or `defaults."a.b"`: then the rest of the
        field stays as it is, and None removes the key. A text that is JSON is that value there: `"5"` sets a number.
        """
        entity = schema.entity(resource)
        out = _Output(self.output_controller, keywords)
        values.check_fields(entity, out.fields)
        name, *keys = paths.parts(field)
        relation = entity.relation(name)
        own = entity.field(relation.field if relation is not None and relation.to_one else name)
        if own is None or not own.settable:
            settable = [found.name for found in entity.fields if found.settable]
            if own is not None:
                raise ValueError(f"`{name}` cannot be set, only the service sets it")
            raise schema.unknown(f"field of `{entity.name}`", name, settable)
        if keys and not own.is_json:
            raise ValueError(f"`{field}`: `{own.name}` has no fields of its own")
        method = f"Update{entity.type_name}"
        request = self._calls.request(method)
        message = getattr(request, entity.name)
        message.id = text_of(resource_id)
        if own.name == "id":
            request.new_id = str(value)
        else:
            request.update_mask.paths.append(".".join([own.name, *map(step, keys)]))
            if value is not None:
                values.set_value(own, message, paths.holding(keys, value) if keys else value)
        updated = getattr(self._calls.call(method, request), entity.name)
        out.one(values.row(entity, updated, out.fields))

    @checked("defaults")
    def allocate_subnet(self, network_id: str, additional_mask_bits: Any, name: str, **keywords: Any) -> None:
        """Creates the first free subnet whose prefix is this many bits longer than the network's. Outputs it."""
        try:
            bits = int(str(additional_mask_bits).strip())
        except ValueError:
            raise ValueError(f"`additional_mask_bits`: `{additional_mask_bits}` is not a whole number") from None
        fields: dict[str, Any] = {"network_id": network_id, "additional_mask_bits": bits, "name": name}
        self._special("AllocateSubnet", fields, keywords)

    @checked()
    def add_to_collection(
        self, resource: str, singular_resource: str, items: str, owner_id: str, item_id: str, **keywords: Any
    ) -> None:
        """Links an object to another of a many-to-many relation; twice is not an error. Outputs the link."""
        self._link("Add", resource, singular_resource, items, owner_id, item_id, keywords)

    @checked()
    def del_from_collection(
        self, resource: str, singular_resource: str, items: str, owner_id: str, item_id: str, **keywords: Any
    ) -> None:
        """Removes a link; a missing link is not an error. Outputs the link."""
        self._link("Remove", resource, singular_resource, items, owner_id, item_id, keywords)

    @checked()
    def promote(self, resource: str, srcid: str, dstid: str, **keywords: Any) -> None:
        """Releases the current build of one deployment to another of the same service. Outputs it."""
        if schema.entity(resource).name != "deployment":
            raise ValueError(f"`{resource}` cannot be promoted, only a deployment can")
        self._special("PromoteDeployment", {"source_id": srcid, "destination_id": dstid}, keywords)

    @checked()
    def clone_deployment(self, deployment_id: str, deployment_target_id: str, **keywords: Any) -> None:
        """Creates the same deployment on another deployment target, with its configurations and processes."""
        fields = {"id": deployment_id, "deployment_target_id": deployment_target_id}
        self._special("CloneDeployment", fields, keywords)

    @checked()
    def clone_config(self, config_id: str, deployment_id: str, **keywords: Any) -> None:
        """Creates the same configuration for another deployment. Outputs it."""
        entity = schema.entity("deployment_config")
        source = self._calls.get(entity, config_id)
        arguments = {own.name: values.value(own, source) for own in entity.fields if own.settable}
        self._create({**arguments, "resource": entity.name, "deployment_id": deployment_id}, keywords)

    def _collection(self, entity: schema.Entity, collection: str, resource_id: str, keywords: dict[str, Any]) -> None:
        relation = _relation(entity, collection, to_one=False)
        target = schema.entity(relation.target)
        out = _Output(self.output_controller, keywords)
        values.check_fields(target, out.fields)
        path = relation.field or f"{relation.inverse}.id"
        objects = self._calls.objects(target, equal(path, text_of(resource_id)), out.fields)
        first = next(objects, None)
        if first is None:
            # Nothing related, or nothing to relate to: an unknown ID is an error.
            self._calls.get(entity, resource_id, ["id"])
        found = _chained(first, objects)
        out.many(values.row(target, message, out.fields) for message in found)

    def _parent(self, entity: schema.Entity, relation: str, resource_id: str, keywords: dict[str, Any]) -> None:
        found = _relation(entity, relation, to_one=True)
        target = schema.entity(found.target)
        out = _Output(self.output_controller, keywords)
        values.check_fields(target, out.fields)
        embedding = next((own for own in entity.fields if own.name == relation and own.embeds), None)
        if embedding is not None and not embedding.nested_only and not out.fields:
            # With what it embeds itself.
            out.one(values.value(embedding, self._calls.get(entity, resource_id, [embedding.name])))
            return
        parent_id = getattr(self._calls.get(entity, resource_id, [found.field]), found.field)
        out.one(values.row(target, self._calls.get(target, parent_id, out.fields), out.fields) if parent_id else None)

    def _create(self, args_dict: dict[str, Any], keywords: dict[str, Any]) -> None:
        entity = schema.entity(args_dict.get("resource", ""))
        out = _Output(self.output_controller, {**args_dict, **keywords})
        values.check_fields(entity, out.fields)
        method = f"Create{entity.type_name}"
        request = self._calls.request(method)
        message = getattr(request, entity.name)
        # Something is always there to create, even with nothing set.
        message.SetInParent()
        for name, given in args_dict.items():
            if name in _CONTROLS or given is None:
                continue
            own = entity.field(name)
            if own is None:
                if near(str(name), [found.name for found in entity.fields]):
                    raise schema.unknown(f"field of `{entity.name}`", name, [found.name for found in entity.fields])
                continue
            # Rows can be passed in unchanged: fields that only the service sets are ignored.
            if own.settable:
                values.set_value(own, message, given)
        created = getattr(self._calls.call(method, request), entity.name)
        out.one(values.row(entity, created, out.fields))

    def _rows(self, entity: schema.Entity, text: str, out: _Output) -> None:
        values.check_fields(entity, out.fields)
        out.many(values.row(entity, found, out.fields) for found in self._calls.objects(entity, text, out.fields))

    def _special(self, method: str, fields: dict[str, Any], keywords: dict[str, Any]) -> None:
        """A hand-written method that returns an object in its first field."""
        out = _Output(self.output_controller, keywords)
        request = self._calls.request(method, **fields)
        defaults = keywords.get("defaults")
        if defaults is not None and "defaults" in request.DESCRIPTOR.fields_by_name:
            own = schema.entity("deployment").field("defaults")
            assert own is not None, "every entity has defaults"
            values.set_value(own, request, defaults)
        answer = self._calls.call(method, request)
        message = getattr(answer, answer.DESCRIPTOR.fields_by_number[1].name)
        found = {entity.type_name: entity for entity in schema.entities().values()}[message.DESCRIPTOR.name]
        out.one(values.row(found, message, out.fields))

    def _link(
        self,
        verb: str,
        resource: str,
        singular_resource: str,
        items: str,
        owner_id: str,
        item_id: str,
        keywords: dict[str, Any],
    ) -> None:
        entity, other = schema.entity(resource), schema.entity(singular_resource)
        relation = _relation(entity, items, to_one=False)
        if not relation.inverse or relation.target != other.name:
            links = [name for found in entity.relations if found.inverse for name in found.names]
            raise schema.unknown(f"link of `{entity.name}` to `{other.name}`", items, links)
        owner, target = (entity, other) if relation.is_owner else (other, entity)
        ids = {f"{entity.name}_id": text_of(owner_id), f"{other.name}_id": text_of(item_id)}
        method = f"{verb}{owner.type_name}{target.type_name}"
        out = _Output(self.output_controller, {**keywords, "output_fields": None})
        answer = self._calls.call(method, self._calls.request(method, **ids))
        changed = getattr(answer, answer.DESCRIPTOR.fields_by_number[1].name)
        told = {"resource": entity.name, "id": owner_id, "relation": items, "other_id": item_id, "changed": changed}
        out.one(told)


class _Output:
    """Where the rows of one call go, and how."""

    def __init__(self, controller: AbstractOutputController, keywords: dict[str, Any]) -> None:
        self._controller = controller
        self._format = keywords.get("output_format") or "json"
        if self._format not in ("json", "plain"):
            raise ValueError(f"`output_format` is `json` or `plain`, not `{self._format}`")
        asked = keywords.get("output_fields")
        self.fields: Optional[list[str]] = [asked] if isinstance(asked, str) else [*asked] if asked else None
        self._quiet = bool(keywords.get("q"))

    def one(self, row: Any) -> None:
        if not self._quiet:
            self._controller.handle_one(row, self._format, self.fields)

    def many(self, rows: Iterable[Any]) -> None:
        if not self._quiet:
            self._controller.handle_many(rows, self._format, self.fields)
            return
        # A failing call has no output.
        for _ in rows:
            pass


def _relation(entity: schema.Entity, name: str, to_one: bool) -> schema.Relation:
    found = entity.relation(name)
    if found is None or found.to_one != to_one:
        names = [known for relation in entity.relations if relation.to_one == to_one for known in relation.names]
        raise schema.unknown(f"relation of `{entity.name}` to {'one' if to_one else 'many'}", name, names)
    return found


def _chained(first: Any, others: Iterator[Any]) -> Iterator[Any]:
    if first is not None:
        yield first
    yield from others
