"""The overview: the numbers of a whole period."""

from typing import Any

import numpy as np

from mock_server.world.reports.facts import Facts
from mock_server.world.reports.selection import Selection

COLUMNS = (
    *("visitors", "sessions", "bounce_rate", "avg_session_duration", "currency"),
    *("revenue", "payments", "revenue_per_visitor", "conversion_rate"),
)
FURTHER_COLUMNS = ("pageviews", "new_visitors", "returning_visitors")
"""Columns that are answered to who asks for them, and not told otherwise."""


def overview(facts: Facts, chosen: Selection) -> dict[str, Any]:
    """Returns all columns. Rates are percentages; the average duration is in ms."""
    rows, payments = chosen.rows, chosen.payments
    sessions, visitors = len(rows), int(np.count_nonzero(chosen.is_first))
    revenue = int(payments.amount.sum())
    new = int(np.count_nonzero(rows.number == 1))
    return {
        "visitors": visitors,
        "sessions": sessions,
        "bounce_rate": share(sessions - int(np.count_nonzero(rows.length)), sessions),
        "avg_session_duration": round(int(rows.length.sum()) / sessions, 2) if sessions else 0,
        "currency": facts.currency,
        "revenue": facts.amount(revenue),
        "payments": len(payments.at),
        "revenue_per_visitor": round(facts.amount(revenue) / visitors, 2) if visitors else 0,
        "conversion_rate": share(chosen.count_paying_visitors(), visitors),
        "pageviews": int(rows.views.sum()),
        "new_visitors": new,
        "returning_visitors": visitors - new,
    }


def share(part: float, whole: float) -> float:
    """Returns a part of a whole in percent, with two decimals; 0 if the whole is 0."""
    return round(100 * float(part) / float(whole), 2) if whole else 0
