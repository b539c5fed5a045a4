"""Calls of the standard methods, over any entity."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Optional

from google.protobuf import message_factory
from google.protobuf.message import Message

import qairon
from qairon import methods
from qairon_qcli import schema

#: The most that the service puts on a page.
_PAGE = 1000


@lru_cache(maxsize=None)
def _by_name() -> dict[str, tuple[str, str, Any]]:
    """Service, module of its stub and descriptor of every method, by its name."""
    found = {}
    for service in methods.services():
        module = service.file.name.replace("/", ".").replace(".proto", "_pb2_grpc")
        found.update({method.name: (service.name, module, method) for method in service.methods})
    return found


class Calls:
    """The service, called by the names of methods. It connects with the first call."""

    def __init__(self) -> None:
        self._client: Optional[qairon.Client] = None
        self._stubs: dict[str, Any] = {}

    def close(self) -> None:
        """Ends the connection."""
        if self._client is not None:
            self._client.close()
        self._client = None
        self._stubs.clear()

    def request(self, method: str, **fields: Any) -> Any:
        """An empty request of a method, with some fields set."""
        descriptor = _by_name()[method][2]
        return message_factory.GetMessageClass(descriptor.input_type)(**fields)

    def call(self, method: str, request: Message) -> Any:
        """Calls a method that takes one message and returns one."""
        return self._method(method)(request)

    def get(self, entity: schema.Entity, resource_id: str, mask: Optional[list[str]] = None) -> Any:
        """One object."""
        method = f"Get{entity.type_name}"
        request = self.request(method, id=text_of(resource_id))
        request.read_mask.paths.extend(read_mask(mask))
        return getattr(self.call(method, request), entity.name)

    def objects(self, entity: schema.Entity, text: str, mask: Optional[list[str]] = None) -> Iterator[Any]:
        """The objects that a filter or a query document selects, page after page."""
        method = f"List{schema.camel(entity.plural)}"
        request = self.request(method, filter=text, page_size=_PAGE)
        request.read_mask.paths.extend(read_mask(mask))
        return self._connected().items(self._method(method), request)

    def _connected(self) -> qairon.Client:
        if self._client is None:
            self._client = qairon.connect()
        return self._client

    def _method(self, name: str) -> Any:
        service, module, _ = _by_name()[name]
        if service not in self._stubs:
            stub = getattr(importlib.import_module(module), f"{service}Stub")
            self._stubs[service] = stub(self._connected().channel)
        return getattr(self._stubs[service], name)


def text_of(given: Any) -> str:
    """An ID as text. Raises ValueError for other values, such as None or bytes."""
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    if not isinstance(given, str):
        raise ValueError(f"an ID is a text, not {given!r}")
    try:
        given.encode()
    except UnicodeEncodeError:
        raise ValueError(f"an ID is a text of UTF-8, not {given!r}") from None
    return given


def read_mask(fields: Optional[list[str]]) -> list[str]:
    """The read mask for the requested fields: empty for all, never empty otherwise."""
    if not fields:
        return []
    return ["id", *(name for name in fields if name not in ("id", "resource"))]


def equal(path: str, found: str) -> str:
    """The filter: a path equals a text, in which a star is a star."""
    escaped = "".join(f"\\{c}" if c in '"\\*' else c for c in found)
    return f'{path} = "{escaped}"'
