"""What pipelines record once, however often and by however many it is done."""

from __future__ import annotations

import subprocess
import sys
from concurrent import futures
from typing import Any

import pytest
from factory import Factory, World, options, settable
from recorder import Recorder

import qairon
from qairon import v1
from qairon_qcli import calls, schema, values

ENTITIES = list(schema.entities())


def message_of(resource: str, resource_id: str) -> Any:
    source = calls.Calls()
    try:
        return source.get(schema.entity(resource), resource_id)
    finally:
        source.close()


@pytest.mark.parametrize("resource", ENTITIES)
def test_any_object_is_ensured(resource: str, client: qairon.Client, recorder: Recorder, factory: Factory) -> None:
    entity, world = schema.entity(resource), World()
    row = factory.create(resource, world)
    found = message_of(resource, row["id"])
    assert qairon.id_of(found) == row["id"]
    wanted = type(found)()
    for field in settable(entity):
        if field.name in row and row[field.name] is not None:
            values.set_value(field, wanted, row[field.name])
    if not entity.id_fields:
        wanted.id = row["id"]
    assert qairon.id_of(wanted) == row["id"]
    assert client.ensure(wanted) == found, "what is there is returned, and nothing is written"

    changed = 0
    for field in settable(entity):
        if field.name in entity.id_fields or options(field).reference.entity or options(field).object_of:
            continue
        if options(field).format in (v1.FORMAT_CIDR, v1.FORMAT_ENTITY_TYPE) or field.name == "allowed_relationship":
            continue
        values.set_value(field, wanted, factory.other_value(entity, field, world))
        if field.is_json:
            values.set_value(field, wanted, {"other": factory.number()})
        if getattr(wanted, field.name) == getattr(found, field.name):
            continue
        with pytest.raises(qairon.AlreadyExists) as raised:
            client.ensure(wanted)
        error = raised.value
        assert (error.reason, error.field, error.resource_id) == ("ALREADY_EXISTS", field.name, row["id"])
        assert error.resource == resource and f"`{field.name}`" in str(error) and "update=True" in str(error)
        found = client.ensure(wanted, update=True)
        assert getattr(found, field.name) == getattr(wanted, field.name)
        assert client.ensure(wanted) == found
        changed += 1
    assert changed or resource in ("related", "relatable", "dependency", "dependency_case")

    recorder.many("delete", resource, row["id"])
    assert client.ensure(wanted).id == row["id"], "what is not there is created"


def test_the_example_of_the_page(client: qairon.Client, factory: Factory) -> None:
    application_id = factory.create("application")["id"]
    for _ in range(2):
        stack = client.ensure(v1.Stack(application_id=application_id, name="web"))
        assert stack.id == qairon.id_of(v1.Stack(application_id=application_id, name="web"))


def test_a_missing_component_is_named() -> None:
    with pytest.raises(ValueError, match="`build_num` of the build is not set"):
        qairon.id_of(v1.Build(service_id="a:b:c"))
    assert qairon.id_of(v1.Build(service_id="a:b:c", build_num=0)) == "a:b:c:0"
    with pytest.raises(ValueError, match="`GetBuildRequest` is not an entity"):
        qairon.id_of(v1.GetBuildRequest())


def test_an_id_that_contradicts_the_fields_is_an_error(client: qairon.Client, factory: Factory) -> None:
    application_id = factory.create("application")["id"]
    for _ in range(2):
        found = client.ensure(v1.Stack(id=f"{application_id}:web", application_id=application_id, name="web"))
        assert found.id == f"{application_id}:web"
    for call, has, made in (
        (lambda: client.ensure(v1.Service(id="a:b:cart", stack_id="a:b", name="pay")), "a:b:cart", "a:b:pay"),
        (lambda: client.record_build(id="s:8", service_id="s", build_num=7, vcs_ref="a"), "s:8", "s:7"),
        (lambda: client.record_release("d", "b", id="d:8", build_num=7), "d:8", "d:7"),
    ):
        with pytest.raises(qairon.InvalidArgument, match=f"is `{has}`, but its fields make `{made}`") as raised:
            call()
        assert (raised.value.reason, raised.value.field) == ("INVALID_ID", "id")


def test_none_is_an_error(client: qairon.Client) -> None:
    nothing: Any = None
    for call, field in (
        (lambda: client.ensure(nothing), "message"),
        (lambda: client.record_build(service_id="s", build_num=1, vcs_ref="a", artifacts=[nothing]), "artifacts[0]"),
        (lambda: client.record_release("d", "b", build_num=1, artifacts=nothing), "artifacts"),
    ):
        with pytest.raises(qairon.InvalidArgument) as raised:
            call()
        assert (raised.value.reason, raised.value.field) == ("REQUIRED", field) and f"`{field}`" in str(raised.value)


def test_the_keys_that_differ_are_named(client: qairon.Client, factory: Factory) -> None:
    application_id = factory.create("application")["id"]

    def ensured(defaults: dict[str, Any]) -> v1.Stack:
        stack = v1.Stack(application_id=application_id, name="keys")
        stack.defaults.update(defaults)
        return client.ensure(stack)

    ensured({"tier": 1, "same": True, "on": {"a.b": 1, "c": 2}})
    few, many = {"other": 1, "same": True, "on": {"a.b": 2, "c": 2}}, dict.fromkeys("abcde", 1)
    for defaults, told in (
        (few, '`defaults` differs in `defaults.on."a.b"`, `defaults.other`, `defaults.tier`;'),
        (
            {**many, "on": 1, "tier": 2},
            "`defaults` differs in `defaults.a`, `defaults.b`, `defaults.c`, `defaults.d`, `defaults.e` and 3 more;",
        ),
    ):
        with pytest.raises(qairon.AlreadyExists) as raised:
            ensured(defaults)
        assert told in str(raised.value) and raised.value.field == "defaults"


