"""The list of the visitors of a period, last seen first."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mock_server.world.past.coins import Column
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.goals import reached_by
from mock_server.world.reports.parts import Part, parts_of
from mock_server.world.reports.selection import Selection
from mock_server.world.visits import Visitor
from mock_server.world.walk import NEVER


class Listed(NamedTuple):
    """A visitor, with the start of a visit, and the instant of its last page view or of the goal."""

    visitor: Visitor
    start: int
    last_seen_at: int


class Page(NamedTuple):
    """A page of the visitors' list, and the length of the whole list."""

    visitors: list[Listed]
    total: int


@dataclass(frozen=True, slots=True)
class _Found:
    """The visitors of a part as columns: numbers, instants when last seen, and starts of their visits."""

    number: Column
    at: Column
    start: Column

    def __len__(self) -> int:
        return len(self.number)


def visitors(
    facts: Facts, chosen: Selection, offset: int, limit: int, *, goal: str | None, is_customer: bool | None
) -> Page:
    """Returns a page of the list.

    With a goal, it lists the visitors who reached the goal, by the time of the goal.

    `is_customer` True selects visitors who have paid by now, False the others; None selects both. Visitors of
    the same instant are sorted by their visits.
    """
    parts = parts_of(facts, chosen)
    found = [_seen(part, is_customer) if goal is None else _who_reached(part, goal) for part in parts]
    # Every visitor on the page is among the newest visitors of a part.
    first = offset if len(parts) == 1 else 0
    newest = [_newest(one, first, offset + limit) for one in found]
    at = np.concatenate([one.at for one in newest])
    index = np.concatenate([np.arange(len(one)) for one in newest])
    which = np.repeat(np.arange(len(parts)), [len(one) for one in newest])
    order = np.argsort(-at, kind="stable")[offset - first :][:limit]
    listed = [_listed(parts[which[n]], newest[which[n]], index[n]) for n in order]
    return Page(listed, sum(map(len, found)))


def _seen(part: Part, is_customer: bool | None) -> _Found:
    chosen = part.chosen
    rows = np.flatnonzero(chosen.is_last)
    if is_customer is not None:
        rows = rows[_customers(chosen)[chosen.rows.visitor[rows]] == is_customer]
    start = chosen.rows.start[rows]
    return _Found(chosen.rows.visitor[rows], start + chosen.rows.length[rows], start)


def _who_reached(part: Part, goal: str) -> _Found:
    chosen, reached = part.chosen, reached_by(part.facts, part.chosen, goal)
    numbers, indices = np.array([*reached], np.int64), np.array([*reached.values()], np.int64)
    return _Found(
        numbers, chosen.goals.at[indices], chosen.past.column_of("start", chosen.goals.row[indices])
    )


def _customers(chosen: Selection) -> Column:
    """Returns a flag for each visitor: whether the visitor has paid up to the instant of the past."""
    flags = np.zeros(chosen.past.visitors.count, bool)
    payments = chosen.past.paid(-NEVER, chosen.past.instant + 1)
    payers = chosen.past.buyers.visitor[payments.row[~payments.is_refund]]
    flags[payers[payers >= 0]] = True
    return flags


def _newest(found: _Found, begin: int, end: int) -> _Found:
    """Returns the visitors with the indices from `begin` to before `end`, where the latest come first."""
    end = min(end, len(found))
    indices = np.arange(len(found)) if begin < end else _NOBODY
    if begin < end < len(found) // 4:
        # Only the visitors who are late enough for the page are sorted.
        least = np.partition(found.at, len(found) - end)[len(found) - end]
        indices = np.flatnonzero(found.at >= least)
    # The visitors' numbers depend on the beginning of the table, so they cannot decide the order.
    order = np.lexsort((found.number[indices], found.start[indices], -found.at[indices]))
    page = indices[order[begin:end]]
    return _Found(*(column[page] for column in (found.number, found.at, found.start)))


def _listed(part: Part, found: _Found, index: int) -> Listed:
    visitor = part.chosen.past.visitors.visitor(int(found.number[index]))
    return Listed(visitor, int(found.start[index]), int(found.at[index]))


_NOBODY: Column = np.zeros(0, np.int64)
