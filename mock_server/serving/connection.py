"""The ASGI extension by which a request knows the connection on which it arrived."""

from typing import Protocol

from starlette.types import Scope

_EXTENSION = "datafast_mock.connection"


class Connection(Protocol):
    """The connection on which a request arrived."""

    def reset(self) -> None:
        """Closes the connection with an RST; unsent bytes are lost."""

    def wait_on_purpose(self) -> None:
        """Marks the answer as delayed on purpose, so that the server does not wait for it when it stops."""

    def owe_nothing(self) -> None:
        """Marks the request as never answered. The connection is closed when the client closes its side."""

    def close(self) -> None:
        """Closes the connection once everything is sent."""


def attach(scope: Scope, connection: Connection) -> None:
    """Attaches a connection to the scope of its request."""
    scope["extensions"] = {_EXTENSION: connection}


def connection_of(scope: Scope) -> Connection:
    """Returns the connection of a request that came through mock_server.serving.protocol."""
    connection: Connection = scope["extensions"][_EXTENSION]
    return connection
