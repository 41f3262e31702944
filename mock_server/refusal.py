"""Whom the intercepting proxy turns away, and what they are told."""

from http import HTTPStatus
from typing import NamedTuple

HOST = "datafa.st"
"""The one host that is answered for, at the port of HTTPS."""

LONGEST_HEAD = 16 * 1024
"""Bytes of a request's head."""

END = b"\r\n\r\n"
"""The end of a head."""

_PORT = "443"
_THIS = f"This is the proxy of `datafast-mock serve --intercept`: it answers for {HOST}:{_PORT} alone"


class Refusal(NamedTuple):
    """Why a client is turned away, as it is told."""

    status: HTTPStatus
    sentence: str

    def reply(self) -> bytes:
        """The whole answer."""
        body = f"{self.sentence}\n".encode()
        head = [
            f"HTTP/1.1 {self.status.value} {self.status.phrase}",
            "Content-Type: text/plain; charset=utf-8",
            f"Content-Length: {len(body)}",
            *(["Allow: CONNECT"] if self.status == HTTPStatus.METHOD_NOT_ALLOWED else []),
            "Connection: close",
        ]
        return "\r\n".join(head).encode() + END + body


FULL = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, f"{_THIS}, and too many ask it at a time.")
TOO_LONG = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"{_THIS}, and reads heads of {LONGEST_HEAD} bytes at most."
)
TOO_EARLY = Refusal(HTTPStatus.BAD_REQUEST, f"{_THIS}, and TLS begins after its answer to CONNECT.")


def refusal_of(method: str, target: str) -> Refusal | None:
    """Why a request of the proxy is turned away; None where it is the one that is let in.

    >>> refusal_of("CONNECT", "example.com:443").status
    <HTTPStatus.FORBIDDEN: 403>
    """
    if method != "CONNECT":
        return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"{_THIS}, and takes CONNECT, not {method}.")
    host, _, port = target.rpartition(":")
    if (host.lower().removesuffix("."), port) != (HOST, _PORT):
        return Refusal(HTTPStatus.FORBIDDEN, f"{_THIS}; nothing was sent to {target}.")
    return None
