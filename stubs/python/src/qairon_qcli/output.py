"""Where rows go: printed, written to a text stream, or collected in a list."""

from __future__ import annotations

import json
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, Optional, TextIO

#: The limit in memory; further rows go to a temporary file until the call succeeds.
_IN_MEMORY = 8 * 1024 * 1024


class AbstractOutputController(ABC):
    """What a QCLIController passes its rows to. A failed call passes nothing."""

    @abstractmethod
    def handle_one(self, row: Any, output_format: str, output_fields: Optional[list[str]]) -> None:
        """Takes one row, or the value of one field."""

    @abstractmethod
    def handle_many(self, rows: Iterable[Any], output_format: str, output_fields: Optional[list[str]]) -> None:
        """Takes rows as they arrive. When reading them fails, the exception is passed to the caller."""


class _TextOutputController(AbstractOutputController):
    """Writes to a text stream."""

    def _stream(self) -> TextIO:
        raise NotImplementedError

    def handle_one(self, row: Any, output_format: str, output_fields: Optional[list[str]]) -> None:
        stream = self._stream()
        stream.write(text(row, output_format, output_fields) + "\n")
        stream.flush()

    def handle_many(self, rows: Iterable[Any], output_format: str, output_fields: Optional[list[str]]) -> None:
        with tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="") as held:
            for part in _parts(rows, output_format, output_fields):
                held.write(part)
            held.seek(0)
            stream = self._stream()
            for part in iter(lambda: held.read(1 << 16), ""):
                stream.write(part)
            stream.flush()


class PrintingOutputController(_TextOutputController):
    """Prints to sys.stdout, as it is at the time of the call."""

    def _stream(self) -> TextIO:
        return sys.stdout


class StringIOOutputController(_TextOutputController):
    """Writes to a text stream, such as an io.StringIO."""

    def __init__(self, string_io: TextIO) -> None:
        self.string_io = string_io

    def _stream(self) -> TextIO:
        return self.string_io


class IterableOutputController(AbstractOutputController):
    """Appends each row to a list, as a JSON text or a plain line."""

    def __init__(self, iterable: list[str]) -> None:
        self.iterable = iterable

    def handle_one(self, row: Any, output_format: str, output_fields: Optional[list[str]]) -> None:
        self.iterable.append(text(row, output_format, output_fields))

    def handle_many(self, rows: Iterable[Any], output_format: str, output_fields: Optional[list[str]]) -> None:
        self.iterable.extend([text(row, output_format, output_fields) for row in rows])

    def read_as_json(self) -> Iterator[Any]:
        """The rows parsed; the list is empty afterwards."""
        rows = [json.loads(row) for row in self.iterable]
        self.iterable.clear()
        return iter(rows)


def text(row: Any, output_format: str, output_fields: Optional[list[str]] = None) -> str:
    """A row or a value as text: in JSON on one line, plain as the values of its fields separated by a space."""
    if output_format == "json":
        return _json(row)
    if isinstance(row, dict) and "resource" in row and not output_fields:
        return " ".join(_word(found) for name, found in row.items() if name != "resource")
    if isinstance(row, dict) and output_fields:
        return " ".join(_word(row.get(name)) for name in output_fields)
    return _word(row)


def _word(found: Any) -> str:
    return found if isinstance(found, str) else _json(found)


def _json(found: Any) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _parts(rows: Iterable[Any], output_format: str, output_fields: Optional[list[str]]) -> Iterator[str]:
    if output_format != "json":
        yield from (text(row, output_format, output_fields) + "\n" for row in rows)
        return
    count = 0
    for row in rows:
        yield ("[\n" if count == 0 else ",\n") + _json(row)
        count += 1
    yield "\n]\n" if count else "[]\n"
