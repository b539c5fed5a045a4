"""TLS: whose certificates are trusted, and why a connection was not made.

gRPC reports a failed handshake in the words of its own library, which change with its versions. So a connection that was
not made is tried once more, with Python's own TLS, whose errors are typed.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from typing import NamedTuple, Optional

import grpc

from qairon.endpoint import Endpoint

#: How long the second connection may take, in seconds.
_PATIENCE = 2.0
#: What a connection of HTTP/2 begins with, and an empty frame of settings.
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"
#: The type of a TLS record with an alert.
_ALERT = b"\x15"
_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
#: The codes of OpenSSL.
_NOT_YET, _EXPIRED, _NAMES, _ISSUERS = 9, 10, (62, 64), (2, 18, 19, 20, 21)


class CaFile(NamedTuple):
    """The file with the certificates of the trusted issuers, in place of those of the system."""

    path: str
    #: What names it.
    named_by: str

    def read(self) -> bytes:
        """Its certificates. Raises ValueError naming the file and what is wrong with it."""
        try:
            with open(self.path, encoding="utf-8", errors="replace") as file:
                found = _CERTIFICATE.findall(file.read())
        except FileNotFoundError:
            raise self._wrong("does not exist: correct its path") from None
        except IsADirectoryError:
            raise self._wrong("is a directory: name a file in it") from None
        except PermissionError:
            raise self._wrong("cannot be read (permission denied): allow it") from None
        except OSError as error:
            raise self._wrong(f"cannot be read ({error.strerror}): name another") from None
        if not found:
            raise self._wrong("has no certificate: write the issuer's to it, in PEM")
        text = "\n".join(found) + "\n"
        try:
            _context(text)
        except (ssl.SSLError, ValueError):
            raise self._wrong("has a damaged certificate: write it anew, in PEM") from None
        return text.encode()

    def _wrong(self, told: str) -> ValueError:
        return ValueError(f"the CA file {self.path} of {self.named_by} {told}")


def ca_file(path: Optional[str]) -> Optional[CaFile]:
    """The CA file of an argument, or of QAIRON_CA_FILE."""
    if path:
        return CaFile(path, "`ca_file`")
    path = os.environ.get("QAIRON_CA_FILE")
    return CaFile(path, "QAIRON_CA_FILE") if path else None


def credentials(file: Optional[CaFile]) -> grpc.ChannelCredentials:
    """The credentials for a server whose issuer is in a file, or trusted by the system. Raises ValueError."""
    if file is not None:
        return grpc.ssl_channel_credentials(file.read())
    system = ssl.get_default_verify_paths().cafile
    if system and "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH" not in os.environ:
        # Those that come with gRPC do not have what the system was given.
        with open(system, "rb") as found:
            return grpc.ssl_channel_credentials(found.read())
    return grpc.ssl_channel_credentials()


def explain(to: Endpoint, file: Optional[CaFile]) -> Optional[str]:
    """Why a connection to a server is not made, and the remedy; None when the reason is none of TLS."""
    at = to.target
    if to.secure:
        return _explain_tls(to, file)
    answer = _first_byte(to)
    if answer == _ALERT:
        return f"the server at {at} expects TLS: use `https://{at}`"
    if answer == b"H":
        return (
            f"the server at {at} does not speak HTTP/2 without TLS, as gRPC needs: use `https://{at}` if it expects "
            "TLS, or another endpoint"
        )
    if answer == b"":
        # Many servers with TLS do so, without an alert.
        return (
            f"the server at {at} closed the connection without an answer: use `https://{at}` if it expects TLS, or "
            "start it again"
        )
    return None


def _explain_tls(to: Endpoint, file: Optional[CaFile]) -> Optional[str]:
    at = to.target
    try:
        context = _context(file.read().decode() if file is not None else None)
        with socket.create_connection((to.host, to.port), _PATIENCE) as raw:
            with context.wrap_socket(raw, server_hostname=to.host) as connection:
                if connection.selected_alpn_protocol() == "h2":
                    return None
        return f"the server at {at} speaks TLS but not HTTP/2, as gRPC needs: use the address that is for gRPC"
    except ssl.SSLCertVerificationError as error:
        return _certificate(error, to, file)
    except (ssl.SSLError, ConnectionError) as error:
        answer = _first_byte(to)
        if answer not in (None, b"", _ALERT):
            return f"the server at {at} does not speak TLS: use `http://{at}`"
        if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
            reason = error.reason or error
            return f"the TLS handshake with {at} failed: {reason}; look into the log of the server"
        return None
    except (OSError, ValueError):
        return None


def _certificate(error: ssl.SSLCertVerificationError, to: Endpoint, file: Optional[CaFile]) -> str:
    certificate = f"the certificate of {to.target}"
    if error.verify_code == _EXPIRED:
        return f"{certificate} has expired: renew it on the server"
    if error.verify_code == _NOT_YET:
        return f"{certificate} is not valid yet: set the clock of this machine or of the issuer"
    if error.verify_code in _NAMES:
        return f"{certificate} is not for the host `{to.host}`: use a name that is in it"
    if error.verify_code not in _ISSUERS:
        return f"{certificate} is not valid ({error.verify_message}): renew it on the server"
    if file is not None:
        return f"{certificate} is not from an issuer in {file.path}: correct {file.named_by}"
    return (
        f"{certificate} is from an issuer that this system does not trust: name the issuer's certificate with "
        "`connect(ca_file=…)` or QAIRON_CA_FILE"
    )


def _context(trusted: Optional[str]) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=trusted)
    context.set_alpn_protocols(["h2"])
    return context


def _first_byte(to: Endpoint) -> Optional[bytes]:
    """What a server answers to HTTP/2 without TLS; empty when it ends the connection, None when nothing comes."""
    try:
        with socket.create_connection((to.host, to.port), _PATIENCE) as connection:
            try:
                connection.sendall(_PREFACE)
                return connection.recv(1)
            except ConnectionError:
                return b""
    except OSError:
        return None
