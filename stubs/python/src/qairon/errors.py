"""The errors of calls: one exception for each kind, with the details of the service."""

from __future__ import annotations

from typing import Optional, cast

import grpc
from google.rpc import error_details_pb2, status_pb2

_DETAILS = "grpc-status-details-bin"


class QaironError(grpc.RpcError):
    """A call that failed. The text is the message of the service: what is wrong and what to do about it.

    As of any grpc.Call, `code()` is the grpc.StatusCode and `details()` the message: both are methods.

    Attributes:
        reason: the ErrorReason without its prefix, such as `ALREADY_EXISTS`; empty when the service gave none.
        field: the invalid field of the request; empty when there is no specific one.
        resource: the resource of the object that the error is about, such as `stack`; may be empty.
        resource_id: the ID of that object; may be empty.
        request_id: what ties the call to its line in the log of the service; may be empty.
        call: the error of gRPC; None for an error of the client.
    """

    def __init__(self, code: grpc.StatusCode, message: str, call: Optional[grpc.RpcError] = None) -> None:
        super().__init__(message)
        self._code = code
        self._message = message
        self.reason = ""
        self.field = ""
        self.resource = ""
        self.resource_id = ""
        self.request_id = ""
        self.call = call

    def code(self) -> grpc.StatusCode:
        """The grpc.StatusCode, as of any grpc.Call."""
        return self._code

    def details(self) -> str:
        """The message, as of any grpc.Call."""
        return self._message

    def __str__(self) -> str:
        return self._message


class InvalidArgument(QaironError):
    """The request is wrong, independent of the data: `field` names the field."""


class NotFound(QaironError):
    """The object, or one that a field refers to, does not exist."""


class AlreadyExists(QaironError):
    """There is an object with this ID."""


class FailedPrecondition(QaironError):
    """The call violates a rule of the model, or other objects depend on the object."""


class Conflict(QaironError):
    """A concurrent change: the etag is outdated, or writes collided."""


class Exhausted(QaironError):
    """A limit was reached: of a message, a network, or the number of affected objects."""


class Unavailable(QaironError):
    """The service or its database is unreachable, or did not answer in time: try again."""


_KINDS: dict[grpc.StatusCode, type[QaironError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidArgument,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.ALREADY_EXISTS: AlreadyExists,
    grpc.StatusCode.FAILED_PRECONDITION: FailedPrecondition,
    grpc.StatusCode.ABORTED: Conflict,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Exhausted,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.DEADLINE_EXCEEDED: Unavailable,
}


def of(error: grpc.RpcError) -> QaironError:
    """The error of a failed call, with its details read."""
    if isinstance(error, QaironError):
        return error
    call = cast(grpc.Call, error)
    code = call.code() or grpc.StatusCode.UNKNOWN
    message = call.details() or f"the server answered {code.name}"
    found = _KINDS.get(code, QaironError)(code, message, error)
    for key, value in call.trailing_metadata() or ():
        if key == "x-request-id":
            found.request_id = str(value)
        elif key == _DETAILS and isinstance(value, bytes):
            _read_details(found, value)
    return found


def _read_details(error: QaironError, encoded: bytes) -> None:
    status = status_pb2.Status.FromString(encoded)
    info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    resource = error_details_pb2.ResourceInfo()
    for detail in status.details:
        if detail.Unpack(info):
            error.reason = info.reason
        elif detail.Unpack(request) and request.field_violations:
            error.field = request.field_violations[0].field
        elif detail.Unpack(resource):
            error.resource, error.resource_id = resource.resource_type, resource.resource_name
