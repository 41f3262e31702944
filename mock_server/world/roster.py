"""The roster of active sessions.

An update to the next tick takes time for what changes, and not for all sessions.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import Any

from mock_server.instants import MINUTE
from mock_server.world.sessions import Session
from mock_server.world.site import LONGEST_SESSION_MINUTES
from mock_server.world.walk import NEVER

WINDOW = 10 * MINUTE
"""The length of the window in ms.

Visitors with a page view in it are active, and the map lists the events in it.
"""
REACH = LONGEST_SESSION_MINUTES + WINDOW // MINUTE
"""The largest age, in minutes, of a session that may have an event in the window."""

Show = Callable[[Session, int], tuple[int, Any]]
"""A function that makes a value from an active session at an instant, and says until when the value is
valid.
"""


class Roster:
    """The active sessions at an instant, with cached values of each session.

    Three things change it: sessions that start, views that leave the window, and values that become invalid.
    The instants of all changes are known beforehand, and a heap returns the next ones. Checking all sessions
    in each tick would take twice as long for a map, and five times as long for a counter.
    """

    def __init__(
        self, started: Callable[[int], Sequence[Session]], instant: int, shows: Mapping[Any, Show]
    ) -> None:
        """`started` returns the sessions that start in a given minute, latest first.

        `shows` are the functions that make values, by name.
        """
        self._started = started
        self.instant = instant
        self.shows = shows
        # Each session has a number as its rank. The list is sorted oldest first, so that new sessions are
        # appended.
        self._ranks: list[int] = []
        self._shown = {name: _Shown() for name in shows}
        self._due: list[tuple[int, int, Session]] = []
        for minute in range(instant // MINUTE - REACH, instant // MINUTE + 1):
            for rank, session in self._ranked(minute):
                if session.last_view > instant - WINDOW:
                    self._settle(rank, session)

    def __len__(self) -> int:
        """Returns the number of active sessions."""
        return len(self._ranks)

    def shown(self, name: Any) -> list[Any]:
        """Returns the values that the function with this name made, the value of the latest session first."""
        return self._shown[name].values[::-1]

    def go_to(self, instant: int) -> None:
        """Updates the roster to a later instant."""
        for minute in range(self.instant // MINUTE + 1, instant // MINUTE + 1):
            for rank, session in self._ranked(minute):
                heappush(self._due, (session.start, rank, session))
        self.instant = instant
        while self._due and self._due[0][0] <= instant:
            _, rank, session = heappop(self._due)
            self._settle(rank, session)

    def _ranked(self, minute: int) -> Iterable[tuple[int, Session]]:
        return zip(count(minute << 32), reversed(self._started(minute)), strict=False)

    def _settle(self, rank: int, session: Session) -> None:
        """Inserts or removes a session, and notes when it has to be checked again."""
        index = bisect_left(self._ranks, rank)
        is_there = index < len(self._ranks) and self._ranks[index] == rank
        if not session.has_view(self.instant - WINDOW, self.instant):
            if is_there:
                del self._ranks[index]
                for shown in self._shown.values():
                    shown.remove(rank, index)
            due = session.next_view(self.instant)
        else:
            if not is_there:
                self._ranks.insert(index, rank)
                for shown in self._shown.values():
                    shown.insert(rank, index)
            due = session.latest_view(self.instant) + WINDOW
            for name, shown in self._shown.items():
                if shown.until[rank] <= self.instant:
                    shown.until[rank], shown.values[index] = self.shows[name](session, self.instant)
                due = min(due, shown.until[rank])
        if due < NEVER:
            heappush(self._due, (due, rank, session))


class _Shown:
    """The values that one function made, in the order of the sessions.

    `until` has the instants until which they are valid, by the rank of the session.
    """

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.until: dict[int, int] = {}

    def insert(self, rank: int, index: int) -> None:
        """Makes room for a session's value, which is made later."""
        self.values.insert(index, None)
        self.until[rank] = 0

    def remove(self, rank: int, index: int) -> None:
        """Removes a session's value."""
        del self.values[index], self.until[rank]
