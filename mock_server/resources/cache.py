"""The worlds of a server, one for each seed and site, and the cached answers of the last moments."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from cachetools import LRUCache

from mock_server.contract.operations import Operation
from mock_server.contract.values import Values
from mock_server.resources.call import Call, Reply
from mock_server.resources.registry import View
from mock_server.state.accounts import Account
from mock_server.world.site import Site
from mock_server.world.world import World

# Clients with clocks of their own request the same few instants in turns.
_MOST_MOMENTS = 64
_MOST_BYTES = 32 * 1024 * 1024
# The bytes of a cached answer beside its body and its values.
_LEAST_WEIGHT = 1_000
# Worlds of other seeds are limited by their visitors, whom they cache; a world is made in a millisecond.
_MOST_VISITORS = 20_000
_LEAST_VISITORS = 300


class WorldChoice(NamedTuple):
    """The choice of a world, by seed and site, and of the revision in which it is shown."""

    seed: int
    site: str
    revision: str


class Read(NamedTuple):
    """A request that changes nothing, with the values on which its answer depends.

    Only reads are cached or take the fast path, where an answer may be made twice or not at all.
    """

    operation_id: str
    view: View
    path: tuple[tuple[str, Any], ...]
    query: tuple[tuple[str, Any], ...]
    """The checked values with their names, in the order of the document."""
    is_shared: bool
    """Whether accounts without writes share the answer.

    This is so for operations with a website in the query, which read only the world.
    """
    weight: int
    """The memory of the read in the cache without its answer, in bytes, estimated."""


def read_of(operation: Operation, view: View, values: Values) -> Read | None:
    """Makes the read of a request; returns None unless its operation is a GET, which also serves HEAD."""
    if operation.method != "GET":
        return None
    path, query = tuple(values.path.items()), tuple(values.query.items())
    return Read(
        operation.operation_id,
        view,
        path,
        query,
        is_shared=operation.website_in == "query",
        weight=_LEAST_WEIGHT + len(repr((path, query))),
    )


class Worlds:
    """The worlds by seed and site, and the cache of their latest answers."""

    def __init__(self, seed: int, sites: Mapping[str, Site]) -> None:
        """`seed` is the server's. Raises InputError if a site cannot be made into a world."""
        self._sites = sites
        self._own = {(seed, name): World(seed, site) for name, site in sites.items()}
        self._others: LRUCache[tuple[int, str], World] = LRUCache(
            _MOST_VISITORS, getsizeof=lambda world: _weight(world.site)
        )
        self._snapshots = _Snapshots()

    def world(self, seed: int, site: str) -> World:
        """Returns the world of a seed and a site."""
        world = self._own.get((seed, site)) or self._others.get((seed, site))
        if world is None:
            world = self._others[(seed, site)] = World(seed, self._sites[site])
        return world

    def answer(self, read: Read, choice: WorldChoice, instant: int, account: Account) -> Reply:
        """Returns the answer to a read, which is cached. Raises ApiError."""
        moment = choice, instant
        whose = None if read.is_shared and not account.version else account
        entry = _Entry(read, whose, account.version)
        reply = self._snapshots.get(moment, entry)
        if reply is None:
            reply = read.view(self.call(choice, instant, Values(dict(read.path), dict(read.query)), whose))
            self._snapshots.keep(moment, entry, reply)
        return reply

    def call(self, choice: WorldChoice, instant: int, values: Values, account: Account | None) -> Call:
        """Makes the call of a request with checked values."""
        return Call(self.world(choice.seed, choice.site), instant, choice.revision, *values, account)


def _weight(site: Site) -> int:
    """Returns a site's number of visitors, at most the limit, so that any world can be cached."""
    return min(max(_LEAST_VISITORS, round(site.online)), _MOST_VISITORS)


class _Entry(NamedTuple):
    """The key of a cached answer within its moment."""

    read: Read
    account: Account | None
    """The account; None if the answer is the same for all."""
    version: int


class _Snapshots:
    """A cache of answers by moment, a world and an instant: 64 moments and 32 MB at most.

    If it is full, the least recently used are removed.
    """

    def __init__(self) -> None:
        self._moments: OrderedDict[tuple[WorldChoice, int], OrderedDict[_Entry, Reply]] = OrderedDict()
        self._size = 0

    def get(self, moment: tuple[WorldChoice, int], entry: _Entry) -> Reply | None:
        """Returns the cached answer, or None if there is none."""
        known = self._moments.get(moment)
        if known is None:
            return None
        self._moments.move_to_end(moment)
        reply = known.get(entry)
        if reply is not None:
            known.move_to_end(entry)
        return reply

    def keep(self, moment: tuple[WorldChoice, int], entry: _Entry, reply: Reply) -> None:
        """Caches an answer, even one beyond the limit, so that it is made only once in its tick."""
        self._moments.setdefault(moment, OrderedDict())[entry] = reply
        self._size += _size(entry, reply)
        if len(self._moments) > _MOST_MOMENTS:
            _, forgotten = self._moments.popitem(last=False)
            self._size -= sum(_size(*one) for one in forgotten.items())
        while self._size > _MOST_BYTES and self._size > _size(entry, reply):
            self._forget_one()

    def _forget_one(self) -> None:
        oldest = next(iter(self._moments))
        replies = self._moments[oldest]
        self._size -= _size(*replies.popitem(last=False))
        if not replies:
            del self._moments[oldest]


def _size(entry: _Entry, reply: Reply) -> int:
    """Returns the approximate memory of a cached answer, in bytes."""
    return entry.read.weight + len(reply.body)
