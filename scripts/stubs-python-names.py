"""Writes the package file of the generated Python messages and its types, so that one import has every name.

    stubs-python-names.py DESCRIPTORS FOLDER

The names are resolved when they are used: a program that uses three messages reads three modules and not sixty.
"""

import sys
from pathlib import Path

from google.protobuf import descriptor_pb2

DOC = '''"""The messages, enums and stubs of the API, generated from proto/qairon/v1. `make stubs` writes them.

    from qairon import v1

    v1.CreateBuildRequest(build=v1.Build(service_id="shop:web:cart", build_num=7))

Each name is read from its module when it is used first.
"""
'''

BODY = '''

def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    # The next use finds it at once.
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*globals(), *_MODULES]
'''


def names(files):
    """Every name of the package, with its module."""
    found = {}
    for file in files:
        module = Path(file.name).stem + "_pb2"
        for message in file.message_type:
            found[message.name] = module
        for enum in file.enum_type:
            found[enum.name] = module
            found.update({value.name: module for value in enum.value})
        for service in file.service:
            for name in (f"{service.name}Stub", f"{service.name}Servicer", f"add_{service.name}Servicer_to_server"):
                found[name] = f"{module}_grpc"
    return dict(sorted(found.items()))


def main():
    descriptors, folder = Path(sys.argv[1]), Path(sys.argv[2])
    files = descriptor_pb2.FileDescriptorSet.FromString(descriptors.read_bytes()).file
    found = names(file for file in files if file.package == "qairon.v1")
    table = "".join(f'    "{name}": "{module}",\n' for name, module in found.items())
    imports = "from __future__ import annotations\n\nimport importlib\nfrom typing import Any\n"
    text = f"{DOC}\n{imports}\n_MODULES = {{\n{table}}}\n__all__ = [*_MODULES]\n{BODY}"
    (folder / "__init__.py").write_text(text, encoding="utf-8")
    typed = "".join(f"from qairon.v1.{module} import {name} as {name}\n" for name, module in found.items())
    (folder / "__init__.pyi").write_text(f"{DOC}\n{typed}\n__all__: list[str]\n", encoding="utf-8")


main()
