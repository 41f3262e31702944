"""The figures of each hour, day, week or month of a period, `GET /analytics/timeseries`."""

from collections.abc import Sequence

from mock_server.resources.call import Call, Reply
from mock_server.resources.reports.question import filters, invalid, selected, zone
from mock_server.resources.reports.rows import only, page_of, pagination, success
from mock_server.world.reports import timeseries as figures
from mock_server.world.reports.period import (
    Period,
    PeriodError,
    as_whole_days,
    buckets_of,
    period_of,
    usual_period,
)

_NAME = ("name", "timestamp")


def timeseries(call: Call) -> Reply:
    """Returns the buckets of a period, oldest first, with the figures of the whole period.

    `{"status", "fields", "interval", "timezone", "currency", "totals", "data": [{"visitors": 52, "name": "02
    Jan", "timestamp": "2026-01-02T00:00:00Z"}], "pagination"}`. A period within one day is divided into
    hours. Raises ApiError 400 for dates, a time zone or a filter that cannot be read, and for more than
    50,000 buckets.
    """
    fields = tuple(dict.fromkeys(call.query["fields"]))
    try:
        period, interval = _period_and_interval(call)
        buckets = buckets_of(period, interval)
    except PeriodError as error:
        raise invalid(error) from None
    facts, chosen, _ = selected(call, period, filters(call))
    rows = figures.timeseries(facts, chosen, buckets)
    columns = _with_money(fields)
    return success(
        fields=fields,
        interval=interval,
        timezone=period.zone.key,
        currency=facts.currency,
        totals=only(figures.totals(facts, chosen), columns),
        data=[only(row, (*columns, *_NAME)) for row in page_of(call, rows)],
        pagination=pagination(call, len(rows)),
    )


def _period_and_interval(call: Call) -> tuple[Period, str]:
    """Returns the period, and the interval of its buckets. Raises PeriodError."""
    interval, here = call.query["interval"], zone(call)
    dates = as_whole_days(call.query.get("startAt"), call.query.get("endAt"))
    period = period_of(*dates, here)
    if period is None:
        return usual_period(interval, call.instant, here), interval
    return period, "hour" if period.is_one_day else interval


def _with_money(fields: Sequence[str]) -> list[str]:
    """Returns the requested figures. If revenue is one of them, its breakdown and the payments are added."""
    columns = [name for name in fields if name != "name"]
    if "revenue" in columns:
        columns += [name for name in ("payments", "revenueBreakdown") if name not in columns]
    return columns
