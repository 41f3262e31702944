"""Ports for tests that name one: nobody else takes it between the choice and its use."""

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager

# No system hands these out by itself, neither to who asks for port 0 nor to who connects to somewhere.
_UNASKED = range(20_000, 30_000)


@contextmanager
def port_to_take() -> Iterator[int]:
    """A port that a program of this test may listen on; no other test is given it during the block.

    What holds it is the same number of UDP, which does not stand in TCP's way.
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
    """A port that refuses connections during the block: it is held, and nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
