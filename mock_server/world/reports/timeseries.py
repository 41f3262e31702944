"""The numbers of each hour, day, week or month of a period."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mock_server.world.past.coins import Column
from mock_server.world.past.payments import Payments
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.overview import overview, share
from mock_server.world.reports.period import Bucket
from mock_server.world.reports.selection import Selection

COLUMNS = ("name", "visitors", "sessions", "revenue", "payments", "conversion_rate")
FURTHER_COLUMNS = ("pageviews", "new_visitors", "returning_visitors")
"""Columns that are answered to who asks for them."""


def timeseries(facts: Facts, chosen: Selection, buckets: Sequence[Bucket]) -> list[dict[str, Any]]:
    """All columns of each bucket, empty ones too, with `timestamp` and `revenueBreakdown`."""
    count = len(buckets)
    begins = np.array([bucket.begin for bucket in buckets], np.int64)
    rows, payments = chosen.rows, chosen.payments
    # Rows are sorted by their start, so those of a bucket lie together.
    edges = np.searchsorted(rows.start, begins)
    bucket = np.repeat(np.arange(count), np.diff(edges, append=len(rows)))
    # A visit is a visitor's first in its bucket if the one before lies in an earlier row of the past.
    first_rows = np.maximum(np.searchsorted(chosen.past.rows.start, begins), chosen.first)
    is_first = chosen.earlier < first_rows[bucket]
    paid_in = _place(begins, payments.at)
    numbers = {
        "visitors": np.bincount(bucket[is_first], minlength=count),
        "sessions": np.bincount(bucket, minlength=count),
        "payments": np.bincount(paid_in, minlength=count),
        "pageviews": np.bincount(bucket, rows.views, minlength=count),
        "new_visitors": np.bincount(bucket[is_first & (rows.number == 1)], minlength=count),
    }
    revenue = _sums(paid_in, payments.amount, count)
    renewals = _sums(paid_in, np.where(payments.is_renewal, payments.amount, 0), count)
    payers = _payers(chosen, payments, paid_in, bucket, count)
    return [
        {
            "name": one.name,
            "timestamp": one.timestamp,
            **{name: int(column[n]) for name, column in numbers.items()},
            "returning_visitors": int(numbers["visitors"][n] - numbers["new_visitors"][n]),
            "revenue": facts.amount(revenue[n]),
            "revenueBreakdown": _breakdown(facts, revenue[n], renewals[n]),
            "conversion_rate": share(payers[n], numbers["visitors"][n]),
        }
        for n, one in enumerate(buckets)
    ]


def totals(facts: Facts, chosen: Selection) -> dict[str, Any]:
    """The numbers of the whole period: those of its overview, with `revenueBreakdown`."""
    payments = chosen.payments
    revenue, renewals = int(payments.amount.sum()), int(payments.amount[payments.is_renewal].sum())
    return {**overview(facts, chosen), "revenueBreakdown": _breakdown(facts, revenue, renewals)}


def _breakdown(facts: Facts, revenue: int, renewals: int) -> dict[str, float]:
    """Refunds come with payments that are written; the world by itself has none."""
    return {"new": facts.amount(revenue - renewals), "renewal": facts.amount(renewals), "refund": 0}


def _place(begins: Column, instants: Column) -> Column:
    """In which bucket instants lie."""
    places: Column = np.searchsorted(begins, instants, side="right") - 1
    return places


def _sums(places: Column, values: Column, count: int) -> Column:
    """The exact sum of the values in each place."""
    sums = np.zeros(count, np.int64)
    np.add.at(sums, places, values.astype(np.int64))
    return sums


def _payers(chosen: Selection, payments: Payments, paid_in: Column, bucket: Column, count: int) -> Column:
    """How many of the visitors of each bucket paid in it."""
    visitors = chosen.past.visitors.count
    payer = chosen.past.buyers.visitor[payments.row]
    known = payer >= 0
    paid = np.unique(paid_in[known] * visitors + payer[known])
    is_payer = np.zeros(visitors, bool)
    is_payer[paid % visitors] = True
    of_payers = is_payer[chosen.rows.visitor]
    came = np.unique(bucket[of_payers] * np.int64(visitors) + chosen.rows.visitor[of_payers])
    both: Column = np.intersect1d(paid, came, assume_unique=True)
    return np.bincount(both // visitors, minlength=count)
