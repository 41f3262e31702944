"""The question that a request asks of a website's past: a period, a time zone and filters."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from mock_server.errors import INVALID_QUERY, ApiError
from mock_server.resources.call import Call
from mock_server.world.amended import AmendedWorld
from mock_server.world.past.kept import beginning
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.filters import NAMES, Filter, FilterError, filter_of
from mock_server.world.reports.parts import select
from mock_server.world.reports.period import Period, PeriodError, period_of, zone_of
from mock_server.world.reports.selection import Selection


class Answered(NamedTuple):
    """The part of a website's past that a request selects: its rows as `chosen`, and its period.

    `facts` are needed to read the columns of the past.
    """

    facts: Facts
    chosen: Selection
    period: Period


def asked(call: Call) -> Answered:
    """Returns the part of the past that the dates and filters of a request select. Raises ApiError 400."""
    return selected(call, period(call), filters(call))


def selected(call: Call, stretch: Period | None, matching: list[Filter]) -> Answered:
    """Returns the part of the past that a period and filters select; a period of None means all time."""
    assert call.pasts is not None, "reports are called with the pasts"
    since = min(beginning(call.world.site, call.instant), call.instant)
    if stretch is None:
        stretch = Period(min(since, _first_written(call)), call.instant + 1, zone(call))
    # There are no visits from before the website began.
    begin = stretch.begin if stretch.end > since else call.instant
    drawing, past = call.pasts.at(call.world, begin, call.instant)
    facts, chosen = select(drawing, past, stretch.begin, stretch.end, matching)
    return Answered(facts, chosen, stretch)


def _first_written(call: Call) -> int:
    """Returns the instant of the first written page view or payment; without one, that of the request."""
    if not isinstance(call.world, AmendedWorld):
        return call.instant
    changes = call.world.changes
    firsts = [views[0].written for views in changes.views.values()]
    if changes.payments:
        firsts.append(changes.payments[0].at)
    return min(firsts, default=call.instant)


def period(call: Call) -> Period | None:
    """Returns the period between `startAt` and `endAt`, or None if neither was sent. Raises ApiError 400."""
    try:
        return period_of(call.query.get("startAt"), call.query.get("endAt"), zone(call))
    except PeriodError as error:
        raise invalid(error) from None


def filters(call: Call) -> list[Filter]:
    """Returns the filters of a request. Raises ApiError 400 for an invalid operator or number."""
    sent: Mapping[str, Any] = call.query
    try:
        return [filter_of(name, sent[f"filter_{name}"]) for name in NAMES if f"filter_{name}" in sent]
    except FilterError as error:
        raise invalid(error) from None


def invalid(error: PeriodError | FilterError) -> ApiError:
    """Returns the ApiError 400 for an invalid question."""
    return ApiError(INVALID_QUERY, problem=error)


def zone(call: Call) -> ZoneInfo:
    """Returns the time zone of the request, by default the website's. Raises ApiError 400."""
    try:
        return zone_of(call.query.get("timezone", call.world.site.timezone))
    except PeriodError as error:
        raise invalid(error) from None
