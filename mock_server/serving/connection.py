"""What our own server adds to a request as ASGI extensions: its connection, and what is wrong with it."""

from typing import Protocol

from starlette.types import Scope

from mock_server.errors import ApiError

_EXTENSION = "datafast_mock.connection"
_REFUSAL = "datafast_mock.refusal"
_CUT = "datafast_mock.cut"


class Connection(Protocol):
    """The socket below a request."""

    def reset(self) -> None:
        """Ends it with an RST, whatever was still to be sent."""

    def wait_on_purpose(self) -> None:
        """Nothing is owed to the client from now on."""

    def owe_nothing(self) -> None:
        """Nothing will be: a client that has said its last word has left."""

    def close(self) -> None:
        """Ends it when all that was written is sent."""


def attach(scope: Scope, connection: Connection) -> None:
    """Gives a request its connection."""
    scope["extensions"] = {_EXTENSION: connection}


def connection_of(scope: Scope) -> Connection:
    """The connection of a request that came through mock_server.serving.protocol."""
    connection: Connection = scope["extensions"][_EXTENSION]
    return connection


def refuse(scope: Scope, error: ApiError) -> None:
    """Notes that a request is not to be carried out, since HTTP itself forbids that."""
    scope["extensions"][_REFUSAL] = error


def refusal_of(scope: Scope) -> ApiError | None:
    """What such a request is to be answered with; None for all others.

    It may come as late as the end of the request's body.
    """
    refusal: ApiError | None = scope.get("extensions", {}).get(_REFUSAL)
    return refusal


def cut(scope: Scope) -> None:
    """Notes that the client has said its last word in the middle of a request's body."""
    scope["extensions"][_CUT] = True


def is_cut(scope: Scope) -> bool:
    """Whether a body that has come to its end was to be longer."""
    return _CUT in scope.get("extensions", {})
