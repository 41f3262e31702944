"""What a fault may do to the connection of a request, as an ASGI extension of our own server."""

from typing import Protocol

from starlette.types import Scope

_EXTENSION = "datafast_mock.connection"


class Connection(Protocol):
    """The socket below a request."""

    def reset(self) -> None:
        """Ends it with an RST, whatever was still to be sent."""

    def wait_on_purpose(self) -> None:
        """Nothing is owed to the client from now on."""

    def close(self) -> None:
        """Ends it when all that was written is sent."""


def attach(scope: Scope, connection: Connection) -> None:
    """Gives a request its connection."""
    scope["extensions"] = {_EXTENSION: connection}


def connection_of(scope: Scope) -> Connection:
    """The connection of a request that came through mock_server.protocol."""
    connection: Connection = scope["extensions"][_EXTENSION]
    return connection
