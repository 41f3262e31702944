"""The command under attack, and what it sends back."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

REALTIME = b"/api/v1/analytics/realtime"
VISITOR = b"/api/v1/visitors/"
KNOWN_ID = b"a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"
TOKEN = b"Authorization: Bearer df_test\r\n"
ACCOUNT = b"Authorization: Bearer dft_test\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
WEBSOCKET = b"websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
MEGABYTE = 1024 * 1024
SOUP = bytes(range(256))
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [A-Z]")
INTERNALS = (b"Traceback", b'File "', b"site-packages", b"mock_server")


@dataclass(frozen=True, slots=True)
class Target:
    """A server under attack: its address, its process, and the file of its standard error."""

    address: str
    process: int
    stderr: Path

    @contextmanager
    def connected(self) -> Iterator[socket.socket]:
        """Yields a connection; an operation that takes longer than a minute raises TimeoutError."""
        host, _, port = self.address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as sock:
            yield sock

    def statuses(self, data: bytes) -> list[int]:
        """Returns the statuses of the answers to `data` until the server closes the connection."""
        with self.connected() as sock:
            # A server may close the connection before all bytes are sent.
            with suppress(OSError):
                sock.sendall(data)
                sock.shutdown(socket.SHUT_WR)
            return statuses_in(received(sock))

    def first_status(self, data: bytes) -> int:
        """Returns the status of the first answer to `data`; the server may wait for more bytes."""
        with self.connected() as sock:
            sock.sendall(data)
            return statuses_in(sock.recv(MEGABYTE))[0]


def received(sock: socket.socket) -> bytes:
    """Returns all bytes that a server sends until it closes the connection."""
    answer = b""
    with suppress(ConnectionError):
        while part := sock.recv(MEGABYTE):
            answer += part
    return answer


def statuses_in(answer: bytes) -> list[int]:
    """Returns the statuses of consecutive answers; fails if one is a 5xx or shows the server's internals."""
    statuses = [int(status) for status in STATUS.findall(answer)]
    # A 501 is the right answer of a documented operation that is not mocked.
    assert all(status < 500 or status == 501 for status in statuses), answer[:2000]
    assert not any(trace in answer for trace in INTERNALS), answer[:2000]
    assert statuses or not answer, answer[:2000]
    return statuses


def request(
    target: bytes = REALTIME,
    headers: bytes = TOKEN,
    *,
    method: bytes = b"GET",
    version: bytes = b"HTTP/1.1",
    body: bytes = b"",
) -> bytes:
    """Returns the bytes of a request; without `Connection: close` the connection stays open."""
    return b"%b %b %b\r\nHost: localhost\r\n%b\r\n%b" % (method, target, version, headers, body)
