"""Bytes for servers, and what comes back."""

import re
import socket
from contextlib import suppress

from tests.controls import Controls, Json
from tests.serving.pairs import (
    REALTIME,
    asking,
    connected,
    wait_until_read,
)

TOKEN = "Authorization: Bearer df_test"
GOALS = "/api/v1/goals"
PLAIN = asking(REALTIME, TOKEN)
CLOSING = asking(REALTIME, TOKEN, "Connection: close")
UPGRADE = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAAAAIAAAAB")
CHUNKED = "Transfer-Encoding: chunked"
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
WAYS = ["fast", "usual"]


def told(server: str, *pieces: str, is_over: bool = True, is_apart: bool = True) -> bytes:
    """Returns all bytes that a server sends to a client that sends pieces.

    With `is_over`, the client then closes its side; otherwise its last request must close the connection.
    With `is_apart`, it sends each piece only after the server has read the previous one.
    """
    with connected(server) as sock:
        # A server may close the connection before all bytes are sent.
        with suppress(OSError):
            for number, piece in enumerate(pieces):
                if number and is_apart:
                    wait_until_read(server)
                sock.sendall(piece.encode("latin-1"))
            if is_over:
                sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(1 << 16), b""))


def statuses(answer: bytes) -> list[int]:
    """Returns the statuses of consecutive answers."""
    return [int(status) for status in STATUS.findall(answer)]


def noted(server: str) -> Json:
    """Returns the newest request in all journals."""
    with Controls(server) as controls:
        return controls.get("/requests", limit=1)["requests"][-1]
