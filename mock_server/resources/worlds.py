"""The worlds of a server, one for each seed and site."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from secrets import token_bytes
from typing import NamedTuple

from cachetools import LRUCache

from mock_server.state.accounts import Account
from mock_server.state.key import Key
from mock_server.world.amended import AmendedWorld
from mock_server.world.facts import Facts, changes_at
from mock_server.world.site import Site
from mock_server.world.walk import NEVER
from mock_server.world.world import World

# The maximum number of visitors of all cached worlds with other seeds, and of all worlds that written facts
# change. A world can be made again in a millisecond. It takes up to 12 kB for each of its visitors, and as
# much as for a thousand visitors if it has fewer, because it caches the visits of many minutes.
_MOST_VISITORS = 10_000
_LEAST_VISITORS = 1_000
# The hash has another key in each process, so that no token can be found by its mark.
_MARK_KEY = token_bytes()


class WorldChoice(NamedTuple):
    """The choice of a world, by seed and site, and of the revision in which it is shown."""

    seed: int
    site: str
    revision: str


def world_mark(key: Key, choice: WorldChoice) -> str:
    """Returns a text that differs for each key, and for each website and seed that the key shows.

    It also changes when the account's facts are cleared: later answers need not agree with earlier ones.
    """
    return _mark(key.credential.token, choice.seed, choice.site, key.account.log.cleared)


# The result is cached, because it is needed for each request, and so that a key's requests share one text.
@lru_cache(4096)
def _mark(*parts: object) -> str:
    return blake2b(repr(parts).encode(), digest_size=8, key=_MARK_KEY).hexdigest()


class _Amended(NamedTuple):
    """A world changed by written facts, which is valid from `begin` until before `end`, in ms."""

    facts: Facts
    begin: int
    end: int
    world: World


class Worlds:
    """Worlds by seed and site, each made on first use. One thread at a time uses them."""

    def __init__(self, seed: int, sites: Mapping[str, Site]) -> None:
        """Worlds with the server's `seed` are never removed; the number of other worlds is limited."""
        self._seed = seed
        self._sites = sites
        self._own: dict[str, World] = {}
        self._others: LRUCache[tuple[int, str], World] = LRUCache(
            _MOST_VISITORS, getsizeof=lambda world: _weight(world.site)
        )

        self._amended: LRUCache[tuple[int, str, int], _Amended] = LRUCache(
            _MOST_VISITORS, getsizeof=lambda amended: _weight(amended.world.site)
        )

    def make_all(self) -> None:
        """Makes the worlds with the server's seed.

        Raises InputError for a site of which no world can be made.
        """
        for site in self._sites:
            self.world(self._seed, site)

    def facts(self, site: str, account: Account | None) -> Facts:
        """Returns the facts of an account about the website of a site; empty without an account."""
        return () if account is None else account.log.facts(self._sites[site].website_id)

    def world_with(self, facts: Facts, seed: int, site: str, instant: int) -> World:
        """Returns the world of a seed and a site at an instant, changed by facts written through the API."""
        plain = self.world(seed, site)
        if not facts:
            return plain
        # The entry refers to its facts, so that no other tuple can have the same id while it is cached.
        key = (seed, site, id(facts))
        amended: _Amended | None = self._amended.get(key)
        if amended is None or not amended.begin <= instant < amended.end:
            amended = self._amended[key] = _amended(plain, facts, instant)
        return amended.world

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
    """Returns a site's number of visitors, but at most the limit, so that any single world can be cached."""
    return min(max(_LEAST_VISITORS, round(site.online)), _MOST_VISITORS)


def _amended(plain: World, facts: Facts, instant: int) -> _Amended:
    """Makes a world with the changes that written facts cause at an instant."""
    written = {fact.written for fact in facts}
    begin = max((one for one in written if one <= instant), default=-NEVER)
    end = min((one for one in written if one > instant), default=NEVER)
    changes = changes_at(facts, instant)
    return _Amended(facts, begin, end, AmendedWorld(plain, changes) if changes else plain)
