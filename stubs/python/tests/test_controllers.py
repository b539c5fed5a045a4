"""The names and the behaviour that automation relies on."""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
import warnings
from typing import Any

import pytest
from factory import Factory, World
from recorder import Recorder

import qairon
from qairon_qcli import controllers
from qairon_qcli.controllers import (
    AbstractOutputController,
    IterableOutputController,
    PrintingOutputController,
    QCLIController,
    StringIOOutputController,
    UnknownKeyword,
)


def printed(method: str, *arguments: Any, **keywords: Any) -> str:
    """What a command prints to the sys.stdout of the call, which is not that of the controller's beginning."""
    with QCLIController(PrintingOutputController()) as qcli, contextlib.redirect_stdout(io.StringIO()) as out:
        assert getattr(qcli, method)(*arguments, **keywords) is None
    return out.getvalue()


def written(method: str, *arguments: Any, **keywords: Any) -> str:
    """What a command writes to a text stream."""
    stream = io.StringIO()
    with QCLIController(StringIOOutputController(stream)) as qcli:
        getattr(qcli, method)(*arguments, **keywords)
    return stream.getvalue()


def test_the_public_names_are_there() -> None:
    wanted = {"QCLIController", "QaironSchema", "AbstractOutputController"}
    wanted |= {"PrintingOutputController", "StringIOOutputController", "IterableOutputController"}
    assert wanted <= set(controllers.__all__)
    for output in (PrintingOutputController(), StringIOOutputController(io.StringIO()), IterableOutputController([])):
        assert isinstance(output, AbstractOutputController)


def test_one_row_is_an_object_and_several_are_an_array(factory: Factory) -> None:
    world = World()
    stack = factory.create("stack", world)
    application = world["application"]
    for tell in (printed, written):
        assert json.loads(tell("get", resource="stack", resource_id=stack["id"])) == stack
        assert json.loads(tell("get_field", "stack", stack["id"], "application"))["id"] == application
        assert json.loads(tell("get_parent", "stack", "application", stack["id"]))["resource"] == "application"
        assert json.loads(tell("get_field", "stack", stack["id"], "name")) == stack["name"]
        assert json.loads(tell("get_field", "application", application, "stacks")) == [stack]
        assert json.loads(tell("get_collection", "application", "stacks", application)) == [stack]
        assert json.loads(tell("get_field", "stack", stack["id"], "services")) == []
        assert stack in json.loads(tell("list", resource="stack"))
        wanted = {"resource": "stack", "application_id": application, "name": tell.__name__}
        created = json.loads(tell("create", wanted))
        assert created["id"] == f"{application}:{tell.__name__}"
        changed = json.loads(tell("set_field", "stack", created["id"], "defaults", '{"a": [1, "b"]}'))
        assert changed["defaults"] == {"a": [1, "b"]}
        assert json.loads(tell("delete", "stack", created["id"])) == {
            "resource": "stack",
            "id": created["id"],
            "status": 204,
        }


def test_plain_is_a_line_a_row(factory: Factory) -> None:
    world = World()
    stack = factory.create("stack", world)
    keywords: dict[str, Any] = {"output_format": "plain", "output_fields": ["name", "id"]}
    line = f"{stack['name']} {stack['id']}\n"
    assert printed("get", "stack", stack["id"], **keywords) == line
    assert written("get_field", "application", world["application"], "stacks", **keywords) == line
    assert printed("get_field", "stack", stack["id"], "id", output_format="plain") == f"{stack['id']}\n"
    everything = printed("get", "stack", stack["id"], output_format="plain")
    assert everything.startswith(f"{stack['id']} {world['application']} {stack['name']} ")
    assert everything.count("\n") == 1


def test_rows_gather_in_a_list_and_are_read_once(factory: Factory) -> None:
    world = World()
    stack = factory.create("stack", world)
    rows: list[str] = []
    output = IterableOutputController(rows)
    with QCLIController(output) as qcli:
        qcli.get("stack", stack["id"])
        qcli.get_collection("application", "stacks", world["application"])
        assert [json.loads(row) for row in rows] == [stack, stack]
        assert list(output.read_as_json()) == [stack, stack]
        assert rows == []
        qcli.get("stack", stack["id"], output_format="plain", output_fields=["id"])
        assert rows == [stack["id"]]


