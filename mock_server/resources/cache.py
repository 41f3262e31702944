"""The worlds of a server, one for each seed and site, and the answers of the present tick."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import NamedTuple

from cachetools import LRUCache

from mock_server.resources.call import Call
from mock_server.resources.registry import View
from mock_server.world.site import Site
from mock_server.world.world import World

# Clients at clocks of their own ask for the same few instants in turns.
_MOST_MOMENTS = 64
_MOST_BYTES = 32 * 1024 * 1024
# Worlds of other seeds weigh what they remember of their visitors; each is made anew in a millisecond.
_MOST_VISITORS = 20_000
_LEAST_VISITORS = 300


class Place(NamedTuple):
    """Which world is asked, and in which revision it answers."""

    seed: int
    site: str
    revision: str


class Worlds:
    """Worlds by seed and site, and the answers of the moments that were asked for last."""

    def __init__(self, seed: int, sites: Mapping[str, Site]) -> None:
        """`seed` is the server's. Raises InputError where a site cannot be made into a world."""
        self._sites = sites
        self._own = {(seed, name): World(seed, site) for name, site in sites.items()}
        self._others: LRUCache[tuple[int, str], World] = LRUCache(
            _MOST_VISITORS, getsizeof=lambda world: _weight(world.site)
        )
        self._snapshots = _Snapshots()

    def world(self, seed: int, site: str) -> World:
        """The world of a site."""
        world = self._own.get((seed, site)) or self._others.get((seed, site))
        if world is None:
            world = self._others[(seed, site)] = World(seed, self._sites[site])
        return world

    def answer(self, view: View, place: Place, instant: int, path: Mapping[str, str]) -> bytes:
        """The body that a view answers with. Raises ApiError."""
        moment, asked = (place, instant), (view, *path.values())
        body = self._snapshots.get(moment, asked)
        if body is None:
            body = view(Call(self.world(place.seed, place.site), instant, place.revision, path))
            self._snapshots.keep(moment, asked, body)
        return body


def _weight(site: Site) -> int:
    """In visitors. A crowd that is larger than all that may be kept is kept alone."""
    return min(max(_LEAST_VISITORS, round(site.online)), _MOST_VISITORS)


class _Snapshots:
    """The bodies of the last 64 moments, a moment being a place at an instant; together at most 32 MB.

    Those that were asked for longest ago make room.
    """

    def __init__(self) -> None:
        self._moments: OrderedDict[tuple[Place, int], OrderedDict[Hashable, bytes]] = OrderedDict()
        self._size = 0

    def get(self, moment: tuple[Place, int], asked: Hashable) -> bytes | None:
        """What was answered before; None where that is not known."""
        known = self._moments.get(moment)
        if known is None:
            return None
        self._moments.move_to_end(moment)
        body = known.get(asked)
        if body is not None:
            known.move_to_end(asked)
        return body

    def keep(self, moment: tuple[Place, int], asked: Hashable, body: bytes) -> None:
        """Remembers an answer, the largest one too: whoever asks again within its tick waits for it once."""
        self._moments.setdefault(moment, OrderedDict())[asked] = body
        self._size += len(body)
        if len(self._moments) > _MOST_MOMENTS:
            _, forgotten = self._moments.popitem(last=False)
            self._size -= sum(map(len, forgotten.values()))
        while self._size > _MOST_BYTES and self._size > len(body):
            self._forget_one()

    def _forget_one(self) -> None:
        oldest = next(iter(self._moments))
        bodies = self._moments[oldest]
        _, forgotten = bodies.popitem(last=False)
        self._size -= len(forgotten)
        if not bodies:
            del self._moments[oldest]
