"""The visitors and payments of a period by one dimension."""

from collections.abc import Iterator
from operator import add
from typing import Any

import numpy as np

from mock_server.world.past.chosen import ChosenRows
from mock_server.world.past.coins import Column
from mock_server.world.past.masks import Masks
from mock_server.world.past.payments import Payments
from mock_server.world.past.sets import RowSets
from mock_server.world.reports.dimensions import Dimension, column_of
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.parts import parts_of
from mock_server.world.reports.selection import Selection, distinct


def breakdown(facts: Facts, chosen: Selection, name: str) -> list[dict[str, Any]]:
    """Returns a row for each value that occurs: `value, visitors, revenue, payments`, most visitors first.

    A visitor counts for the value of their first visit that has a value, so the rows add up to all visitors.
    Pages and hostnames count every visitor who viewed them.
    """
    found: dict[str, tuple[int, int, int]] = {}
    for part in parts_of(facts, chosen):
        for value, *figures in _figures(part.facts, part.chosen, part.facts.dimensions[name]):
            visitors, revenue, payments = map(add, found.get(value, (0, 0, 0)), figures)
            found[value] = visitors, revenue, payments
    rows = [
        {"value": value, "visitors": v, "revenue": facts.amount(r), "payments": p}
        for value, (v, r, p) in found.items()
    ]
    return sorted(rows, key=lambda row: (-row["visitors"], row["value"]))


def _figures(facts: Facts, chosen: Selection, dimension: Dimension) -> Iterator[tuple[str, int, int, int]]:
    """Yields each value that occurs in a part, with visitors, revenue in minor units, and payments."""
    names, group_of = dimension.groups()
    visitors = (
        _counted_as_sets(facts.masks[dimension.column], chosen, dimension, group_of, len(names))
        if dimension.is_a_set
        else _counted_once(chosen, dimension, group_of, len(names))
    )
    payments = chosen.payments
    buyers = chosen.buyers_of(payments)
    revenue, paid = _paid(facts, dimension, group_of, len(names), buyers, payments)
    for value, v, r, p in zip(names, visitors.tolist(), revenue.tolist(), paid.tolist(), strict=True):
        if v or p or r:
            yield value, v, r, p


def _counted_once(chosen: Selection, dimension: Dimension, group_of: Column, count: int) -> Column:
    """Returns the number of visitors by group.

    A group is the index of a value, and each visitor counts in one group.
    """
    group = group_of[column_of(chosen.rows, dimension)]
    if dimension.is_of_visitors or (group_of >= 0).all():
        firsts = group[chosen.is_first]
    else:
        # The order is from the last visit to the first, because the last assignment remains.
        there = np.flatnonzero(group >= 0)[::-1]
        first = np.full(chosen.past.visitors.count, -1, np.int32)
        first[chosen.rows.visitor[there]] = group[there]
        firsts = first[first >= 0]
    return np.bincount(firsts[firsts >= 0], minlength=count)


def _counted_as_sets(
    sets: Masks, chosen: Selection, dimension: Dimension, group_of: Column, count: int
) -> Column:
    """Returns the number of visitors of each group; a visitor may count in several."""
    masks = column_of(chosen.rows, dimension)
    if isinstance(sets, RowSets):
        return _counted_in_groups(sets, chosen, masks, group_of, count)
    if len(set(group_of.tolist())) == len(group_of):
        counts = np.zeros(count, np.int64)
        named = group_of >= 0
        counts[group_of[named]] = sets.counts(masks & ~_met_before(chosen, masks))[named]
        return counts
    visitors = chosen.past.visitors.count
    groups = [np.flatnonzero(group_of == group).tolist() for group in range(count)]
    return np.array(
        [distinct(chosen.rows.visitor[sets.have_any(masks, group)], visitors) for group in groups]
    )


def _counted_in_groups(
    sets: RowSets, chosen: Selection, masks: Column, group_of: Column, count: int
) -> Column:
    """Returns the number of visitors of each group; a visitor may count in several.

    It is fast for many groups.
    """
    indices, numbers = sets.members(masks)
    pairs = chosen.rows.visitor[indices] * count + group_of[numbers]
    return np.bincount(np.unique(pairs[group_of[numbers] >= 0]) % max(count, 1), minlength=count)


def _met_before(chosen: Selection, masks: Column) -> Column:
    """Returns, for each visit, the union of the sets of its visitor's earlier visits in the selection."""
    met = np.zeros_like(masks)
    rows = np.flatnonzero(~chosen.is_first)
    earlier = chosen.earlier_indices(rows)
    is_open = ~chosen.is_first
    while len(rows):
        # The visits whose previous visit is complete: first the second visits of all visitors, then the third
        # ones, and so on.
        is_next = ~is_open[earlier]
        taken, before = rows[is_next], earlier[is_next]
        met[taken] = met[before] | masks[before]
        is_open[taken] = False
        rows, earlier = rows[~is_next], earlier[~is_next]
    return met


def _paid(
    facts: Facts, dimension: Dimension, group_of: Column, count: int, buyers: ChosenRows, paid: Payments
) -> tuple[Column, Column]:
    """Returns revenue, in minor units, and payments of each group.

    A payment belongs to the visit of its purchase.
    """
    revenue, payments = np.zeros((2, count), np.int64)
    amount, is_charge = paid.amount, ~paid.is_refund
    if dimension.is_a_set:
        sets = facts.masks[dimension.column]
        if isinstance(sets, RowSets):
            indices, numbers = sets.members(column_of(buyers, dimension))
            # A visit with several pages of a group counts once in the group.
            pairs = np.unique(indices * count + group_of[numbers])
            index, groups = np.divmod(pairs, max(count, 1))
            np.add.at(revenue, groups, amount[index])
            np.add.at(payments, groups, is_charge[index])
            return revenue, payments
        for group in range(count):
            flags = sets.have_any(column_of(buyers, dimension), np.flatnonzero(group_of == group).tolist())
            revenue[group], payments[group] = amount[flags].sum(), np.count_nonzero(flags & is_charge)
        return revenue, payments
    groups = group_of[column_of(buyers, dimension)]
    there = groups >= 0
    np.add.at(revenue, groups[there], amount[there])
    np.add.at(payments, groups[there & is_charge], 1)
    return revenue, payments
