"""The list of the visitors of a period, last seen first."""

from typing import NamedTuple

import numpy as np

from mock_server.world.past.coins import Column
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.goals import reached_by
from mock_server.world.reports.selection import Selection
from mock_server.world.visits import Visitor


class Listed(NamedTuple):
    """A visitor, the start of a visit, and when they were last seen in it or reached the goal asked for."""

    visitor: Visitor
    start: int
    last_seen_at: int


class Page(NamedTuple):
    """A page of the visitors' list, and the length of the whole list."""

    visitors: list[Listed]
    total: int


def visitors(
    facts: Facts, chosen: Selection, offset: int, limit: int, *, goal: str | None, is_customer: bool | None
) -> Page:
    """Returns a page of the list. With a goal, it has those who reached it, and the instants when they did.

    `is_customer` selects those who have paid by now, or have not; None selects both. Visitors of the same
    instant are sorted by their visits.
    """
    if goal is not None:
        return _who_reached(facts, chosen, goal, offset, limit)
    rows = np.flatnonzero(chosen.is_last)
    if is_customer is not None:
        rows = rows[_customers(chosen)[chosen.rows.visitor[rows]] == is_customer]
    seen = chosen.rows.start[rows] + chosen.rows.length[rows]
    page = _newest(seen, chosen.rows.visitor[rows], offset, limit)
    listed = [
        Listed(
            chosen.past.visitors.visitor(int(chosen.rows.visitor[row])), int(chosen.rows.start[row]), int(at)
        )
        for row, at in zip(rows[page], seen[page], strict=True)
    ]
    return Page(listed, len(rows))


def _who_reached(facts: Facts, chosen: Selection, goal: str, offset: int, limit: int) -> Page:
    reached = reached_by(facts, chosen, goal)
    numbers, places = np.array([*reached], np.int64), np.array([*reached.values()], np.int64)
    at, starts = chosen.goals.at[places], chosen.past.column_of("start", chosen.goals.row[places])
    # The number of a visitor who came before the table begins depends on that.
    order = np.lexsort((numbers, starts, -at))[offset : offset + limit]
    numbers, starts, at = numbers[order], starts[order], at[order]
    listed = [
        Listed(chosen.past.visitors.visitor(visitor), start, at)
        for visitor, start, at in zip(numbers.tolist(), starts.tolist(), at.tolist(), strict=True)
    ]
    return Page(listed, len(reached))


def _customers(chosen: Selection) -> Column:
    """Returns a flag for each visitor: whether they have paid up to the instant of the past."""
    flags = np.zeros(chosen.past.visitors.count, bool)
    payments = chosen.past.payments
    payers = chosen.past.buyers.visitor[payments.row[payments.at <= chosen.past.instant]]
    flags[payers[payers >= 0]] = True
    return flags


def _newest(seen: Column, number: Column, offset: int, limit: int) -> Column:
    """Returns the places of a page of the latest instants, latest first."""
    end = min(offset + limit, len(seen))
    if offset >= end:
        return np.zeros(0, np.int64)
    places = np.arange(len(seen))
    if end < len(seen) // 4:
        # Only those that are late enough for the page are sorted.
        least = np.partition(seen, len(seen) - end)[len(seen) - end]
        places = np.flatnonzero(seen >= least)
    order = places[np.lexsort((number[places], -seen[places]))]
    return order[offset:end]
