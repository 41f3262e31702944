"""The socket on which a server of the kit listens."""

import errno
import socket
import sys

_BACKLOG = 2048


class ListenError(Exception):
    """An error for an address on which nothing can listen; the text names the option and the problem."""


def listen(host: str, port: int) -> socket.socket:
    """Returns a listening socket; port 0 takes a free one. Raises ListenError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise ListenError(f"--host: {host!r} is not an address of this machine ({error})") from None
    sock = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        # The port of a server that has just stopped is free at once. On Windows this option would let two
        # servers listen on the same port.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise ListenError(f"--host: {host!r} is not an address of this machine") from None
        told = f"nothing can listen on {host}:{port} ({error.strerror}); `--port 0` takes a free port"
        raise ListenError(f"--port: {told}") from None
    return sock
