"""The uvicorn server under a server of the mock or of the kit: it reads HTTP strictly and sets timeouts."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, cast

import uvicorn

from contract_tests.listening import BACKLOG
from contract_tests.serving.pacing import PacedProtocol
from contract_tests.serving.strict_http import TIMEOUTS, Timeouts

OPTIONS: Mapping[str, Any] = {
    "loop": "auto",
    "ws": "none",
    "lifespan": "off",
    "log_level": "warning",
    "access_log": False,
    # The `Date` header of the mock is the world's instant; a proxy passes on its upstream's.
    "date_header": False,
    "server_header": False,
    "proxy_headers": False,
    "backlog": BACKLOG,
}
"""The options of uvicorn; the bare uvicorn of the benchmarks has the same."""

_P = TypeVar("_P", bound=PacedProtocol)


class StrictServer(uvicorn.Server, Generic[_P]):
    """A uvicorn server whose connections are strict and fair, and wait for no client forever."""

    def __init__(
        self,
        app: Callable[..., Any],
        protocol: Callable[..., _P],
        timeouts: Timeouts = TIMEOUTS,
        **further: Any,
    ) -> None:
        """`protocol` makes the protocol of a connection; `further` are more options of uvicorn."""
        self._timeouts = timeouts
        idle = cast(int, timeouts.idle)
        http = cast(type[_P], protocol)
        super().__init__(uvicorn.Config(app, http=http, timeout_keep_alive=idle, **OPTIONS, **further))

    @property
    def open_connections(self) -> list[_P]:
        """The open connections."""
        return cast(list[_P], list(self.server_state.connections))

    async def on_tick(self, counter: int) -> bool:
        """Enforces the timeouts whenever uvicorn checks whether it should stop."""
        for connection in self.open_connections:
            connection.enforce(self._timeouts)
        return await super().on_tick(counter)

    def abort(self) -> None:
        """Aborts the open connections, because uvicorn logs tracebacks if their requests are cancelled."""
        for connection in self.open_connections:
            connection.transport.abort()
