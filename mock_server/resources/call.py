"""What a resource's function is given, and what it gives: `Call → Reply`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mock_server.state.accounts import Account
from mock_server.world.world import World


class Call(NamedTuple):
    """One checked request to an operation.

    `path` and `query` have values as the document types them: an integer as int, an array as a tuple, a
    `date-time` as an instant in ms. A parameter that was not sent has the documented default, or is left out.
    """

    world: World
    """The world of the website; of the server's own site for an operation that is about no website."""
    instant: int
    """In ms since the epoch."""
    revision: str
    path: Mapping[str, Any]
    query: Mapping[str, Any] = {}
    body: Any = None
    """The JSON that was sent; None if there was none."""
    account: Account | None = None
    """The account of the key; None where its answer is everybody's, as nothing was written to the account."""


class Reply(NamedTuple):
    """An answer. A status of None is the success that the document has for the operation."""

    body: bytes
    """JSON."""
    status: int | None = None
    headers: Mapping[str, str] = {}