def test_an_object_that_violates_a_rule_with_itself_is_there(client: qairon.Client, factory: Factory) -> None:
    network = factory.create("network")
    subnet = v1.Subnet(network_id=network["id"], name="one", cidr="10.9.0.0/24")
    assert client.ensure(subnet) == client.ensure(subnet)
    with pytest.raises(qairon.FailedPrecondition):
        client.ensure(v1.Subnet(network_id=network["id"], name="two", cidr="10.9.0.0/24"))


def test_ranges_are_the_same_in_another_form(client: qairon.Client, factory: Factory) -> None:
    partition = factory.create("partition")["id"]
    network = v1.Network(partition_id=partition, name="v6", cidr="2001:DB8:0::/48")
    assert client.ensure(network).cidr == "2001:db8::/48"
    assert client.ensure(network).cidr == "2001:db8::/48"


def artifacts(repo: str) -> list[v1.BuildArtifact]:
    return [
        v1.BuildArtifact(input_repo_id=repo, output_repo_id=repo, name=name, upload_path=f"shop/{name}:7")
        for name in ("image", "chart")
    ]


def test_a_build_is_recorded_once_by_many(client: qairon.Client, recorder: Recorder, factory: Factory) -> None:
    service, repo = factory.create("service")["id"], factory.create("repo")["id"]

    def record(_: int) -> v1.Build:
        return client.record_build(service_id=service, build_num=7, vcs_ref="6b733d1", artifacts=artifacts(repo))

    with futures.ThreadPoolExecutor(8) as pool:
        builds = list(pool.map(record, range(16)))
    assert {build.id for build in builds} == {f"{service}:7"} and len({build.etag for build in builds}) == 1
    found = recorder.many("get_field", "build", f"{service}:7", "build_artifacts")
    assert sorted(row["name"] for row in found) == ["chart", "image"]

    # Another commit under the same number is another build.
    with pytest.raises(qairon.AlreadyExists, match="`vcs_ref` is `6b733d1`, not `other`") as raised:
        client.record_build(service_id=service, build_num=7, vcs_ref="other")
    assert raised.value.field == "vcs_ref"
    assert client.record_build(service_id=service, build_num=7, vcs_ref="other", update=True).vcs_ref == "other"


def test_a_forgotten_number_is_an_error(client: qairon.Client, factory: Factory) -> None:
    world = World()
    deployment, build = factory.create("deployment", world)["id"], factory.create("build", world)["id"]
    for record in (
        lambda: client.record_build(service_id=world["service"], build_num=None, vcs_ref="a"),
        lambda: client.record_build(service_id=world["service"], vcs_ref="a"),
        lambda: client.record_release(deployment, build, build_num=None),
        lambda: client.record_release(deployment, build),
    ):
        with pytest.raises(qairon.InvalidArgument) as raised:
            record()
        assert (raised.value.reason, raised.value.field) == ("REQUIRED", "build_num")
    assert client.record_build(service_id=world["service"], build_num=0, vcs_ref="a").id == f"{world['service']}:0"


def test_a_release_is_recorded_and_made_the_current_one(client: qairon.Client, factory: Factory) -> None:
    world = World()
    deployment, build = factory.create("deployment", world)["id"], factory.create("build", world)["id"]
    repo = factory.create("repo")["id"]
    baked = v1.ReleaseArtifact(input_repo_id=repo, output_repo_id=repo, name="image", upload_path="shop/cart:12")
    first = client.record_release(deployment, build, build_num=12, artifacts=[baked])
    assert first.id == f"{deployment}:12"
    assert not client.deployment.GetDeployment(v1.GetDeploymentRequest(id=deployment)).deployment.current_release_id
    etags = set()
    for _ in range(2):
        again = client.record_release(deployment, build, build_num=12, artifacts=[baked], current=True)
        assert again == first
        found = client.deployment.GetDeployment(v1.GetDeploymentRequest(id=deployment)).deployment
        assert found.current_release_id == first.id
        etags.add(found.etag)
    assert len(etags) == 1, "what is current stays as it is"
    # The same build once more, by a later job.
    assert client.record_release(deployment, build, build_num=13).build_id == build
    with pytest.raises(ValueError, match="leave it out"):
        other = v1.ReleaseArtifact(release_id="other", name="image")
        client.record_release(deployment, build, build_num=13, artifacts=[other])


def test_one_import_has_every_name_and_reads_only_what_is_used() -> None:
    for name in v1.__all__:
        assert getattr(v1, name) is not None, name
    assert {"Build", "CreateBuildRequest", "ErrorReason", "CatalogServiceStub"} <= set(dir(v1))
    with pytest.raises(AttributeError, match="no attribute 'Biuld'"):
        v1.Biuld  # type: ignore[attr-defined]
    code = "import sys; from qairon.v1 import Build; sys.exit('qairon.v1.stack_pb2' in sys.modules)"
    lazy = "import sys, types; sys.modules['qairon'] = types.ModuleType('qairon'); sys.modules['qairon'].__path__ = {!r}; "
    path = list(qairon.__path__)
    subprocess.run([sys.executable, "-c", lazy.format(path) + code], check=True)
