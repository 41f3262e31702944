"""The cache of the tables with the pasts of several worlds."""

import gc
from collections import OrderedDict
from collections.abc import Callable

from cachetools import LRUCache

from mock_server.instants import DAY, MINUTE, instant_of
from mock_server.world.amended import AmendedWorld
from mock_server.world.past.amending import amended
from mock_server.world.past.amendment import Amendment
from mock_server.world.past.drawing import Drawing
from mock_server.world.past.memory import give_back
from mock_server.world.past.table import SETTLING_MINUTES, Past, Table
from mock_server.world.site import Site
from mock_server.world.world import World

MOST_BYTES = 160 * 1024 * 1024
"""The largest size of all tables together, in bytes, unless a single table is larger."""

_MOST_BYTES_OF_AMENDMENTS = 16 * 1024 * 1024
_DAY_MINUTES = DAY // MINUTE
# A table is drawn again when it begins this much earlier than any report needs.
_MOST_OUTDATED = 60 * _DAY_MINUTES


class KeptPasts:
    """A cache of the tables of worlds, by seed and website id, bounded in bytes.

    The least recently used table is removed first. Only one thread may use the cache: a past is valid until
    its table is asked for another instant.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, before_step: Callable[[], None] = lambda: None) -> None:
        """Begins without tables.

        `before_step` is called again and again while a table grows, and may raise an exception to stop that.
        """
        self._most_bytes = most_bytes
        self._before_step = before_step
        self._tables: OrderedDict[tuple[int, str], tuple[Drawing, Table]] = OrderedDict()
        self._amendments: LRUCache[tuple[int, str, int], Amendment] = LRUCache(
            _MOST_BYTES_OF_AMENDMENTS, getsizeof=lambda amendment: amendment.nbytes
        )

    def at(self, world: World, begin: int, instant: int) -> tuple[Drawing, Past]:
        """Returns the past of a world at an instant, from the instant `begin` on.

        It begins later if reports do not look back so far.
        """
        drawing, table = self._table(world, begin, instant)
        is_new = table.settled == table.first
        if is_new:
            # What is too large even without the new table is removed before the table takes its memory.
            self._make_room()
        past = table.at(instant)
        if isinstance(world, AmendedWorld):
            past = amended(past, self._amendment(drawing, world))
        if self._make_room() or is_new:
            give_back()
        return drawing, past

    @property
    def nbytes(self) -> int:
        """The approximate size of all tables and amendments, in bytes."""
        return sum(table.nbytes for _, table in self._tables.values()) + int(self._amendments.currsize)

    def _make_room(self) -> bool:
        """Removes the least recently used tables if all are too large, and returns whether there were any."""
        is_full = len(self._tables) > 1 and self.nbytes > self._most_bytes
        if is_full:
            while len(self._tables) > 1 and self.nbytes > self._most_bytes:
                # No variable must hold the table, or it would not be freed.
                self._forget(self._tables.popitem(last=False)[0])
            # The parts of a drawing refer to each other, so only the garbage collector frees their memory.
            gc.collect()
        return is_full

    def _forget(self, website: tuple[int, str]) -> None:
        """Removes the amendments that are cached for the table of a website."""
        for key in [key for key in self._amendments if key[:2] == website]:
            del self._amendments[key]

    def _amendment(self, drawing: Drawing, world: AmendedWorld) -> Amendment:
        """Returns the amendment of a world with facts. The latest amendments are cached."""
        key = (world.seed, world.site.website_id, id(world.changes))
        known: Amendment | None = self._amendments.get(key)
        # The amendment refers to the changes, so that no other changes can have the same id while it is
        # cached.
        if known is None or known.drawing is not drawing:
            known = Amendment(drawing, world)
            if known.nbytes <= self._amendments.maxsize:
                self._amendments[key] = known
        return known

    def _table(self, world: World, begin: int, instant: int) -> tuple[Drawing, Table]:
        key = (world.seed, world.site.website_id)
        known = self._tables.pop(key, None)
        earliest = beginning(world.site, instant) // MINUTE
        # Goals and payments may belong to visits that started a little earlier.
        first = max(min(begin, instant) // MINUTE - SETTLING_MINUTES, earliest)
        drawing = known[0] if known else Drawing(world)
        table = known[1] if known else None
        if table is None or not _can_go_on(table, first, earliest):
            # The amendments refer to columns of the table that is replaced.
            self._forget(key)
            table = Table(drawing, first, self._before_step)
        self._tables[key] = (drawing, table)
        return drawing, table


def beginning(site: Site, instant: int) -> int:
    """Returns the earliest instant of reports: the site's beginning or, if later, its retention limit."""
    retained = instant // DAY * DAY - site.retained_days() * DAY
    return retained if site.since is None else max(retained, first_instant(site))


def first_instant(site: Site) -> int:
    """Returns the first instant of a site that has a `since`."""
    assert site.since is not None, "only sites with a `since` are asked for it"
    return instant_of(site.since)


def _can_go_on(table: Table, first: int, earliest: int) -> bool:
    """Returns whether a table begins at the minute `first` or earlier, but not too much earlier."""
    return table.first <= first <= table.settled + _DAY_MINUTES and table.first >= earliest - _MOST_OUTDATED
