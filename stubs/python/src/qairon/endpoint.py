"""Where the service is: the forms of QAIRON_ENDPOINT."""

from __future__ import annotations

import ipaddress
import os
import re
from typing import NamedTuple, Optional

DEFAULT = "http://127.0.0.1:50051"
#: The ports in advice: where a server listens by default, and where one with TLS does.
_PORT, _TLS_PORT = "50051", "443"
#: How long a part of a host and all of it may be: DNS has no longer ones.
_LABEL, _HOST = 63, 253


class Endpoint(NamedTuple):
    """An address, `host:port`, and whether the connection is encrypted."""

    target: str
    secure: bool

    @property
    def host(self) -> str:
        """The host, as a certificate names it."""
        return self.target.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port."""
        return int(self.target.rpartition(":")[2])


def read(endpoint: Optional[str] = None) -> Endpoint:
    """The endpoint of a text such as `http://host:port`, `https://host:port` or `host:port`.

    Without one, that of the environment variable QAIRON_ENDPOINT, and `http://127.0.0.1:50051` when that is unset or
    empty. Raises ValueError for what is no endpoint, with the remedy.
    """
    if endpoint:
        return parse(endpoint)
    try:
        return parse(os.environ.get("QAIRON_ENDPOINT") or DEFAULT)
    except ValueError as error:
        raise ValueError(f"QAIRON_ENDPOINT: {error}") from None


def parse(text: str) -> Endpoint:
    """The endpoint of a text. It is read by hand: parsers of URLs differ, and the clients of all languages refuse the
    same endpoints in the same words (stubs/testdata/endpoints.json). Raises ValueError.
    """
    # It is printed in messages, and no server would read the password.
    if "@" in text:
        raise ValueError("the endpoint has a user or a password: remove the part up to `@`")

    def wrong(told: str) -> ValueError:
        return ValueError(_shown(f"endpoint `{text}` {told}"))

    if any(c <= " " for c in text):
        raise wrong("has white space in it: remove it")
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "", text
    elif scheme.lower() not in ("http", "https"):
        raise wrong(f"has the scheme `{scheme}`: use `http://` or `https://`")
    secure = scheme.lower() == "https"
    front, usual = (f"{scheme.lower()}://" if found else ""), (_TLS_PORT if secure else _PORT)
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    tail = rest[len(authority) :]
    if authority.startswith("["):
        inner, closed, after = authority[1:].partition("]")
        if not closed or not _is_ip(inner, 6) or (after and not after.startswith(":")):
            raise wrong("has an invalid IPv6 address: write it in brackets, such as `[::1]:50051`")
        host, port = f"[{inner}]", after[1:]
    elif authority.count(":") > 1:
        raise wrong("has more than one `:`: write an IPv6 address in brackets, such as `[::1]:50051`")
    else:
        host, _, port = authority.partition(":")
    if not host:
        raise wrong(f"has no host: write `{front}host:{usual}`")
    if tail not in ("", "/"):
        raise wrong(f"has more than a host and a port: remove `{tail}`")
    if not host.startswith("[") and not re.fullmatch(r"[A-Za-z0-9_.-]+", host):
        raise wrong(f"has the host `{host}`: use letters, digits, `-`, `_` and `.`")
    name = host[:-1] if host.endswith(".") else host
    labels = [] if host.startswith("[") else name.split(".")
    if "" in labels:
        raise wrong(f"has the host `{host}`, which has nothing before or after a dot: correct it")
    if any(len(label) > _LABEL for label in labels):
        raise wrong(f"has the host `{host}`, a part of which is longer than {_LABEL} characters: correct it")
    if len(name) > _HOST:
        raise wrong(f"has the host `{host}`, which is longer than {_HOST} characters: correct it")
    if re.fullmatch(r"[0-9.]+", host) and not _is_ip(host, 4):
        raise wrong(f"has the host `{host}`, which is not an IPv4 address: correct it")
    if not port:
        raise wrong(f"has no port: write `{front}{host}:{usual}`")
    # Python reads more digits than these, and refuses very many.
    if not re.fullmatch(r"0*[1-9][0-9]{0,4}", port) or int(port) > 65535:
        raise wrong(f"has the port `{port}`: use a number from 1 to 65535")
    return Endpoint(f"{host}:{int(port)}", secure)


def _is_ip(text: str, version: int) -> bool:
    try:
        return "%" not in text and ipaddress.ip_address(text).version == version
    except ValueError:
        return False


def _shown(text: str) -> str:
    """A text without control characters, which would change the terminal or break the line."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "\ufffd", text)