def test_the_list_of_the_page(endpoint: str, factory: Factory) -> None:
    stack = factory.create("stack")
    rows: list[str] = []
    output = IterableOutputController(rows)
    QCLIController(output).list(resource="stack", output_fields=["id", "name"])
    found = list(output.read_as_json())
    assert {"id": stack["id"], "name": stack["name"]} in found


def test_q_is_quiet_and_what_is_not_set_is_ignored(factory: Factory) -> None:
    stack = factory.create("stack")
    everything = {"resource": "stack", "resource_id": stack["id"], "command": "get", "func": None}
    assert json.loads(printed("get", **everything)) == stack
    assert printed("get", **everything, q=True) == ""
    assert printed("list", resource="stack", q=True, other=None) == ""
    assert printed("delete", resource="stack", resource_id=stack["id"], q=True) == ""
    with pytest.raises(qairon.NotFound):
        printed("get", **everything, q=True)


WARNED: list[tuple[str, dict[str, Any], str]] = [
    ("get", {"resource": "stack", "resource_id": "no:body", "zzz": 1}, "`get` ignores the unknown keyword `zzz`; it takes"),
    ("get", {"resource": "stack", "resource_id": "no:body", "output_feilds": ["id"]}, "did you mean `output_fields`?"),
    ("list", {"resource": "stack", "filter": "x"}, "`list` ignores the unknown keyword `filter`"),
    ("query", {"resource": "stack", "query": "{}", "limit": 3}, "`query` ignores the unknown keyword `limit`"),
    ("get_field", {"resource": "stack", "resource_id": "no:body", "field": "name", "ouput_format": "plain"}, "format`"),
    ("get_collection", {"resource": "stack", "collection": "services", "resource_id": "a", "outputfields": []}, "fields`"),
    ("get_parent", {"resource": "stack", "relation": "application", "resource_id": "a", "relatoin": 1}, "relation`"),
    ("create", {"args_dict": {"resource": "application", "id": "a b"}, "output_fromat": "json"}, "output_format`"),
    ("create", {"args_dict": {"resource": "application", "id": "a b", "output_fromat": "json"}}, "output_format`"),
    ("create", {"args_dict": {"resource": "application", "id": "a b"}, "defaults": {}}, "belong in `args_dict`"),
    ("create", {"args_dict": {"resource": "application", "id": "a b"}, "defualts": {}}, "belong in `args_dict`"),
    ("delete", {"resource": "stack", "resource_id": "no:body", "resuorce_id": "a:b"}, "did you mean `resource_id`?"),
    ("set_field", {"resource": "stack", "resource_id": "no:body", "field": "name", "value": "x", "vlaue": 1}, "value`"),
    (
        "allocate_subnet",
        {"network_id": "n", "additional_mask_bits": 1, "name": "s", "defualts": {}},
        "did you mean `defaults`?",
    ),
    ("promote", {"resource": "deployment", "srcid": "a", "dstid": "b", "srcidd": 1}, "`srcid`"),
    ("clone_deployment", {"deployment_id": "a", "deployment_target_id": "b", "deploymnet_id": 1}, "`deployment_id`"),
    ("clone_config", {"config_id": "no:body", "deployment_id": "b", "output_fields_": []}, "`output_fields`"),
]


@pytest.mark.parametrize(("method", "arguments", "told"), WARNED)
def test_a_keyword_that_is_probably_a_mistake_is_warned_about(
    method: str, arguments: dict[str, Any], told: str, endpoint: str
) -> None:
    with QCLIController(PrintingOutputController()) as qcli, contextlib.redirect_stdout(io.StringIO()):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            # It is still ignored: what follows is what follows without it.
            with contextlib.suppress(qairon.QaironError, TypeError):
                getattr(qcli, method)(**arguments)
    (warning,) = caught
    assert issubclass(warning.category, UserWarning) and warning.category is UnknownKeyword
    assert told in str(warning.message)
    assert warning.filename == __file__, "it names the line of the caller"


