"""A way to the service on which answers are lost."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Optional

from qairon import endpoint as endpoints


class Cut:
    """Passes bytes on, and closes the first connections on which an answer comes, which it keeps."""

    def __init__(self, endpoint: str, times: int) -> None:
        host, _, port = endpoints.read(endpoint).target.rpartition(":")
        self._service = (host.strip("[]"), int(port))
        self._times = times
        self.lost = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Cut:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        # Wakes the thread that accepts, too.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            service = socket.create_connection(self._service)
            threading.Thread(target=_copy, args=(client, service), daemon=True).start()
            threading.Thread(target=self._answers, args=(service, client), daemon=True).start()

    def _answers(self, service: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                data = service.recv(1 << 16)
                if not data:
                    break
                if self.lost < self._times and _has_headers(data):
                    self.lost += 1
                    break
                client.sendall(data)
        _end(client)
        _end(service)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        for data in iter(lambda: source.recv(1 << 16), b""):
            target.sendall(data)


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def _has_headers(data: bytes) -> bool:
    """Whether there is a frame of HTTP/2 of type HEADERS (1), the first part of an answer: the call was carried out."""
    while len(data) >= 9:
        if data[3] == 1:
            return True
        data = data[9 + int.from_bytes(data[:3], "big") :]
    return False
