"""uvicorn around the application: a socket bound before anything else, and a word when it is ready."""

import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mock_server.errors import InputError

_BACKLOG = 2048


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises InputError where it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise InputError("--host", f"{host!r} is no address of this machine ({error})") from None
    sock = socket.socket(family, kind, protocol)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
        # From now on nobody else can have the port.
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise InputError(
            "--port", f"{host}:{port} cannot be listened on ({error.strerror}); `--port 0` takes a free port"
        ) from None
    return sock


def url_of(sock: socket.socket) -> str:
    """The address that a bound socket is reached at, such as `http://127.0.0.1:8484`."""
    host, port = sock.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with less noise about clients that leave or would like another protocol."""

    _answered: RequestResponseCycle | None = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells the request that is being answered, too, when others wait behind it."""
        if self._answered is not None:
            self._answered.disconnected = True
        super().connection_lost(exc)

    def _unsupported_upgrade_warning(self) -> None:
        """Java's client offers HTTP/2 with every request: that is nothing to tell."""


class Server(uvicorn.Server):
    """A uvicorn server that tells when it accepts connections."""

    def __init__(self, app: Starlette, when_ready: Callable[[], None]) -> None:
        """`when_ready` is called once, from the server's thread."""
        super().__init__(
            uvicorn.Config(
                app,
                loop="auto",
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_level="warning",
                access_log=False,
                # The world's own instant is the date; see mock_server.middleware.
                date_header=False,
                server_header=False,
                proxy_headers=False,
                backlog=_BACKLOG,
                timeout_graceful_shutdown=1,
            )
        )
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen, then says so."""
        await super().startup(sockets=sockets)
        self._when_ready()