def test_every_method_has_its_keywords_checked() -> None:
    methods = [name for name in vars(QCLIController) if not name.startswith("_") and name != "close"]
    assert {row[0] for row in WARNED} | {"add_to_collection", "del_from_collection"} == set(methods)
    for method in ("add_to_collection", "del_from_collection"):
        with pytest.warns(UnknownKeyword, match="`owner_id`"), pytest.raises(ValueError, match="unknown resource"):
            getattr(QCLIController(PrintingOutputController()), method)("zzz", "b", "c", "d", "e", ownre_id=1)


def test_far_keywords_pass_unnoticed_where_whole_dictionaries_are_passed(recorder: Recorder, factory: Factory) -> None:
    stack = factory.create("stack")
    rest = {"command": "x", "func": print, "verbose": True, "zzz": 1}
    assert recorder.one("get_field", "stack", stack["id"], "name", **rest) == stack["name"]
    assert recorder.one("set_field", "stack", stack["id"], "defaults", {}, **rest)["id"] == stack["id"]
    created = recorder.one("create", {"resource": "application", "id": f"far{factory.number()}", **rest}, **rest)
    assert recorder.one("delete", "application", created["id"], **rest)["status"] == 204


REFUSED: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("get", {"resource": "stack", "resource_id": "no:body"}, qairon.NotFound, "no:body"),
    ("get", {"resource": "stak", "resource_id": "a"}, ValueError, "unknown resource `stak`, did you mean `stack`"),
    ("list", {"resource": "nothing"}, ValueError, "unknown resource `nothing`"),
    ("list", {"resource": "stack", "output_fields": ["nane"]}, ValueError, "did you mean `name`"),
    ("list", {"resource": "stack", "output_format": "xml"}, ValueError, "not `xml`"),
    ("query", {"resource": "stack", "query": '{"filters": [{"name": "nane"}]}'}, qairon.InvalidArgument, "nane"),
    ("query", {"resource": "stack", "query": "name = x"}, ValueError, "JSON"),
    ("get_field", {"resource": "stack", "resource_id": "no:body", "field": "name"}, qairon.NotFound, "no:body"),
    ("get_field", {"resource": "stack", "resource_id": "no:body", "field": "services"}, qairon.NotFound, "no:body"),
    ("get_field", {"resource": "stack", "resource_id": "a:b", "field": "servces"}, ValueError, "`services`"),
    ("get_collection", {"resource": "stack", "collection": "name", "resource_id": "a"}, ValueError, "relation"),
    ("get_parent", {"resource": "stack", "relation": "services", "resource_id": "a"}, ValueError, "relation"),
    ("create", {"args_dict": {"resource": "application"}}, qairon.InvalidArgument, "id"),
    ("create", {"args_dict": {"resource": "application", "id": "a b"}}, qairon.InvalidArgument, "id"),
    ("create", {"args_dict": {"resource": "application", "id": "ab", "defaults": "{"}}, ValueError, "defaults"),
    ("create", {"args_dict": {"resource": "application", "id": "ab", "defualts": {}}}, ValueError, "`defaults`"),
    ("create", {"args_dict": {"resource": "stack", "application_id": "no", "name": "n"}}, qairon.NotFound, "no"),
    ("create", {"args_dict": {"resource": "build", "build_num": "one"}}, ValueError, "build_num"),
    ("create", {"args_dict": None}, ValueError, "`args_dict`"),
    ("create", {"args_dict": {"resource": "application", "id": "x", "defaults": {"n": 10**400}}}, ValueError, "beyond"),
    (
        "create",
        {"args_dict": {"resource": "application", "id": "x", "defaults": '{"a": [0, {"b": 9007199254740993}]}'}},
        ValueError,
        "`a[1].b`: the whole number 9007199254740993 is beyond",
    ),
    (
        "create",
        {"args_dict": {"resource": "application", "id": "x", "defaults": '{"a": 1e400}'}},
        ValueError,
        "`a`: JSON has no number",
    ),
    ("create", {"args_dict": {"resource": "application", "id": "x", "defaults": {"n": math.nan}}}, ValueError, "nan"),
    ("get", {"resource": "stack", "resource_id": None}, ValueError, "not None"),
    ("get", {"resource": "stack", "resource_id": b"a:b"}, ValueError, "an ID is a text"),
    ("get", {"resource": "stack", "resource_id": "\ud800"}, ValueError, "UTF-8"),
    ("delete", {"resource": "stack", "resource_id": None}, ValueError, "not None"),
    ("delete", {"resource": "stack", "resource_id": "no:body"}, qairon.NotFound, "no:body"),
    ("set_field", {"resource": "stack", "resource_id": "a:b", "field": "uid", "value": "1"}, ValueError, "uid"),
    ("set_field", {"resource": "stack", "resource_id": "no:body", "field": "name", "value": "x"}, qairon.NotFound, ""),
    ("allocate_subnet", {"network_id": "n", "additional_mask_bits": "six", "name": "s"}, ValueError, "six"),
    ("promote", {"resource": "stack", "srcid": "a", "dstid": "b"}, ValueError, "deployment"),
    ("clone_config", {"config_id": "no:body", "deployment_id": "b"}, qairon.QaironError, "no:body"),
]


