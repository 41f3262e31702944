"""The overview: the numbers of a whole period."""

from functools import reduce
from typing import Any

from mock_server.world.reports.facts import Facts
from mock_server.world.reports.parts import parts_of
from mock_server.world.reports.selection import Selection
from mock_server.world.reports.sums import Sums, sums_of

COLUMNS = (
    *("visitors", "sessions", "bounce_rate", "avg_session_duration", "currency"),
    *("revenue", "payments", "revenue_per_visitor", "conversion_rate"),
)
FURTHER_COLUMNS = ("pageviews", "new_visitors", "returning_visitors")
"""The columns that are only in answers to requests which name them."""


def overview(facts: Facts, chosen: Selection) -> dict[str, Any]:
    """Returns all figures of the period by name. Rates are percentages; the average duration is in ms."""
    parts = [part.chosen for part in parts_of(facts, chosen)]
    sums = reduce(Sums.plus, map(sums_of, parts))
    sessions, visitors = sums.sessions, sums.visitors
    revenue = sum(int(part.payments.amount.sum()) for part in parts)
    return {
        "visitors": visitors,
        "sessions": sessions,
        "bounce_rate": share(sums.bounces, sessions),
        "avg_session_duration": round(sums.length / sessions, 2) if sessions else 0,
        "currency": facts.currency,
        "revenue": facts.amount(revenue),
        "payments": sum(len(part.charges) for part in parts),
        "revenue_per_visitor": round(facts.amount(revenue) / visitors, 2) if visitors else 0,
        "conversion_rate": share(sum(part.count_paying_visitors() for part in parts), visitors),
        "pageviews": sums.pageviews,
        "new_visitors": sums.new_visitors,
        "returning_visitors": visitors - sums.new_visitors,
    }


def share(part: float, whole: float) -> float:
    """Returns a part of a whole in percent, with two decimals; 0 if the whole is 0."""
    return round(100 * float(part) / float(whole), 2) if whole else 0
