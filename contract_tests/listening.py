"""The socket on which a server of the mock or of the kit listens."""

import errno
import socket
import sys

from contract_tests.quoting import quoted

BACKLOG = 2048
"""The number of connections that wait until the server takes them."""


class ListenError(Exception):
    """An error for an address on which nothing can listen; the text names the option and the problem.

    `option` is the option that gave the host or the port, such as `--port`.
    """

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(f"{option}: {problem}")
        self.option = option
        self.problem = problem


def listen(host: str, port: int, option: str = "--port") -> socket.socket:
    """Returns a listening socket; port 0 takes a free one.

    Raises ListenError if it cannot listen there; `option` is the option that gave the port.
    """
    family, address = _resolved(host, port)
    sock = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        # The port of a server that has just stopped is free at once. Windows needs no option for that; there
        # this one would let two servers listen on the same port.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
        # From now on no other process can take the port.
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise ListenError("--host", f"{quoted(host)} is not an address of this machine") from None
        told = f"cannot listen on {host}:{port} ({error.strerror}); `{option} 0` takes a free port"
        raise ListenError(option, told) from None
    return sock


def numeric(host: str) -> str:
    """Returns the numeric address to listen on for a host. Raises ListenError if there is none."""
    return str(_resolved(host, 0)[1][0])


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        told = getattr(error, "strerror", None) or error
        raise ListenError("--host", f"{quoted(host)} is not an address of this machine ({told})") from None
    return family, address