@pytest.mark.parametrize(("method", "arguments", "kind", "told"), REFUSED)
def test_what_is_refused_is_raised_and_prints_nothing(
    method: str, arguments: dict[str, Any], kind: type[Exception], told: str, endpoint: str
) -> None:
    out = io.StringIO()
    with QCLIController(PrintingOutputController()) as qcli, contextlib.redirect_stdout(out):
        with pytest.raises(kind) as raised:
            getattr(qcli, method)(**arguments)
    assert told in str(raised.value)
    assert out.getvalue() == ""


def test_json_fields_take_text_and_dictionaries(recorder: Recorder, factory: Factory) -> None:
    given = {"text": "ä", "deep": {"list": [1, 2.5, None, True]}}
    for defaults in (given, json.dumps(given)):
        row = recorder.one("create", {"resource": "application", "id": f"json{factory.number()}", "defaults": defaults})
        assert row["defaults"] == given


def test_whole_dictionaries_are_handed_in(recorder: Recorder, factory: Factory) -> None:
    given = {"resource": "application", "id": f"whole{factory.number()}", "debug": False, "limit": 3, "field": None}
    assert recorder.one("create", {**given, "command": "create"})["id"] == given["id"]
    # A number out of JSON or a spreadsheet.
    assert factory.create("build", build_num=8.0)["build_num"] == 8


def test_a_query_may_be_a_document_that_is_no_text_yet(recorder: Recorder, factory: Factory) -> None:
    row = factory.create("application")
    document = {"filters": [{"name": "id", "op": "eq", "val": row["id"]}]}
    assert [found["id"] for found in recorder.many("query", "application", document)] == [row["id"]]


def test_a_row_can_be_created_again_as_it_came(recorder: Recorder, factory: Factory) -> None:
    row = factory.create("proc")
    recorder.one("delete", "proc", row["id"])
    again = recorder.one("create", row)
    assert {**again, "created_at": ""} == {**row, "created_at": ""}


def test_setting_the_id_renames(recorder: Recorder, factory: Factory) -> None:
    world = World()
    stack = factory.create("stack", world)
    new = f"renamed{factory.number()}"
    assert recorder.one("set_field", "application", world["application"], "id", new)["id"] == new
    assert recorder.one("get", "stack", f"{new}:{stack['name']}")["application_id"] == new


def test_relations_go_by_every_name_and_to_one_may_be_unset(recorder: Recorder, factory: Factory) -> None:
    world = World()
    deployment = factory.create("deployment", world)
    assert printed("get_field", "deployment", deployment["id"], "current_release") == "null\n"
    target = recorder.one("get_field", "deployment", deployment["id"], "deployment_target")
    assert target["id"] == world["deployment_target"]


def test_subnets_are_allocated_with_bits_as_number_or_text(recorder: Recorder, factory: Factory) -> None:
    network = factory.create("network")
    first = recorder.one("allocate_subnet", network["id"], 6, "one")
    second = recorder.one("allocate_subnet", network_id=network["id"], additional_mask_bits="6", name="two")
    assert [first["cidr"], second["cidr"]] == ["10.0.0.0/14", "10.4.0.0/14"]
    assert first["id"] == f"{network['id']}:one"
    with pytest.raises(qairon.QaironError, match="."):
        recorder.many("allocate_subnet", network["id"], 60, "three")


