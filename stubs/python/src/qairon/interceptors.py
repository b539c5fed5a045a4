"""What is added to every call: the actor, the request ID of a write, retries, and errors with details."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from typing import Any, Callable, Optional

import grpc
from google.protobuf.message import Message

from qairon import errors, methods, retries

_Continuation = Callable[[grpc.ClientCallDetails, Any], Any]


class _Details(grpc.ClientCallDetails):
    """The details of a call, with other metadata."""

    def __init__(self, details: Any, metadata: tuple[tuple[str, Any], ...]) -> None:
        self.method = details.method
        self.timeout = details.timeout
        self.metadata = metadata
        self.credentials = details.credentials
        self.wait_for_ready = details.wait_for_ready
        self.compression = details.compression


class Calls(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[type-arg]
    grpc.UnaryStreamClientInterceptor,  # type: ignore[type-arg]
    grpc.StreamUnaryClientInterceptor,  # type: ignore[type-arg]
    grpc.StreamStreamClientInterceptor,  # type: ignore[type-arg]
):
    """Prepares calls and translates their errors."""

    def __init__(self, actor: Optional[str], timeout: Optional[float], explain: Callable[[], Optional[str]]) -> None:
        self._actor = actor
        self._timeout = timeout
        self._explain = explain

    def _told(self, error: grpc.RpcError) -> errors.QaironError:
        """The error of a call. When the service did not answer, the connection may be why."""
        told = errors.of(error)
        if told.code() is grpc.StatusCode.UNAVAILABLE and not told.reason:
            explanation = self._explain()
            if explanation:
                return errors.Unavailable(told.code(), explanation, error)
        return told

    def _prepared(self, details: grpc.ClientCallDetails, limited: bool) -> _Details:
        given: Any = details
        metadata = list(given.metadata or ())
        if self._actor and not any(key == "x-qairon-actor" for key, _ in metadata):
            metadata.append(("x-qairon-actor", self._actor))
        prepared = _Details(details, tuple(metadata))
        if limited and prepared.timeout is None:
            prepared.timeout = self._timeout
        return prepared

    def intercept_unary_unary(self, continuation: _Continuation, details: grpc.ClientCallDetails, request: Any) -> Any:
        """One request, one answer: retried when writes collided, with the same `request_id`."""
        prepared = self._prepared(details, limited=True)
        request = with_request_id(request)
        path = prepared.method.decode() if isinstance(prepared.method, bytes) else prepared.method
        method = methods.by_path().get(path)
        repeatable = method is not None and retries.can_repeat(method)
        began = time.monotonic()
        allowed = prepared.timeout
        for attempt in range(1, retries.ATTEMPTS + 1):
            call = continuation(prepared, request)
            error = call.exception()
            if error is None:
                return call
            if not isinstance(error, grpc.RpcError):
                raise error
            told = self._told(error)
            pause = _pause(attempt)
            left = None if allowed is None else allowed - (time.monotonic() - began) - pause
            again = repeatable and told.reason == "CONFLICT" and attempt < retries.ATTEMPTS
            if not again or (left is not None and left <= 0):
                raise told from error
            time.sleep(pause)
            prepared.timeout = left
        raise AssertionError("the last attempt returns or raises")

    def intercept_unary_stream(self, continuation: _Continuation, details: grpc.ClientCallDetails, request: Any) -> Any:
        """One request, a stream of answers."""
        return Answers(continuation(self._prepared(details, limited=False), request), self._told)

    def intercept_stream_unary(self, continuation: _Continuation, details: grpc.ClientCallDetails, requests: Any) -> Any:
        """A stream of requests, one answer. It is never retried: a part of it may have been executed."""
        call = continuation(self._prepared(details, limited=False), requests)
        error = call.exception()
        if isinstance(error, grpc.RpcError):
            raise self._told(error) from error
        return call

    def intercept_stream_stream(self, continuation: _Continuation, details: grpc.ClientCallDetails, requests: Any) -> Any:
        """A bidirectional stream."""
        return Answers(continuation(self._prepared(details, limited=False), requests), self._told)


class Answers:
    """The messages of an answer that is a stream, and its call."""

    def __init__(self, call: Any, told: Callable[[grpc.RpcError], errors.QaironError]) -> None:
        self._call = call
        self._told = told

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._call)
        except grpc.RpcError as error:
            raise self._told(error) from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)


def with_request_id(request: Any) -> Any:
    """The request with a `request_id`, if it has that field and none is given. The caller's message is unchanged."""
    if not isinstance(request, Message) or "request_id" not in request.DESCRIPTOR.fields_by_name:
        return request
    if getattr(request, "request_id"):
        return request
    copy = type(request)()
    copy.CopyFrom(request)
    setattr(copy, "request_id", str(uuid.uuid4()))
    return copy


def _pause(attempt: int) -> float:
    longest = min(retries.FIRST_PAUSE * 2 ** (attempt - 1), retries.LONGEST_PAUSE)
    return random.uniform(longest / 2, longest)


def rest(attempt: int) -> None:
    """Waits before the next attempt, longer after every one."""
    time.sleep(_pause(attempt))
