"""A connection to the service, with a stub for each of its services."""

from __future__ import annotations

import functools
import getpass
import os
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Callable, Optional, TypeVar

import grpc
from google.protobuf.message import Message

from qairon import endpoint as endpoints
from qairon import errors, interceptors, records, retries, tls
from qairon.v1 import (
    build_artifact_pb2,
    build_pb2,
    bulk_service_pb2_grpc,
    capacity_service_pb2_grpc,
    catalog_service_pb2_grpc,
    config_service_pb2_grpc,
    delivery_service_pb2_grpc,
    dependency_service_pb2_grpc,
    deployment_service_pb2_grpc,
    infrastructure_service_pb2_grpc,
    network_service_pb2_grpc,
    release_artifact_pb2,
    release_pb2,
    search_service_pb2_grpc,
    server_service_pb2_grpc,
    trace_service_pb2_grpc,
)

_Request = TypeVar("_Request", bound=Message)
#: The largest message: at most 4 MiB are sent, and the service limits answers to that.
_OPTIONS: list[tuple[str, Any]] = [
    ("grpc.enable_retries", 1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.primary_user_agent", "qairon-python/0.1.0"),
]


def _nothing() -> Optional[str]:
    """Explains no failure."""
    return None


class Client:
    """The service. Its attributes are the stubs of its services; every method takes and returns messages of qairon.v1.

    Any call raises QaironError.
    """

    def __init__(
        self,
        channel: grpc.Channel,
        actor: Optional[str],
        timeout: Optional[float],
        explain: Callable[[], Optional[str]] = _nothing,
    ) -> None:
        self._bare = channel
        #: The channel, for other stubs: calls through it are prepared like those of this client.
        self.channel = grpc.intercept_channel(channel, interceptors.Calls(actor, timeout, explain))
        self.bulk = bulk_service_pb2_grpc.BulkServiceStub(self.channel)
        self.capacity = capacity_service_pb2_grpc.CapacityServiceStub(self.channel)
        self.catalog = catalog_service_pb2_grpc.CatalogServiceStub(self.channel)
        self.config = config_service_pb2_grpc.ConfigServiceStub(self.channel)
        self.delivery = delivery_service_pb2_grpc.DeliveryServiceStub(self.channel)
        self.dependency = dependency_service_pb2_grpc.DependencyServiceStub(self.channel)
        self.deployment = deployment_service_pb2_grpc.DeploymentServiceStub(self.channel)
        self.infrastructure = infrastructure_service_pb2_grpc.InfrastructureServiceStub(self.channel)
        self.network = network_service_pb2_grpc.NetworkServiceStub(self.channel)
        self.search = search_service_pb2_grpc.SearchServiceStub(self.channel)
        self.server = server_service_pb2_grpc.ServerServiceStub(self.channel)
        self.trace = trace_service_pb2_grpc.TraceServiceStub(self.channel)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection and every call on it."""
        self._bare.close()

    def pages(self, method: Callable[..., Any], request: Message) -> Iterator[Any]:
        """The answers of a List or Find method, page after page, as they are read.

        `request` says what is wanted; its `page_size` is kept (100 objects when unset, 1,000 at most), and its
        `page_token` is where it begins. Raises QaironError.
        """
        request = _copy(request)
        while True:
            page = method(request)
            yield page
            if not page.next_page_token:
                return
            setattr(request, "page_token", page.next_page_token)

    def items(self, method: Callable[..., Any], request: Message) -> Iterator[Any]:
        """The objects of a List or Find method, over all pages, as they are read. Raises QaironError."""
        for page in self.pages(method, request):
            yield from getattr(page, page.DESCRIPTOR.fields_by_number[1].name)

    def ensure(self, message: records.Entity, *, update: bool = False) -> records.Entity:
        """Creates an object, or returns the one that has its ID already, if all fields that are set here are the same.

        `message` is that of any entity, such as `v1.Stack(application_id="shop", name="web")`. Fields that are not set
        may have any value. It may be repeated, and two programs may do it at the same time.

        Raises AlreadyExists naming the fields that differ; with `update` they are changed instead. Raises
        InvalidArgument for an ID that is set and is not the one that the fields make, and QaironError for whatever else
        the service refuses.
        """
        return records.ensure(self.channel, message, update)

    def record_build(
        self,
        *,
        service_id: str,
        build_num: Optional[int] = None,
        vcs_ref: str,
        artifacts: Iterable[build_artifact_pb2.BuildArtifact] = (),
        update: bool = False,
        **fields: Any,
    ) -> build_pb2.Build:
        """Records a build and its artifacts, if they are not recorded yet. Returns the build.

        `artifacts` are without their `build_id`. `fields` are other fields of the build, such as `defaults`. For what is
        recorded already, it is as `ensure`: the run of a pipeline may be repeated, whatever part of it was done.
        Raises QaironError; without a `build_num`, its reason is REQUIRED.
        """
        build = build_pb2.Build(service_id=service_id, build_num=build_num, vcs_ref=vcs_ref, **fields)
        return records.record_build(self.channel, build, artifacts, update)

    def record_release(
        self,
        deployment_id: str,
        build_id: str,
        *,
        build_num: Optional[int] = None,
        artifacts: Iterable[release_artifact_pb2.ReleaseArtifact] = (),
        current: bool = False,
        update: bool = False,
        **fields: Any,
    ) -> release_pb2.Release:
        """Records the release of a build for a deployment and its artifacts, if they are not recorded yet, and makes it
        the deployment's current one if `current`. Returns the release.

        `build_num` is the number of the job that made the release. It need not be the number of the build: one build
        may be released many times. `artifacts` are without their `release_id`, `fields` are other fields of the release.
        For what is recorded already, it is as `ensure`. Raises QaironError; without a `build_num`, its reason is
        REQUIRED.
        """
        release = release_pb2.Release(deployment_id=deployment_id, build_id=build_id, build_num=build_num, **fields)
        return records.record_release(self.channel, release, artifacts, current, update)

    def stream(self, method: Callable[..., Any], request: Message) -> Iterator[Any]:
        """The rows of a trace. A broken stream is resumed after the last received message, so that no row is
        left out and none comes twice. Raises QaironError when that fails five times in a row, or nothing has come.
        """
        request = _copy(request)
        failures, came = 0, False
        while True:
            try:
                for message in method(request):
                    failures, came = 0, True
                    yield from getattr(message, message.DESCRIPTOR.fields_by_number[1].name)
                    setattr(request, "resume_token", message.resume_token)
                return
            except errors.Unavailable:
                failures += 1
                if not came or failures >= retries.ATTEMPTS:
                    raise
                interceptors.rest(failures)


def connect(
    endpoint: Optional[str] = None,
    *,
    actor: Optional[str] = None,
    timeout: Optional[float] = 30.0,
    credentials: Optional[grpc.ChannelCredentials] = None,
    ca_file: Optional[str] = None,
) -> Client:
    """A client of the service, which connects with its first call.

    Args:
        endpoint: `http://host:port`, `https://host:port` or `host:port`; QAIRON_ENDPOINT when it is None, and
            `http://127.0.0.1:50051` when that is unset.
        actor: on whose behalf calls are made; QAIRON_ACTOR when it is None, and then the name of the user.
        timeout: seconds that one call may take, repetitions included; a call's own `timeout` comes before it. None:
            as long as the service lets it. Streams last as long as they are read.
        credentials: of TLS, such as those with the certificate of a client; for `https` they are made when it is None.
        ca_file: the file with the certificates of the trusted issuers, in PEM, for `https`; QAIRON_CA_FILE when it is
            None, and those of the system when that is unset.

    Raises:
        ValueError: the endpoint is no address, or the CA file cannot be used.
    """
    to = endpoints.read(endpoint)
    options = [*_OPTIONS, ("grpc.service_config", retries.service_config())]
    # Otherwise a host could be taken for another scheme of gRPC, such as `unix`.
    target = f"dns:///{to.target}"
    trusted = tls.ca_file(ca_file)
    explain: Callable[[], Optional[str]] = functools.partial(tls.explain, to, trusted)
    if credentials is not None:
        channel = grpc.secure_channel(target, credentials, options)
        explain = _nothing
    elif to.secure:
        channel = grpc.secure_channel(target, tls.credentials(trusted), options)
    else:
        channel = grpc.insecure_channel(target, options)
    return Client(channel, actor or os.environ.get("QAIRON_ACTOR") or _user(), timeout, explain)


def _user() -> Optional[str]:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A user without a name can still call.
        return None


def _copy(request: _Request) -> _Request:
    copy = type(request)()
    copy.CopyFrom(request)
    return copy
