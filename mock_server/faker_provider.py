"""A Faker provider of visitors, events, payments and profiles, for factories in tests.

It needs Faker, which comes with `datafast-mock[faker]`::

    fake = Faker()
    fake.add_provider(DataFastProvider)
    fake.datafast_visitor()["location"]["city"]

All values come from the world that the mock serves, so the members of each value agree. Each call returns a
new value, which the caller may change.
"""

from functools import lru_cache
from typing import Any

import msgspec
from cachetools import LRUCache, cached
from faker.providers import BaseProvider

from contract_tests.quoting import quoted
from mock_server.contract.document import REVISIONS
from mock_server.errors import InputError
from mock_server.instants import DOCUMENTED, HOUR, MINUTE, instant_of
from mock_server.options import DEFAULT_REVISION, DEFAULT_SEED, DEFAULT_SITE
from mock_server.resources.call import Call
from mock_server.resources.registry import VIEWS
from mock_server.world.site_files import load_sites
from mock_server.world.world import World

# Values are taken from the answers at `_INSTANTS` instants, a `_STEP` apart, with thousands of visitors.
_FIRST = instant_of(DOCUMENTED)
_STEP = 7 * HOUR + 13 * MINUTE
_INSTANTS = 200
MOST_BYTES = 8 * 1024 * 1024
"""The maximum size of the cached rows in bytes; beyond it, the least recently used rows are dropped."""
# The bytes of the Python object around each row.
_ROW_OVERHEAD = 100

_load_sites = lru_cache(1)(load_sites)


class DataFastProvider(BaseProvider):
    """A provider of values as the API answers them (pages 001, 002 and 004 of the documentation).

    Every method takes the name of a `site` (such as `shop`) and a `revision`. It raises InputError for an
    unknown site or revision, or if the site has no such value at any of the sampled instants.
    """

    def datafast_visitor(self, site: str = DEFAULT_SITE, revision: str = DEFAULT_REVISION) -> dict[str, Any]:
        """Returns an active visitor, as a row of the map's `visitors`."""
        return self._row("visitors", site, revision)

    def datafast_event(self, site: str = DEFAULT_SITE, revision: str = DEFAULT_REVISION) -> dict[str, Any]:
        """Returns a row of the map's `recentEvents`; its `amount` is in the site's currency."""
        return self._row("recentEvents", site, revision)

    def datafast_payment(self, site: str = DEFAULT_SITE, revision: str = DEFAULT_REVISION) -> dict[str, Any]:
        """Returns a row of the map's `recentPayments`; its `amount` is in major units of `currency`."""
        return self._row("recentPayments", site, revision)

    def datafast_profile(self, site: str = DEFAULT_SITE, revision: str = DEFAULT_REVISION) -> dict[str, Any]:
        """Returns a visitor's profile, the `data` of `GET /visitors/{visitorId}`; durations are in ms."""
        instant, row = self._chosen("visitors", site, revision)
        visitor_id = msgspec.json.decode(row)["visitorId"]
        reply = VIEWS["getVisitor"](Call(_world(site), instant, revision, {"visitorId": visitor_id}))
        profile: dict[str, Any] = msgspec.json.decode(reply.body)["data"]
        return profile

    def _row(self, feed: str, site: str, revision: str) -> dict[str, Any]:
        row: dict[str, Any] = msgspec.json.decode(self._chosen(feed, site, revision)[1])
        return row

    def _chosen(self, feed: str, site: str, revision: str) -> tuple[int, msgspec.Raw]:
        """Chooses an instant, and a row of the feed at that instant, at random. Raises InputError."""
        first = self.generator.random.randrange(_INSTANTS)
        for number in range(_INSTANTS):
            instant = _FIRST + (first + number) % _INSTANTS * _STEP
            rows = _rows(feed, site, revision, instant)
            if rows:
                return instant, self.generator.random.choice(rows)
        raise InputError(f"site {quoted(site)}", f"its `{feed}` are always empty")


class _Answer(msgspec.Struct):
    data: dict[str, msgspec.Raw]


def _weight(rows: list[msgspec.Raw]) -> int:
    """Returns the approximate memory of rows in bytes, which is more than 0 even without rows."""
    return _ROW_OVERHEAD * (len(rows) + 1) + sum(len(memoryview(row)) for row in rows)


@cached(LRUCache(MOST_BYTES, getsizeof=_weight), info=True)
def _rows(feed: str, site: str, revision: str, instant: int) -> list[msgspec.Raw]:
    """Returns the rows of one of the map's feeds, each as raw JSON. Raises InputError."""
    if revision not in REVISIONS:
        raise InputError(f"revision {quoted(revision)}", f"it does not exist; known: {', '.join(REVISIONS)}")
    reply = VIEWS["getRealtimeMap"](Call(_world(site), instant, revision, {}))
    feeds = msgspec.json.decode(reply.body, type=_Answer).data
    # Rows are copied, so that the cache does not keep the whole answer.
    return [row.copy() for row in msgspec.json.decode(feeds[feed], type=list[msgspec.Raw])]


@lru_cache(16)
def _world(site: str) -> World:
    sites = _load_sites()
    if site not in sites:
        raise InputError(f"site {quoted(site)}", f"it does not exist; known: {', '.join(sites)}")
    return World(DEFAULT_SEED, sites[site])
