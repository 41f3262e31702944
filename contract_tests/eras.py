"""Eras of a run: a request that may change what reports say about the past begins another one."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import replace

from contract_tests.exchange import Exchange

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
# What these operations add has the time of the request, so no report of a finished period contains it.
_OF_THE_PRESENT = frozenset({"createGoal", "identifyVisitor"})
# A request with one of these statuses was refused, and has changed nothing.
_REFUSED = range(400, 500)
# In ms: the time for which a report may still come from a cache, and so be older than a change.
_CACHED = 60_000


class Eras:
    """The era of each exchange of a run.

    Reports of one era have the same figures of a finished period. The first era is 0. A report that was
    requested while a change was made, or within a minute after it, has an era of its own, below 0.
    """

    def __init__(self, changes: Iterable[Exchange] = ()) -> None:
        """`changes` are requests that may change the past, if they are known before `of` gets them."""
        self._era = self._number = 0
        # The instants at which each change was sent and answered, sorted.
        self._changes = sorted(span for change in changes if (span := _span_of(change)) is not None)

    def of(self, exchange: Exchange) -> Exchange:
        """Returns an exchange with its era; the exchanges are given in the order in which they were sent."""
        self._number += 1
        if may_change_the_past(exchange):
            self._era += 1
            span = _span_of(exchange)
            if span is not None and span not in self._changes:
                insort(self._changes, span)
        era = -self._number if self._is_unsettled(exchange) else self._era
        return replace(exchange, era=era) if era else exchange

    def _is_unsettled(self, exchange: Exchange) -> bool:
        """Returns whether an answer may be from before or from after one of the changes."""
        span = _span_of(exchange)
        if span is None:
            return False
        sent, answered = span
        begun = bisect_left(self._changes, (answered + 1,))
        return any(sent <= changed + _CACHED for _, changed in self._changes[:begun])


def with_eras(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Returns the exchanges of a whole run, which may overlap in time, each with its era."""
    given = list(exchanges)
    eras = Eras(filter(may_change_the_past, given))
    return list(map(eras.of, given))


def may_change_the_past(exchange: Exchange) -> bool:
    """Returns whether a request may have changed the figures of finished periods, or a website's settings."""
    return (
        exchange.method not in _READS
        and exchange.operation not in _OF_THE_PRESENT
        and exchange.status not in _REFUSED
    )


def _span_of(exchange: Exchange) -> tuple[int, int] | None:
    """Returns the instants at which a request was sent and answered; None if they are unknown."""
    return None if exchange.sent is None else (exchange.sent, exchange.sent + exchange.trip)
