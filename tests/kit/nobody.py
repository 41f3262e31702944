"""An address at which nobody is, and nobody will be."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nobody() -> Iterator[str]:
    """A loopback address that refuses connections for the length of the block.

    The port stays taken, so that no other process listens on it meanwhile.
    """
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
