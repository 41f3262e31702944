"""The worlds of a server, one for each seed and site."""

from collections.abc import Mapping
from typing import NamedTuple

from cachetools import LRUCache

from mock_server.state.accounts import Account
from mock_server.world.facts import Facts
from mock_server.world.site import Site
from mock_server.world.world import World

# Worlds of other seeds are limited by their visitors, whom they cache; a world is made in a millisecond.
_MOST_VISITORS = 20_000
_LEAST_VISITORS = 300


class WorldChoice(NamedTuple):
    """The choice of a world, by seed and site, and of the revision in which it is shown."""

    seed: int
    site: str
    revision: str


class Worlds:
    """Worlds by seed and site, each made on first use. One thread at a time uses them."""

    def __init__(self, seed: int, sites: Mapping[str, Site]) -> None:
        """Worlds with the server's `seed` are kept; those of other seeds are limited."""
        self._seed = seed
        self._sites = sites
        self._own: dict[str, World] = {}
        self._others: LRUCache[tuple[int, str], World] = LRUCache(
            _MOST_VISITORS, getsizeof=lambda world: _weight(world.site)
        )

    def make_all(self) -> None:
        """Makes the worlds with the server's seed. Raises InputError for a site that cannot be one."""
        for site in self._sites:
            self.world(self._seed, site)

    def facts(self, site: str, account: Account | None) -> Facts:
        """Returns the facts that an account has about the website of a site; none without an account."""
        return () if account is None else account.log.facts(self._sites[site].website_id)

    def world_with(self, facts: Facts, seed: int, site: str, instant: int) -> World:
        """Returns the world of a seed and a site as it is at an instant after these facts."""
        assert not facts, "no resource writes any fact yet"
        return self.world(seed, site)

    def world(self, seed: int, site: str) -> World:
        """Returns the world of a seed and a site."""
        if seed == self._seed:
            world = self._own.get(site)
            if world is None:
                world = self._own[site] = World(seed, self._sites[site])
            return world
        other: World | None = self._others.get((seed, site))
        if other is None:
            other = self._others[(seed, site)] = World(seed, self._sites[site])
        return other


def _weight(site: Site) -> int:
    """Returns a site's number of visitors, at most the limit, so that any world can be cached."""
    return min(max(_LEAST_VISITORS, round(site.online)), _MOST_VISITORS)
