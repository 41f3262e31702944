"""A Faker provider: visitors, events, payments and profiles for people's own factories.

It needs Faker, which comes with `datafast-mock[faker]`::

    fake = Faker()
    fake.add_provider(DataFastProvider)
    fake.datafast_visitor()["location"]["city"]

Everything is taken from the same world that the mock serves, so within each value all agrees. What is
given is the caller's own: a new value each time, which may be changed.
"""

from functools import lru_cache
from typing import Any

import msgspec
from cachetools import LRUCache, cached
from faker.providers import BaseProvider

from mock_server.contract.document import REVISIONS
from mock_server.errors import InputError
from mock_server.instants import HOUR, MINUTE, instant_of
from mock_server.options import DEFAULT_REVISION, DEFAULT_SEED, DEFAULT_SITE
from mock_server.resources.call import Call
from mock_server.resources.registry import VIEWS
from mock_server.world.site import load_sites
from mock_server.world.world import World

# The instants that values are taken from: enough for thousands of visitors.
_FIRST = instant_of("2026-02-06T05:27:30Z")
_STEP = 7 * HOUR + 13 * MINUTE
_PICTURES = 200
MOST_BYTES = 8 * 1024 * 1024
"""Of the rows that are kept; those that were used longest ago make room."""
# An object of Python around each.
_ROW_OVERHEAD = 100

_load_sites = lru_cache(1)(load_sites)


class DataFastProvider(BaseProvider):
    """Values as the API answers them (pages 001, 002 and 004), of a site and in a revision.

    Every method takes the name of a `site` (such as `shop`) and a `revision`. Raises InputError where there
    is no such site or revision, or where the site never has what was asked for.
    """

    def datafast_visitor(self, site: str = DEFAULT_SITE, revision: str = DEFAULT_REVISION) -> dict[str, Any]:
        """An active visitor, as one row of the map's `visitors`."""
        return self._row("visitors", site, revision)

    def datafast_event(self, site: str = DEFAULT_SITE, revision: str = DEFAULT_REVISION) -> dict[str, Any]:
        """One row of the map's `recentEvents`; its `amount` is in the site's currency."""
        return self._row("recentEvents", site, revision)

    def datafast_payment(self, site: str = DEFAULT_SITE, revision: str = DEFAULT_REVISION) -> dict[str, Any]:
        """One row of the map's `recentPayments`; `amount` is in major units of `currency`."""
        return self._row("recentPayments", site, revision)

    def datafast_profile(self, site: str = DEFAULT_SITE, revision: str = DEFAULT_REVISION) -> dict[str, Any]:
        """A visitor's profile, as the `data` of `GET /visitors/{visitorId}`; durations are in ms."""
        instant, row = self._chosen("visitors", site, revision)
        visitor_id = msgspec.json.decode(row)["visitorId"]
        body = VIEWS["getVisitor"](Call(_world(site), instant, revision, {"visitorId": visitor_id}))
        profile: dict[str, Any] = msgspec.json.decode(body)["data"]
        return profile

    def _row(self, feed: str, site: str, revision: str) -> dict[str, Any]:
        row: dict[str, Any] = msgspec.json.decode(self._chosen(feed, site, revision)[1])
        return row

    def _chosen(self, feed: str, site: str, revision: str) -> tuple[int, msgspec.Raw]:
        """An instant and a row of one of its feeds, by the generator's own chance."""
        first = self.generator.random.randrange(_PICTURES)
        for picture in range(_PICTURES):
            instant = _FIRST + (first + picture) % _PICTURES * _STEP
            rows = _rows(feed, site, revision, instant)
            if rows:
                return instant, self.generator.random.choice(rows)
        raise InputError(f"site {site!r}", f"its `{feed}` are always empty")


class _Answer(msgspec.Struct):
    data: dict[str, msgspec.Raw]


def _weight(rows: list[msgspec.Raw]) -> int:
    """About what rows take in memory, in bytes; a feed without rows is something, too."""
    return _ROW_OVERHEAD * (len(rows) + 1) + sum(len(memoryview(row)) for row in rows)


@cached(LRUCache(MOST_BYTES, getsizeof=_weight), info=True)
def _rows(feed: str, site: str, revision: str, instant: int) -> list[msgspec.Raw]:
    """The rows of one of the map's feeds, each as the JSON that it is."""
    if revision not in REVISIONS:
        raise InputError(f"revision {revision!r}", f"there is none; known: {', '.join(REVISIONS)}")
    body = VIEWS["getRealtimeMap"](Call(_world(site), instant, revision, {}))
    feeds = msgspec.json.decode(body, type=_Answer).data
    # Rows are kept without the answer that they are a part of.
    return [row.copy() for row in msgspec.json.decode(feeds[feed], type=list[msgspec.Raw])]


@lru_cache(16)
def _world(site: str) -> World:
    sites = _load_sites()
    if site not in sites:
        raise InputError(f"site {site!r}", f"there is none; known: {', '.join(sites)}")
    return World(DEFAULT_SEED, sites[site])
