"""Commands whose rows are the answer."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Optional

from qairon_qcli.controllers import IterableOutputController, QCLIController


class Recorder:
    """A QCLIController on a list."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self._output = IterableOutputController(self.rows)
        self.controller = QCLIController(self._output)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.controller.close()

    def many(self, method: str, *arguments: Any, **keywords: Any) -> list[Any]:
        """The rows that a command hands on."""
        self.rows.clear()
        assert getattr(self.controller, method)(*arguments, **keywords) is None, "commands return nothing"
        rows = list(self._output.read_as_json())
        assert not self.rows, "what was read is gone"
        return rows

    def one(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        """The single row that a command hands on."""
        (row,) = self.many(method, *arguments, **keywords)
        return row
