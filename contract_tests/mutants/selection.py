"""Mutants of what reports select: filters, dates, columns and pages without their documented effect."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import parse_qsl, urlsplit

from contract_tests.asking import labels
from contract_tests.exchange import Exchange, Json
from contract_tests.mutants.mutant import Mutant, Mutation, Weight
from contract_tests.mutants.planting import answering, rewriting
from contract_tests.operations import METADATA, OVERVIEW, TIMESERIES, VISITORS

_SUMMER = timedelta(hours=5)

Query = dict[str, str]
Which = Callable[[Query], bool]
Edit = Callable[[Json, Query], object]


def _query(exchange: Exchange) -> Query:
    return dict(parse_qsl(urlsplit(exchange.url).query))


def _planting(operation: str, edit: Edit, which: Which) -> Mutation:
    def change(body: Json, exchange: Exchange) -> None:
        query = _query(exchange)
        if body["data"] and which(query):
            edit(body, query)

    return rewriting(operation, change)


def _mutant(
    name: str, clause: str, operation: str, edit: Edit, which: Which, weight: Weight = "breaks"
) -> Mutant:
    return Mutant(name, clause, partial(_planting, operation, edit, which), None, weight)


def _always(_query: Query) -> bool:
    return True


def _by_system(query: Query) -> bool:
    return "filter_os" in query


def _by_zone(query: Query) -> bool:
    return "timezone" in query and "filter_os" not in query


def _visitors(row: Json, visitors: int) -> None:
    """Sets the visitors of an overview, with other figures that agree with them."""
    row.update(visitors=visitors, sessions=visitors, bounce_rate=0, conversion_rate=0)
    row["revenue_per_visitor"] = row["revenue"] / max(visitors, 1)


def _without_effect() -> Mutation:
    """Returns a mutation that answers a filter by system with all visitors of the first overview."""
    known: list[int] = []

    def edit(body: Json, query: Query) -> None:
        row = body["data"][0]
        known.append(row["visitors"])
        if _by_system(query):
            _visitors(row, known[0])

    return _planting(OVERVIEW, edit, _always)


def _scaled(share: float) -> Edit:
    return lambda body, _query: _visitors(body["data"][0], int(body["data"][0]["visitors"] * share))


def _first_alternative() -> Mutation:
    """Returns a mutation that moves sessions from two countries to all the others."""
    moved: list[int] = []

    def edit(body: Json, query: Query) -> None:
        row, condition = body["data"][0], query["filter_country"]
        if condition.startswith("is_not:"):
            row.update(sessions=row["sessions"] + sum(moved[-1:]), bounce_rate=0)
        else:
            moved.append(row["sessions"] - int(row["sessions"] * 0.3))
            _visitors(row, int(row["sessions"] * 0.3))

    return _planting(OVERVIEW, edit, _by_countries)


def _by_countries(query: Query) -> bool:
    return "," in query.get("filter_country", "")


def _with_instants(query: Query) -> bool:
    return query.get("startAt", "").endswith("+09:00")


def _later(body: Json, _query: Query) -> None:
    """Moves all buckets to later hours, as if their day were one of another time zone."""
    for bucket in body["data"]:
        at = datetime.fromisoformat(bucket["timestamp"]) + _SUMMER
        bucket["timestamp"] = at.isoformat()


def _in_utc(body: Json, _query: Query) -> None:
    for bucket in body["data"]:
        at = datetime.fromisoformat(bucket["timestamp"])
        bucket["timestamp"] = (at - (at.utcoffset() or timedelta())).replace(tzinfo=None).isoformat() + "Z"


def _more_buckets(body: Json, _query: Query) -> None:
    """Adds an empty bucket for each further day of each week, except for the last, which the period cuts."""
    weeks, body["data"] = body["data"], []
    for week in weeks:
        for day in range(7 if week is not weeks[-1] else 1):
            at = datetime.fromisoformat(week["timestamp"]) + timedelta(days=day)
            empty = {"visitors": 0, "sessions": 0, "revenue": 0, "payments": 0}
            parts = {"revenueBreakdown": {"new": 0, "renewal": 0, "refund": 0}}
            body["data"].append({**week, **({**empty, **parts} if day else {}), "timestamp": at.isoformat()})
    body["pagination"]["total"] = len(body["data"])


def _by_weeks(query: Query) -> bool:
    return query.get("interval") == "week"


def _all_columns(body: Json, _query: Query) -> None:
    names = ("visitors", "sessions", "bounce_rate", "avg_session_duration", "revenue", "payments")
    row = body["data"][0]
    for name in (*names, "revenue_per_visitor", "conversion_rate"):
        row.setdefault(name, 0)
    row.setdefault("currency", None)
    row["revenue"] = row["revenue_per_visitor"] = 0


def _with_columns(query: Query) -> bool:
    return query.get("fields") == "visitors,sessions"


def _total(change: int) -> Edit:
    def edit(body: Json, _query: Query) -> None:
        body["pagination"]["total"] += change

    return edit


def _more(body: Json, _query: Query) -> None:
    body["pagination"]["hasMore"] = not body["pagination"]["hasMore"]


def _twice(body: Json, _query: Query) -> None:
    if len(body["data"]) > 1:
        body["data"][1] = body["data"][0]


def _ending(*, has_more: bool) -> Edit:
    return lambda body, _query: body["pagination"].update(hasMore=has_more)


def _twice_in_capitals(body: Json, query: Query) -> None:
    _twice(body, query)
    body["data"][1] = {**body["data"][1], "visitorId": body["data"][0]["visitorId"].upper()}


def _with_browser(query: Query) -> bool:
    return "browser" in query


def _without_rows(body: Json, _query: Query) -> None:
    body["data"].clear()


def _is_second(query: Query) -> bool:
    return query.get("offset") == "1"


def _last_week_later(body: Json, _query: Query) -> None:
    """Moves the last week by a week, and adds an empty one in its place."""
    last = body["data"].pop()
    figures = dict.fromkeys(("visitors", "sessions", "revenue", "payments"), 0)
    empty = {**last, **figures, "revenueBreakdown": dict.fromkeys(("new", "renewal", "refund"), 0)}
    later = datetime.fromisoformat(last["timestamp"]) + timedelta(days=7)
    body["data"] += [empty, {**last, "timestamp": later.isoformat()}]
    body["pagination"]["total"] = len(body["data"])


def _others(body: Json, _query: Query) -> None:
    for row in body["data"]:
        row["identity"]["browser"] = "Mosaic"


def _named(member: str, value: str) -> Edit:
    def edit(body: Json, _query: Query) -> None:
        for row in body["data"]:
            row[member] = value

    return edit


def _in_identity(member: str, value: str) -> Edit:
    def edit(body: Json, _query: Query) -> None:
        for row in body["data"]:
            row["identity"][member] = value

    return edit


def _yesterday(body: Json, _query: Query) -> None:
    for row in body["data"]:
        if body["interval"] == "day":
            row["name"] = f"{datetime.fromisoformat(row['timestamp']) - timedelta(days=1):%d %b}"


def _accepted(name: str, clause: str, label: str) -> Iterator[Mutant]:
    """Yields mutants with another status than 400 for a request that must be refused with 400."""
    for status in (200, 404):
        make = partial(answering, lambda exchange: label in exchange.labels, status=status)
        yield Mutant(f"{name}, {status}", clause, make, None, "breaks")


SELECTION_MUTANTS = (
    Mutant("a filter without any effect", "SEL-01", _without_effect, None, "breaks"),
    _mutant("a filter that finds nobody", "SEL-01", OVERVIEW, _scaled(0), _by_system),
    _mutant("a filter that finds a fifth", "SEL-01", OVERVIEW, _scaled(0.2), _by_system, "warns"),
    Mutant("only some of two countries", "SEL-02", _first_alternative, None, "breaks"),
    _mutant("more than two countries", "SEL-02", OVERVIEW, _scaled(1.4), _by_countries, "warns"),
    _mutant("one of two filters without effect", "SUM-12", OVERVIEW, _scaled(1.6), _by_countries),
    Mutant(
        "filters refused",
        "SEL-03",
        partial(answering, lambda e: e.operation == OVERVIEW and "filter_os" in e.url, status=400),
        None,
        "breaks",
    ),
    _mutant("instants without any row", "SEL-04", OVERVIEW, _without_rows, _with_instants),
    _mutant("instants without their offset", "SEL-04", OVERVIEW, _scaled(0.5), _with_instants),
    _mutant("hours of another day", "SEL-05", TIMESERIES, _later, _by_zone),
    _mutant("a week after the period", "SEL-05", TIMESERIES, _last_week_later, _by_weeks),
    _mutant(
        "another time zone than requested",
        "SEL-06",
        TIMESERIES,
        lambda body, _query: body.update(timezone="America/New_York"),
        _by_zone,
        "warns",
    ),
    _mutant("buckets in UTC", "SEL-06", TIMESERIES, _in_utc, _by_zone, "warns"),
    _mutant("a bucket for each day of a week", "SEL-07", TIMESERIES, _more_buckets, _by_weeks),
    _mutant(
        "days for weeks", "SEL-07", TIMESERIES, lambda body, _query: body.update(interval="day"), _by_weeks
    ),
    _mutant("all columns", "SEL-08", OVERVIEW, _all_columns, _with_columns, "warns"),
    _mutant(
        "a column missing",
        "SEL-08",
        OVERVIEW,
        lambda body, _query: body["data"][0].pop("sessions"),
        _with_columns,
        "warns",
    ),
    _mutant(
        "a column missing in the last row",
        "SEL-08",
        "getCountries",
        lambda body, _query: body["data"][-1].pop("payments"),
        lambda query: "filter_device" in query,
        "warns",
    ),
    _mutant(
        "another name of the system",
        "SEL-08",
        "getOperatingSystems",
        lambda body, _query: [row.update(os=row.pop("operating_system")) for row in body["data"]],
        _always,
    ),
    _mutant(
        "no payments of hosts",
        "SEL-08",
        "getHostnames",
        lambda body, _query: [row.pop("payments") for row in body["data"]],
        _always,
        "warns",
    ),
    _mutant("a total too small", "SEL-09", "getExitClicks", _total(-1), _always),
    _mutant("a total too large", "SEL-09", "getHostnames", _total(1), _always),
    _mutant("another total on a later page", "SEL-09", "getDevices", _total(4), _is_second),
    _mutant("no rows on a later page", "SEL-09", "getDevices", _without_rows, _is_second),
    _mutant("no more rows than on the page", "SEL-09", "getCities", _ending(has_more=False), _always),
    _mutant("more rows than the total", "SEL-09", "getDevices", _ending(has_more=True), _is_second),
    _mutant(
        "more visitors than there are",
        "SEL-09",
        VISITORS,
        _more,
        lambda query: query.get("isCustomer") == "true",
        "warns",
    ),
    _mutant("no more visitors", "SEL-09", VISITORS, _more, lambda query: query.get("limit") == "1"),
    _mutant("a row twice", "SEL-10", "getExitClicks", _twice, _always),
    _mutant("a visitor twice, in capitals", "SEL-10", VISITORS, _twice_in_capitals, _with_browser),
    _mutant("a visitor twice", "SEL-10", VISITORS, _twice, lambda query: "browser" in query),
    _mutant("another browser than filtered", "SEL-11", VISITORS, _others, lambda query: "browser" in query),
    _mutant(
        "another currency than in the metadata",
        "SEL-12",
        METADATA,
        lambda body, _query: body["data"][0].update(currency="EUR"),
        _always,
    ),
    _mutant(
        "the code of the currency",
        "SEL-12",
        OVERVIEW,
        lambda body, _query: body["data"][0].get("currency") and body["data"][0].update(currency="USD"),
        _always,
        "warns",
    ),
    _mutant(
        "codes of countries in small letters", "SEL-17", "getCountries", _named("country", "xx"), _always
    ),
    _mutant("codes of countries", "SEL-17", "getCountries", _named("country", "XX"), _always),
    _mutant("codes of regions", "SEL-17", "getRegions", _named("region", "US-CA"), _always, "warns"),
    _mutant(
        "URLs of sources",
        "SEL-17",
        "getReferrers",
        _named("referrer", "https://x.example/"),
        _always,
        "warns",
    ),
    _mutant("names of countries", "SEL-17", VISITORS, _in_identity("country", "France"), _always, "warns"),
    _mutant("whole codes of regions", "SEL-17", VISITORS, _in_identity("region", "US-CA"), _always, "warns"),
    _mutant(
        "revenue with four decimals",
        "SEL-18",
        "getPages",
        lambda body, _query: body["data"][0].update(revenue=body["data"][0]["revenue"] + 0.0625),
        _always,
        "warns",
    ),
    _mutant("names of the day before", "SEL-19", TIMESERIES, _yesterday, _always, "warns"),
    _mutant(
        "columns that were not requested",
        "SEL-20",
        TIMESERIES,
        lambda body, _query: body["fields"].append("bounce_rate"),
        _always,
        "warns",
    ),
    *_accepted("one date", "SEL-13", labels.ONE_DATE),
    *_accepted("no columns", "SEL-14", labels.NO_FIELDS),
    *_accepted("another interval", "SEL-15", labels.BAD_INTERVAL),
    *_accepted("two conditions", "SEL-16", labels.TWO_CONDITIONS),
)
