"""Paths into JSON fields, such as `defaults.tier`."""

from __future__ import annotations

import json
from typing import Any


def parts(path: str) -> list[str]:
    """The parts of a path. As in filters and masks, a key that has dots is quoted. Raises ValueError."""
    found, part, quoted, was_quoted = [], "", False, False
    characters = iter(path)
    for c in characters:
        if c == '"':
            quoted, was_quoted = not quoted, True
        elif c == "\\" and quoted:
            part += next(characters, "")
        elif c == "." and not quoted:
            found.append((part, was_quoted))
            part, was_quoted = "", False
        else:
            part += c
    found.append((part, was_quoted))
    if quoted:
        raise ValueError(f"`{path}` has a quote that does not end")
    if any(not part and not was_quoted for part, was_quoted in found):
        raise ValueError(f"field `{path}` has an empty part")
    return [part for part, _ in found]


def holding(keys: list[str], given: Any) -> dict[str, Any]:
    """An object with a value at a path. A text that is JSON is that value: `5` is a number, and `"5"` a text."""
    if isinstance(given, str):
        try:
            given = json.loads(given, parse_constant=_refuse)
        except ValueError:
            pass
    for key in reversed(keys):
        given = {key: given}
    return dict(given)


def _refuse(constant: str) -> None:
    """Python reads `NaN` and `Infinity`, which JSON does not have."""
    raise ValueError(constant)
