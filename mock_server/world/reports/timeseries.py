"""The time series: the numbers of each hour, day, week or month of a period."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mock_server.world.past.coins import Column
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.overview import overview, share
from mock_server.world.reports.parts import parts_of
from mock_server.world.reports.period import Bucket
from mock_server.world.reports.selection import Selection

COLUMNS = ("name", "visitors", "sessions", "revenue", "payments", "conversion_rate")
FURTHER_COLUMNS = ("pageviews", "new_visitors", "returning_visitors")
"""The columns that are only in answers to requests which name them."""

_NUMBERS = ("visitors", "sessions", "payments", "pageviews", "new_visitors")
_MONEY = ("revenue", "renewals", "refunds")


def timeseries(facts: Facts, chosen: Selection, buckets: Sequence[Bucket]) -> list[dict[str, Any]]:
    """Returns a row for each bucket, even an empty one: all columns, `timestamp` and `revenueBreakdown`."""
    begins = np.array([bucket.begin for bucket in buckets], np.int64)
    parts = [_columns_of(part.chosen, begins) for part in parts_of(facts, chosen)]
    columns = {name: np.sum([part[name] for part in parts], axis=0) for name in parts[0]}
    numbers = {name: columns[name] for name in _NUMBERS}
    return [
        {
            "name": one.name,
            "timestamp": one.timestamp,
            **{name: int(column[n]) for name, column in numbers.items()},
            "returning_visitors": int(numbers["visitors"][n] - numbers["new_visitors"][n]),
            "revenue": facts.amount(columns["revenue"][n]),
            "revenueBreakdown": _breakdown(facts, *(columns[name][n] for name in _MONEY)),
            "conversion_rate": share(columns["payers"][n], numbers["visitors"][n]),
        }
        for n, one in enumerate(buckets)
    ]


def _columns_of(chosen: Selection, begins: Column) -> dict[str, Column]:
    """Returns the figures of each bucket by name; amounts are in minor units."""
    count = len(begins)
    rows, payments = chosen.rows, chosen.payments
    # The rows are sorted by their start, so those of a bucket follow each other.
    edges = np.append(np.searchsorted(rows.start, begins), len(rows))
    sessions = np.diff(edges)
    # A visit is the visitor's first one in its bucket if the previous visit is before the bucket's first row.
    first_rows = np.maximum(np.searchsorted(chosen.past.rows.start, begins), chosen.first)
    is_first = chosen.earlier < np.repeat(first_rows, sessions)
    paid_in = _bucket_of(begins, payments.at)
    return {
        "visitors": _count_between(edges, is_first),
        "sessions": sessions,
        "payments": np.bincount(_bucket_of(begins, chosen.charges.at), minlength=count),
        "pageviews": _sum_between(edges, rows.views),
        "new_visitors": _count_between(edges, is_first & (rows.number == 1)),
        "revenue": _sums(paid_in, payments.amount, count),
        "renewals": _sums(paid_in, np.where(payments.is_renewal, payments.amount, 0), count),
        "refunds": _sums(paid_in, np.where(payments.is_refund, -payments.amount, 0), count),
        "payers": _payers(chosen, _bucket_of(begins, chosen.charges.at), edges, is_first),
    }


def totals(facts: Facts, chosen: Selection) -> dict[str, Any]:
    """Returns the overview of the whole period, with `revenueBreakdown`."""
    paid = [part.chosen.payments for part in parts_of(facts, chosen)]
    revenue = sum(int(payments.amount.sum()) for payments in paid)
    renewals = sum(int(payments.amount[payments.is_renewal].sum()) for payments in paid)
    refunds = -sum(int(payments.amount[payments.is_refund].sum()) for payments in paid)
    return {**overview(facts, chosen), "revenueBreakdown": _breakdown(facts, revenue, renewals, refunds)}


def _breakdown(facts: Facts, revenue: int, renewals: int, refunds: int) -> dict[str, float]:
    """Returns the parts of a revenue: new payments, renewals, and refunds, which are subtracted."""
    return {
        "new": facts.amount(revenue - renewals + refunds),
        "renewal": facts.amount(renewals),
        "refund": facts.amount(refunds),
    }


def _bucket_of(begins: Column, instants: Column) -> Column:
    """Returns the index of each instant's bucket."""
    buckets: Column = np.searchsorted(begins, instants, side="right") - 1
    return buckets


def _sums(buckets: Column, values: Column, count: int) -> Column:
    """Returns the exact sum of the values in each of `count` buckets."""
    sums = np.zeros(count, np.int64)
    np.add.at(sums, buckets, values.astype(np.int64))
    return sums


def _count_between(edges: Column, flags: Column) -> Column:
    """Returns the number of set flags between each edge and the next one."""
    return np.diff(np.searchsorted(np.flatnonzero(flags), edges))


def _sum_between(edges: Column, values: Column) -> Column:
    """Returns the sum of the values between each edge and the next one."""
    sums = np.zeros(len(edges) - 1, np.int64)
    is_filled = np.diff(edges) > 0
    if is_filled.any():
        sums[is_filled] = np.add.reduceat(values, edges[:-1][is_filled], dtype=np.int64)
    return sums


def _payers(chosen: Selection, paid_in: Column, edges: Column, is_first: Column) -> Column:
    """Returns, for each bucket, the number of its visitors who paid in it."""
    visitors, count = chosen.past.visitors.count, len(edges) - 1
    payer = chosen.past.buyers.visitor[chosen.charges.row]
    has_number = payer >= 0
    is_payer = np.zeros(visitors, bool)
    is_payer[payer[has_number]] = True
    # Each payer counts once in each bucket.
    came = np.flatnonzero(is_payer[chosen.rows.visitor] & is_first)
    bucket = np.searchsorted(edges, came, side="right") - 1
    there = np.sort(bucket * visitors + chosen.rows.visitor[came])
    paid = np.sort(paid_in[has_number] * visitors + payer[has_number])
    paid = paid[np.diff(paid, prepend=-1) != 0]
    indices = np.searchsorted(there, paid)
    both = paid[there[np.minimum(indices, len(there) - 1)] == paid] if len(there) else paid[:0]
    return np.bincount(both // visitors, minlength=count)
