"""The overview: the numbers of a whole period."""

from typing import Any

from mock_server.world.reports.facts import Facts
from mock_server.world.reports.selection import Selection
from mock_server.world.reports.sums import sums_of

COLUMNS = (
    *("visitors", "sessions", "bounce_rate", "avg_session_duration", "currency"),
    *("revenue", "payments", "revenue_per_visitor", "conversion_rate"),
)
FURTHER_COLUMNS = ("pageviews", "new_visitors", "returning_visitors")
"""Columns that are answered to who asks for them, and not told otherwise."""


def overview(facts: Facts, chosen: Selection) -> dict[str, Any]:
    """Returns all columns. Rates are percentages; the average duration is in ms."""
    sums, payments = sums_of(chosen), chosen.payments
    sessions, visitors = sums.sessions, sums.visitors
    revenue = int(payments.amount.sum())
    return {
        "visitors": visitors,
        "sessions": sessions,
        "bounce_rate": share(sums.bounces, sessions),
        "avg_session_duration": round(sums.length / sessions, 2) if sessions else 0,
        "currency": facts.currency,
        "revenue": facts.amount(revenue),
        "payments": len(chosen.charges),
        "revenue_per_visitor": round(facts.amount(revenue) / visitors, 2) if visitors else 0,
        "conversion_rate": share(chosen.count_paying_visitors(), visitors),
        "pageviews": sums.pageviews,
        "new_visitors": sums.new_visitors,
        "returning_visitors": visitors - sums.new_visitors,
    }


def share(part: float, whole: float) -> float:
    """Returns a part of a whole in percent, with two decimals; 0 if the whole is 0."""
    return round(100 * float(part) / float(whole), 2) if whole else 0
