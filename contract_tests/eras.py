"""Eras of a run: a request that may change what reports say about the past, or an hour, ends each of them."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace

from contract_tests.exchange import Exchange
from contract_tests.operations import CREATE_GOAL, IDENTIFY

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
# What these operations add has the time of the request, so no report of a finished period contains it.
_OF_THE_PRESENT = frozenset({CREATE_GOAL, IDENTIFY})
# A request with one of these statuses was refused, and has changed nothing.
_REFUSED = range(400, 500)
# In ms: the time for which a report may still come from a cache, and so be older than a change.
_CACHED = 60_000
# In ms: how long an era may last. Others may change the past at any time, by a refund for example.
_LONGEST = 3_600_000


class Eras:
    """The era of each exchange of a run.

    Reports of one era have the same figures of a finished period. The first era is 0. An era lasts an hour at
    most. A report that was requested while a change was made, or within a minute after it, has an era of its
    own, below 0.
    """

    def __init__(self, changes: Iterable[Exchange] | None = None) -> None:
        """`changes` are all requests of the run that may change the past; None if they are not known yet."""
        self._era = self._number = 0
        self._is_live = changes is None
        # The instant at which the first request of the era was sent; None if it is unknown.
        self._since: int | None = None
        # The instants at which the changes were sent, sorted.
        self._sent: list[int] = []
        # For each change, the instant by which it and all earlier ones were answered.
        self._answered: list[int] = []
        for span in sorted(filter(None, map(_span_of, changes or ()))):
            self._note(*span)

    def of(self, exchange: Exchange) -> Exchange:
        """Returns an exchange with its era; the exchanges are given in the order in which they were sent."""
        self._number += 1
        span = _span_of(exchange)
        is_change = may_change_the_past(exchange)
        if is_change or self._is_over(span):
            self._era += 1
            self._since = None
        if span is not None:
            self._since = span[0] if self._since is None else self._since
            if is_change and self._is_live:
                self._note(*span)
        era = -self._number if span is not None and self._is_unsettled(*span) else self._era
        return replace(exchange, era=era) if era else exchange

    def _is_over(self, span: tuple[int, int] | None) -> bool:
        return span is not None and self._since is not None and span[0] > self._since + _LONGEST

    def _note(self, sent: int, answered: int) -> None:
        # The clock of this machine may be set back during a run.
        self._sent.append(max([sent, *self._sent[-1:]]))
        self._answered.append(max([answered, *self._answered[-1:]]))

    def _is_unsettled(self, sent: int, answered: int) -> bool:
        """Returns whether an answer may be from before or from after one of the changes."""
        begun = bisect_right(self._sent, answered)
        return begun > 0 and sent <= self._answered[begun - 1] + _CACHED


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
