"""The services of the API and their methods, from the descriptors."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor

import qairon.v1

_PACKAGE = "qairon.v1"


@lru_cache(maxsize=None)
def modules() -> tuple[object, ...]:
    """The generated modules of messages."""
    names = sorted(module.name for module in pkgutil.iter_modules(qairon.v1.__path__) if module.name.endswith("_pb2"))
    return tuple(importlib.import_module(f"{_PACKAGE}.{name}") for name in names)


@lru_cache(maxsize=None)
def services() -> tuple[ServiceDescriptor, ...]:
    """Every service of the API."""
    found = []
    for module in modules():
        found.extend(module.DESCRIPTOR.services_by_name.values())  # type: ignore[attr-defined]
    return tuple(found)


def messages() -> list[Descriptor]:
    """Every message of the API, without those inside others."""
    found: list[Descriptor] = []
    for module in modules():
        found.extend(module.DESCRIPTOR.message_types_by_name.values())  # type: ignore[attr-defined]
    return found


@lru_cache(maxsize=None)
def by_path() -> dict[str, MethodDescriptor]:
    """Every method by its path, such as `/qairon.v1.CatalogService/GetStack`."""
    return {f"/{service.full_name}/{method.name}": method for service in services() for method in service.methods}
