"""Keywords of commands that are probably misspelt.

Commands ignore keywords that they do not know, so that whole dictionaries can be passed. A misspelt one, or a filter
that a command does not have, would be ignored as well: those are warned about, and a caller can turn the warning into an
error with `warnings.simplefilter("error", UnknownKeyword)`.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, Callable, TypeVar, cast

#: How a command prints: every command takes these.
OUTPUT = ("output_format", "output_fields", "q")
#: Keys of argument dictionaries that say which command it is.
COMMAND = ("resource", "command")
#: How similar a name has to be to a known one to be a probable misspelling.
A_SLIP = 0.8

_Method = TypeVar("_Method", bound=Callable[..., Any])


class UnknownKeyword(UserWarning):
    """A command ignores a keyword that is probably a mistake."""


def near(name: str, known: Iterable[str]) -> str:
    """The known name that this one is probably meant to be; empty when there is none."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=A_SLIP)
    return found[0] if found else ""


def check(command: str, known: Iterable[str], given: Mapping[str, Any], strict: bool, stacklevel: int) -> None:
    """Warns about each unknown keyword that is like a known one; about every unknown one if `strict`.

    A keyword that is None asks for nothing. `stacklevel` is that of `warnings.warn`, seen from the caller.
    """
    known = [*known]
    for name, value in given.items():
        if value is None or name in known or name in COMMAND:
            continue
        meant = near(str(name), known)
        if meant:
            told = f"`{command}` ignores the unknown keyword `{name}`, did you mean `{meant}`?"
        elif strict:
            told = f"`{command}` ignores the unknown keyword `{name}`; it takes `{'`, `'.join(known)}`"
        else:
            continue
        warnings.warn(told, UnknownKeyword, stacklevel=stacklevel + 1)


def checked(*more: str, strict: bool = False) -> Callable[[_Method], _Method]:
    """Checks the keywords of a command. It knows its parameters, what all commands take, and `more`."""

    def decorate(method: _Method) -> _Method:
        parameters = inspect.signature(method).parameters.values()
        own = [found.name for found in parameters if found.kind is found.POSITIONAL_OR_KEYWORD and found.name != "self"]
        known = [*own, *more, *OUTPUT]

        @functools.wraps(method)
        def run(*arguments: Any, **keywords: Any) -> Any:
            check(method.__name__, known, keywords, strict, stacklevel=2)
            return method(*arguments, **keywords)

        return cast(_Method, run)

    return decorate