def test_a_deployment_is_promoted_and_cloned(recorder: Recorder, factory: Factory) -> None:
    world = World()
    release = factory.create("release", world)
    source = world["deployment"]
    recorder.one("set_field", "deployment", source, "current_release_id", release["id"])
    config = factory.create("deployment_config", world)
    shared = ("service", "application", "stack", "build")
    other = World({name: found for name, found in world.items() if name in shared})
    target = factory.create("deployment_target", other)
    clone = recorder.one("clone_deployment", source, target["id"])
    assert clone["deployment_target_id"] == target["id"] and clone["service_id"] == world["service"]
    configs = recorder.many("get_field", "deployment", clone["id"], "configs")
    assert [found["name"] for found in configs] == [config["name"]]
    promoted = recorder.one("promote", resource="deployment", srcid=source, dstid=clone["id"])
    assert promoted["resource"] == "deployment" and promoted["id"] == clone["id"]
    assert promoted == recorder.one("get", "deployment", clone["id"])
    current = recorder.one("get_field", "deployment", clone["id"], "current_release")
    assert current["build_id"] == release["build_id"] and current["deployment_id"] == clone["id"]

    third = factory.create("deployment", World({**other, "deployment_target": target["id"]}))
    copy = recorder.one("clone_config", config_id=config["id"], deployment_id=third["id"])
    kept = ("id", "deployment_id", "created_at", "last_updated_at")
    assert copy["deployment_id"] == third["id"]
    assert {k: v for k, v in copy.items() if k not in kept} == {k: v for k, v in config.items() if k not in kept}


def test_dependencies_have_their_own_fields_only(factory: Factory) -> None:
    row = factory.create("related")
    assert list(row)[:2] == ["resource", "id"]
    assert not {"defaults", "created_at", "last_updated_at"} & set(row)


def test_an_id_with_stars_is_not_a_pattern(recorder: Recorder, factory: Factory) -> None:
    stack = factory.create("stack")
    star = recorder.one("create", {"resource": "application", "id": f"*{factory.number()}"})
    assert recorder.many("get_field", "application", star["id"], "stacks") == []
    assert stack["id"]


def test_a_path_into_json_is_set(recorder: Recorder, factory: Factory) -> None:
    stack = factory.create("stack", World(), defaults={"kept": True, "old": 1})["id"]
    for path, given, defaults in (
        ("defaults.tier", "5", {"kept": True, "old": 1, "tier": 5}),
        ("defaults.tier", '"5"', {"kept": True, "old": 1, "tier": "5"}),
        ("defaults.tier", "5 apples", {"kept": True, "old": 1, "tier": "5 apples"}),
        ("defaults.tier", "NaN", {"kept": True, "old": 1, "tier": "NaN"}),
        ("defaults.old", None, {"kept": True, "tier": "NaN"}),
        ("defaults.tier", None, {"kept": True}),
        ('defaults."a.b".c', [1, {"d": None}], {"kept": True, "a.b": {"c": [1, {"d": None}]}}),
        ('defaults."a.b"', "null", {"kept": True, "a.b": None}),
        ('defaults."a.b"', None, {"kept": True}),
        ('defaults."say \\"x\\\\\ny\\""', 1.5, {"kept": True, 'say "x\\\ny"': 1.5}),
        ("defaults", {"all": "new"}, {"all": "new"}),
    ):
        assert recorder.one("set_field", "stack", stack, path, given)["defaults"] == defaults, path
    for path, given, told in (
        ("name.a", "x", "`name.a`: `name` has no fields of its own"),
        ("application.a", "x", "`application.a`: `application_id` has no fields of its own"),
        ("defualts.tier", 1, "unknown field of `stack` `defualts`, did you mean `defaults`?"),
        ("defaults..a", 1, "has an empty part"),
        ('defaults."a', 1, "has a quote that does not end"),
        ("defaults.n", "9007199254740993", "`defaults`: `n`: the whole number 9007199254740993 is beyond 2^53"),
    ):
        with pytest.raises(ValueError, match=re.escape(told)):
            recorder.one("set_field", "stack", stack, path, given)


def test_the_path_of_the_page(factory: Factory) -> None:
    service_id = factory.create("service", defaults={"owner": "us"})["id"]
    rows: list[str] = []
    output = IterableOutputController(rows)
    with QCLIController(output) as qcli:
        qcli.set_field("service", service_id, "defaults.tier", 5)
    (row,) = output.read_as_json()
    assert row["defaults"] == {"owner": "us", "tier": 5}
