"""Ports for tests that need a known one, reserved so that no other program takes them."""

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager

# No system assigns these ports itself, neither for port 0 nor for outgoing connections.
_UNASKED = range(20_000, 30_000)


@contextmanager
def port_to_take() -> Iterator[int]:
    """Yields a port for a program of this test; no other test gets it during the block.

    A UDP socket of the same number reserves it, which leaves the TCP port free.
    """
    for port in random.sample(_UNASKED, 100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as claim:
            try:
                claim.bind(("127.0.0.1", port))
                socket.create_server(("127.0.0.1", port)).close()
            except OSError:
                continue
            yield port
            return
    raise AssertionError("a hundred ports are taken already")


@contextmanager
def port_of_nobody() -> Iterator[int]:
    """Yields a port that refuses connections during the block: it is bound, but nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
