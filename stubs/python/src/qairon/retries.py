"""What can be retried, and how: by gRPC's own retries where they are enough, and here where they are not."""

from __future__ import annotations

import json
from collections.abc import Iterator

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from qairon import methods

#: The maximum number of attempts.
ATTEMPTS = 5
#: The pause before the second attempt, in seconds; it doubles each time.
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0


def can_repeat(method: MethodDescriptor) -> bool:
    """Whether a call is safe to retry: it changes nothing, or it has a `request_id`."""
    fields = method.input_type.fields_by_name
    if method.client_streaming:
        return False
    return "request_id" in fields or "validate_only" not in fields


def service_config() -> str:
    """The gRPC service config: UNAVAILABLE is retried for every method that can be repeated."""
    names = [
        {"service": service.full_name, "method": method.name}
        for service in methods.services()
        for method in _repeatable(service)
    ]
    policy = {
        "maxAttempts": ATTEMPTS,
        "initialBackoff": f"{FIRST_PAUSE}s",
        "maxBackoff": f"{LONGEST_PAUSE}s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    return json.dumps({"methodConfig": [{"name": names, "retryPolicy": policy}]})


def _repeatable(service: ServiceDescriptor) -> Iterator[MethodDescriptor]:
    return (method for method in service.methods if can_repeat(method))
