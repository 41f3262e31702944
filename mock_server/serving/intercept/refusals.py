"""The requests that the intercepting proxy refuses, and its answers to them."""

import re
from http import HTTPStatus
from typing import NamedTuple

HOST = "datafa.st"
"""The one host whose requests the proxy answers."""

LONGEST_HEAD = 16 * 1024
"""The maximum size of the head of a CONNECT, in bytes."""

END = b"\r\n\r\n"
"""The bytes that end a head."""

_PORT = "443"
_THIS = f"This is the proxy of `datafast-mock serve --intercept`: it only answers for https://{HOST}"
_URL = re.compile(
    r"(?P<scheme>https?)://(?:[^/?#]*@)?(?P<host>[^/?#@:]*)(?::(?P<port>\d*))?(?P<path>[/?#].*)?",
    re.IGNORECASE,
)
# A client that sends whole URLs may name the port of either scheme, or none.
_PORTS = (None, "", "443", "80")


class Refusal(NamedTuple):
    """The answer to a refused request: its status, and a sentence that gives the reason."""

    status: HTTPStatus
    sentence: str

    def reply(self) -> bytes:
        """Returns the bytes of the whole answer."""
        body = f"{self.sentence}\n".encode()
        head = [
            f"HTTP/1.1 {self.status.value} {self.status.phrase}",
            "Content-Type: text/plain; charset=utf-8",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        return "\r\n".join(head).encode() + END + body


class Target(NamedTuple):
    """The parts of an accepted URL that the mock needs."""

    scheme: str
    path: str
    """The path with the query."""


FULL = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, f"{_THIS}. Too many connections are open; try again later.")
TOO_LONG = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    f"{_THIS}. The headers of a request may have {LONGEST_HEAD:,} bytes at most.",
)
TOO_EARLY = Refusal(HTTPStatus.BAD_REQUEST, f"{_THIS}. TLS may only begin after the answer to CONNECT.")
TOO_LATE = Refusal(HTTPStatus.BAD_REQUEST, f"{_THIS}. CONNECT must be the first request of a connection.")
CONTROLS = "The controls cannot be used through the proxy of --intercept; use the mock's own address."


def refusal_of(authority: str) -> Refusal | None:
    """Returns the refusal of a CONNECT, or None if it is for the right host and port.

    >>> refusal_of("example.com:443").status
    <HTTPStatus.FORBIDDEN: 403>
    """
    host, _, port = authority.rpartition(":")
    return None if _is_the_host(host) and port == _PORT else _elsewhere(authority)


def target_of(url: str) -> Target | Refusal:
    """Returns the parts of a whole URL that was requested without CONNECT, or its refusal.

    >>> target_of("https://DataFa.st:443/api/v1?a=b")
    Target(scheme='https', path='/api/v1?a=b')
    """
    if url.startswith(("/", "*")):
        return Refusal(
            HTTPStatus.BAD_REQUEST,
            f"{_THIS}. It needs CONNECT or a whole URL, not {url[:100]}; the mock's own address takes that.",
        )
    found = _URL.fullmatch(url)
    if found is None or not _is_the_host(found["host"]) or found["port"] not in _PORTS:
        return _elsewhere(url.partition("?")[0])
    path = found["path"] or "/"
    return Target(found["scheme"].lower(), path if path.startswith("/") else f"/{path}")


def _is_the_host(host: str) -> bool:
    return host.lower().removesuffix(".") == HOST


def _elsewhere(target: str) -> Refusal:
    return Refusal(HTTPStatus.FORBIDDEN, f"{_THIS}. Nothing was sent to {target[:200]}.")
