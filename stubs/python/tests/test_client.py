"""The helpers of `qairon`, on a real service and on one that fails on request."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from cut import Cut
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

import qairon
from qairon import endpoint as endpoints
from qairon import methods, retries, v1
from qairon.v1 import application_pb2, bulk_service_pb2, catalog_service_pb2_grpc, stack_pb2, trace_service_pb2


ENDPOINTS = Path(__file__).parents[2] / "testdata" / "endpoints.json"


def application(client: qairon.Client, name: str) -> str:
    wanted = application_pb2.Application(id=name)
    request = application_pb2.CreateApplicationRequest(application=wanted)
    return str(client.catalog.CreateApplication(request).application.id)


def load(client: qairon.Client, chunks: list[list[stack_pb2.Stack]]) -> list[Any]:
    def requests() -> Iterator[bulk_service_pb2.LoadObjectsRequest]:
        for chunk in chunks:
            request = bulk_service_pb2.LoadObjectsRequest()
            for stack in chunk:
                packed = any_pb2.Any()
                packed.Pack(stack)
                request.objects.append(packed)
            yield request

    return list(client.bulk.LoadObjects(requests()))


def test_the_endpoints_of_all_languages() -> None:
    vectors = json.loads(ENDPOINTS.read_text(encoding="utf-8"))
    assert len(vectors) > 50
    for vector in vectors:
        try:
            found = endpoints.parse(vector["endpoint"])
        except ValueError as error:
            assert str(error) == vector.get("error"), vector
        else:
            assert found == (vector.get("address"), vector.get("tls")), vector


def test_what_is_no_endpoint_is_refused_with_what_named_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told = "endpoint `qairon` has no port: write `qairon:50051`"
    with pytest.raises(ValueError, match="no port") as raised:
        qairon.connect("qairon")
    assert str(raised.value) == told
    monkeypatch.setenv("QAIRON_ENDPOINT", "qairon")
    with pytest.raises(ValueError, match="no port") as raised:
        qairon.connect()
    assert str(raised.value) == f"QAIRON_ENDPOINT: {told}"


def test_without_an_endpoint_it_is_the_machine_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QAIRON_ENDPOINT", "")
    assert endpoints.read() == ("127.0.0.1:50051", False)


def test_every_service_has_an_attribute(client: qairon.Client) -> None:
    for service in methods.services():
        stub = getattr(client, service.name[: -len("Service")].lower())
        for method in service.methods:
            assert callable(getattr(stub, method.name))


def test_the_retries_name_every_method_that_can_be_repeated() -> None:
    config = json.loads(retries.service_config())
    named = {(name["service"], name["method"]) for name in config["methodConfig"][0]["name"]}
    every = {(service.full_name, method.name) for service in methods.services() for method in service.methods}
    writing = {
        (method.containing_service.full_name, method.name)
        for method in methods.by_path().values()
        if method.client_streaming
    }
    assert named == every - writing
    assert {service for service, _ in writing} == {"qairon.v1.BulkService"}


def test_the_options_of_google_and_ours_live_together() -> None:
    modules = [module.DESCRIPTOR.name for module in methods.modules()]  # type: ignore[attr-defined]
    imports = "import google.api.annotations_pb2, google.api.field_behavior_pb2, google.rpc.status_pb2"
    for first, second in ((imports, "import qairon.v1.stack_pb2"), ("import qairon.v1.stack_pb2", imports)):
        subprocess.run([sys.executable, "-c", f"{first}\n{second}"], check=True)
    assert "qairon/v1/stack.proto" in modules


def test_lists_go_over_all_pages_and_loads_are_acknowledged(client: qairon.Client) -> None:
    name = application(client, "many")
    chunks = [
        [stack_pb2.Stack(application_id=name, name=f"s{chunk}-{number}") for number in range(420)] for chunk in range(3)
    ]
    answers = load(client, chunks)
    assert answers[-1].chunks == 3
    assert (answers[-1].created, answers[-1].refused, answers[-1].committed) == (1260, 0, True)

    request = stack_pb2.ListStacksRequest(filter=f'application_id = "{name}"', page_size=1000)
    pages = list(client.pages(client.catalog.ListStacks, request))
    assert [len(page.stacks) for page in pages] == [1000, 260]
    request.page_size = 0
    ids = [stack.id for stack in client.items(client.catalog.ListStacks, request)]
    assert len(ids) == len(set(ids)) == 1260
    assert request.page_token == "", "the caller's request stays as it is"


def test_a_load_with_one_bad_object_writes_nothing(client: qairon.Client) -> None:
    name = application(client, "refused")
    chunk = [stack_pb2.Stack(application_id=name, name="good"), stack_pb2.Stack(application_id=name, name="b d")]
    last = load(client, [chunk])[-1]
    assert (last.refused, last.committed) == (1, False)
    with pytest.raises(qairon.NotFound):
        client.catalog.GetStack(stack_pb2.GetStackRequest(id=f"{name}:good"))


def test_errors_tell_reason_field_object_and_request(client: qairon.Client) -> None:
    wanted = stack_pb2.Stack(application_id="nobody", name="a b")
    with pytest.raises(qairon.InvalidArgument) as invalid:
        client.catalog.CreateStack(stack_pb2.CreateStackRequest(stack=wanted))
    assert (invalid.value.reason, invalid.value.field) == ("INVALID_NAME", "name")
    assert invalid.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert invalid.value.call is not None and invalid.value.call.code() is invalid.value.code()
    assert invalid.value.request_id and str(invalid.value) == invalid.value.details()
    with pytest.raises(qairon.NotFound) as missing:
        client.catalog.GetStack(stack_pb2.GetStackRequest(id="no:body"))
    assert (missing.value.reason, missing.value.resource_id) == ("NOT_FOUND", "no:body")
    assert missing.value.resource == "stack"
    request = trace_service_pb2.TraceImpactRequest(resource="stack", id="no:body")
    with pytest.raises(qairon.NotFound) as streamed:
        list(client.stream(client.trace.TraceImpact, request))
    assert streamed.value.reason == "NOT_FOUND"
    assert isinstance(streamed.value, grpc.RpcError), "code that catches grpc.RpcError still works"


def test_a_trace_streams_its_rows(client: qairon.Client) -> None:
    application_id = application(client, "traced")
    load(client, [[stack_pb2.Stack(application_id=application_id, name=f"s{number}") for number in range(5)]])
    request = v1.TraceImpactRequest(resource="application", id=application_id)
    rows = [row.id for row in client.stream(client.trace.TraceImpact, request)]
    assert {f"traced:s{number}" for number in range(5)} <= set(rows)
    assert len(rows) == len(set(rows))
    assert not request.resume_token


def test_a_write_whose_answer_is_lost_acts_once(client: qairon.Client, endpoint: str) -> None:
    application(client, "lost")
    with Cut(endpoint, times=2) as cut, qairon.connect(cut.address) as unlucky:
        request = v1.CreateStackRequest(stack=v1.Stack(application_id="lost", name="once"))
        # Without a request_id the second attempt would be refused with ALREADY_EXISTS.
        assert unlucky.catalog.CreateStack(request).stack.id == "lost:once"
        assert cut.lost == 2
        assert request.request_id == "", "the caller's request stays as it is"


def test_a_service_that_is_away_is_unavailable(endpoint: str) -> None:
    with Cut(endpoint, times=0) as cut:
        address = cut.address
    with qairon.connect(address, timeout=10) as away, pytest.raises(qairon.Unavailable) as error:
        away.catalog.ListApplications(application_pb2.ListApplicationsRequest())
    assert str(error.value)


class Moody(catalog_service_pb2_grpc.CatalogServiceServicer):
    """Fails the given number of times, then creates. It has one method, the others are unimplemented."""

    def __init__(self, failures: list[tuple[grpc.StatusCode, str]]) -> None:
        self.failures = failures
        self.request_ids: list[str] = []
        self.actors: list[str] = []

    def CreateApplication(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        self.request_ids.append(request.request_id)
        self.actors += [str(value) for key, value in context.invocation_metadata() if key == "x-qairon-actor"]
        if self.failures:
            code, reason = self.failures.pop(0)
            status = status_pb2.Status(code=code.value[0], message="not now")
            status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain="qairon.dev"))
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
            context.abort(code, "not now")
        return application_pb2.CreateApplicationResponse(application=request.application)


@contextmanager
def moody(*failures: tuple[grpc.StatusCode, str]) -> Iterator[tuple[Moody, qairon.Client]]:
    servicer = Moody(list(failures))  # type: ignore[abstract]
    server = grpc.server(futures.ThreadPoolExecutor(2))
    catalog_service_pb2_grpc.add_CatalogServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with qairon.connect(f"127.0.0.1:{port}", actor="tester") as client:
            yield servicer, client
    finally:
        server.stop(None).wait()


UNAVAILABLE = (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE")
CONFLICT = (grpc.StatusCode.ABORTED, "CONFLICT")


@pytest.mark.parametrize("failure", [UNAVAILABLE, CONFLICT])
def test_what_passes_is_tried_again_under_the_same_request_id(failure: tuple[grpc.StatusCode, str]) -> None:
    with moody(failure, failure) as (servicer, client):
        assert application(client, "a") == "a"
        assert len(servicer.request_ids) == 3
        assert len(set(servicer.request_ids)) == 1 and servicer.request_ids[0]
        assert servicer.actors == ["tester"] * 3


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        ((grpc.StatusCode.ABORTED, "ETAG_MISMATCH"), qairon.Conflict),
        ((grpc.StatusCode.FAILED_PRECONDITION, "IN_USE"), qairon.FailedPrecondition),
        ((grpc.StatusCode.RESOURCE_EXHAUSTED, "NETWORK_FULL"), qairon.Exhausted),
        ((grpc.StatusCode.INTERNAL, ""), qairon.QaironError),
    ],
)
def test_what_does_not_pass_is_raised_at_once(
    failure: tuple[grpc.StatusCode, str], kind: type[qairon.QaironError]
) -> None:
    with moody(failure) as (servicer, client), pytest.raises(kind, match="not now") as error:
        application(client, "a")
    assert len(servicer.request_ids) == 1
    assert error.value.reason == failure[1]


def test_a_conflict_that_stays_is_given_up() -> None:
    with moody(*[CONFLICT] * 9) as (servicer, client), pytest.raises(qairon.Conflict):
        application(client, "a")
    assert len(servicer.request_ids) == retries.ATTEMPTS
