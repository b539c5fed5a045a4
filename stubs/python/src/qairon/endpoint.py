"""Where the service is: the forms of QAIRON_ENDPOINT."""

from __future__ import annotations

import os
from typing import NamedTuple, Optional
from urllib.parse import urlsplit

DEFAULT = "http://127.0.0.1:50051"
_PORTS = {"http": 50051, "https": 443}


class Endpoint(NamedTuple):
    """An address in the form of gRPC, `host:port`, and whether the connection is encrypted."""

    target: str
    secure: bool


def read(endpoint: Optional[str] = None) -> Endpoint:
    """The endpoint of a text such as `http://host:port`, `https://host` or `host:port`.

    Without one, that of the environment variable QAIRON_ENDPOINT, and `http://127.0.0.1:50051` when that is unset or
    empty. Raises ValueError for what is no address.
    """
    text = endpoint or os.environ.get("QAIRON_ENDPOINT") or DEFAULT
    url = urlsplit(text if "://" in text else f"http://{text}")
    try:
        port = url.port
    except ValueError:
        port = -1
    plain = not url.query and not url.fragment and url.username is None and url.path in ("", "/")
    if url.scheme not in _PORTS or not url.hostname or port == -1 or not plain:
        raise ValueError(f"endpoint `{text}` must be `http://host:port`, `https://host:port` or `host:port`")
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    return Endpoint(f"{host}:{port or _PORTS[url.scheme]}", url.scheme == "https")
