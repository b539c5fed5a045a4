"""Client of Qairon, the system of record for infrastructure and operations.

    import qairon
    from qairon import v1

    with qairon.connect() as client:
        for stack in client.items(client.catalog.ListStacks, v1.ListStacksRequest(filter='application_id = "shop"')):
            print(stack.id)

`connect` reads QAIRON_ENDPOINT, repeats what can be repeated without harm, and raises `QaironError` with the reason and
the field at fault. Messages and stubs are in `qairon.v1`.
"""

from qairon.client import Client, connect
from qairon.entities import id_of
from qairon.errors import (
    AlreadyExists,
    Conflict,
    Exhausted,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    QaironError,
    Unavailable,
)

__all__ = [
    "AlreadyExists",
    "Client",
    "Conflict",
    "Exhausted",
    "FailedPrecondition",
    "InvalidArgument",
    "NotFound",
    "QaironError",
    "Unavailable",
    "connect",
    "id_of",
]
