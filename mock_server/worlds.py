"""The worlds of a server, one for each seed and site, and the answers of the present tick."""

from collections.abc import Hashable, Mapping
from typing import NamedTuple

from cachetools import LRUCache

from mock_server.site import Site
from mock_server.views.call import Call
from mock_server.views.registry import View
from mock_server.world.world import World

_CACHE_BYTES = 32 * 1024 * 1024
# Worlds of other seeds weigh what they remember of their visitors; each is made anew in a millisecond.
_MOST_VISITORS = 20_000
_LEAST_VISITORS = 300


class Place(NamedTuple):
    """Which world is asked, and in which revision it answers."""

    seed: int
    site: str
    revision: str


class Worlds:
    """Worlds by seed and site. The answers of an instant are kept, up to 32 MB of them."""

    def __init__(self, seed: int, sites: Mapping[str, Site]) -> None:
        """`seed` is the server's. Raises InputError where a site cannot be made into a world."""
        self._sites = sites
        self._own = {(seed, name): World(seed, site) for name, site in sites.items()}
        self._others: LRUCache[tuple[int, str], World] = LRUCache(
            _MOST_VISITORS, getsizeof=lambda world: max(_LEAST_VISITORS, round(world.site.online))
        )
        self._snapshots: LRUCache[tuple[Hashable, ...], bytes] = LRUCache(_CACHE_BYTES, getsizeof=len)

    def world(self, seed: int, site: str) -> World:
        """The world of a site."""
        world = self._own.get((seed, site)) or self._others.get((seed, site))
        if world is None:
            world = self._others[(seed, site)] = World(seed, self._sites[site])
        return world

    def answer(self, view: View, place: Place, instant: int, path: Mapping[str, str]) -> bytes:
        """The body that a view answers with. Raises ApiError."""
        seed, site, revision = place
        known = (view, seed, site, instant, revision, *path.values())
        body = self._snapshots.get(known)
        if body is None:
            body = view(Call(self.world(seed, site), instant, revision, path))
            if len(body) < _CACHE_BYTES:
                self._snapshots[known] = body
        return body
