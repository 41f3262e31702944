"""The argument and the result of a resource's function: `Call → Reply`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from mock_server.state.accounts import Account
from mock_server.world.facts import Facts
from mock_server.world.world import World

if TYPE_CHECKING:
    from mock_server.world.past.kept import KeptPasts


class Call(NamedTuple):
    """A checked request to an operation.

    `path` and `query` have values of the documented types: an integer is an int, an array a tuple, a
    `date-time` an instant in ms. A parameter that was not sent has the documented default, or is left out.
    """

    world: World
    """The world of the website, or of the server's own site if the operation has no website."""
    instant: int
    """The instant of the answer, in ms since the epoch."""
    revision: str
    path: Mapping[str, Any]
    query: Mapping[str, Any] = {}
    body: Any = None
    """The JSON of the request's body; None if it has none."""
    account: Account | None = None
    """The account of the key; None if nothing was written to it and accounts share the answer."""
    facts: Facts = ()
    """The account's facts about the website, which `world` contains as well.

    A request that writes gets no facts and a world without facts, so that writes do not become slower with
    each fact; see `lives`.
    """
    pasts: "KeptPasts | None" = None
    """The cache of past visits, which reports read; None if the operation is not a report."""
    request: int | None = None
    """The number of the request in the journal; None if the operation is a GET, which writes nothing."""


class Reply(NamedTuple):
    """An answer; if `status` is None, it gets the success status that is documented for the operation."""

    body: bytes
    """The body as JSON."""
    status: int | None = None
    headers: Mapping[str, str] = {}
