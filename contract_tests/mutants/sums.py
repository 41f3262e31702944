"""Mutants in which the figures of reports do not add up, or contradict each other."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import parse_qsl, urlsplit

from contract_tests.exchange import Exchange, Json
from contract_tests.mutants.mutant import Mutant, Mutation, Weight
from contract_tests.mutants.planting import rewriting
from contract_tests.operations import GOALS, OVERVIEW, TIMESERIES, VISITORS

Which = Callable[[dict[str, str]], bool]


def _planting(operation: str, edit: Callable[[Json], object], which: Which = lambda _query: True) -> Mutation:
    """Returns a mutation that edits the body of the answers to the requests whose query `which` accepts."""

    def change(body: Json, exchange: Exchange) -> None:
        query = dict(parse_qsl(urlsplit(exchange.url).query))
        if which(query) and body["data"]:
            edit(body)

    return rewriting(operation, change)


def _mutant(
    name: str,
    clause: str,
    operation: str,
    edit: Callable[[Json], object],
    which: Which = lambda _query: True,
    weight: Weight = "breaks",
) -> Mutant:
    return Mutant(name, clause, partial(_planting, operation, edit, which), None, weight)


def _is_hour(query: dict[str, str]) -> bool:
    # The overview of the two seconds around a payment is not meant, because it has no visitors.
    return query.get("startAt", "").endswith(":00:00Z") and "isCustomer" not in query


def _has_all_columns(query: dict[str, str]) -> bool:
    return "bounce_rate" in query.get("fields", "")


def _is_one_date(query: dict[str, str]) -> bool:
    return "startAt" in query and query["startAt"] == query.get("endAt")


def _is_page(query: dict[str, str]) -> bool:
    return query.get("limit") == "1"


def _is_filtered(condition: str) -> Which:
    return lambda query: query.get("filter_device", "").startswith(f"{condition}:")


def _with_customers(value: str) -> Which:
    return lambda query: query.get("isCustomer") == value


def _scaling(name: str, factor: float) -> Callable[[Json], None]:
    """Returns an edit that multiplies a figure of every row that has it."""

    def edit(body: Json) -> None:
        for row in body["data"]:
            if name in row:
                row[name] = int(row[name] * factor)

    return edit


def _more_in_the_first(name: str, by: int) -> Callable[[Json], None]:
    def edit(body: Json) -> None:
        body["data"][0][name] += by

    return edit


def _more_revenue_in_a_bucket(body: Json) -> None:
    bucket = body["data"][0]
    bucket["revenue"] += 1000
    bucket["revenueBreakdown"]["new"] += 1000


def _more_in_total(body: Json) -> None:
    # The figure is still within the bounds that follow from the buckets.
    body["totals"]["visitors"] = sum(bucket["visitors"] for bucket in body["data"])


def _crowded_bucket(body: Json) -> None:
    body["data"][0]["visitors"] = body["totals"]["visitors"] * 2


def _more_new_revenue(body: Json) -> None:
    body["totals"]["revenueBreakdown"]["new"] += 1000


def _for_each_session(body: Json) -> None:
    body["data"][0]["revenue_per_visitor"] = 99


def _half_a_bounce(body: Json) -> None:
    row = body["data"][0]
    row["bounce_rate"] = round(50.5 / row["sessions"] * 100, 2)


def _more_visitors_than_listed(body: Json) -> None:
    row = body["data"][0]
    row.update(visitors=row["visitors"] * 2, sessions=row["sessions"] * 2, bounce_rate=0, conversion_rate=0)
    row["revenue_per_visitor"] = row["revenue"] / row["visitors"]


def _fewer_sessions(body: Json) -> None:
    body["data"][0].update(sessions=body["data"][0]["visitors"] // 2, bounce_rate=0)


def _strangers(body: Json) -> None:
    for n, row in enumerate(body["data"]):
        row["visitorId"] = f"00000000-0000-4000-8000-{n:012x}"


def _elsewhere(body: Json) -> None:
    for row in body["data"]:
        row["identity"]["country"] = "ZZ"


def _renamed(body: Json) -> None:
    body["data"][0]["device"] = "toaster"


def _reversed(body: Json) -> None:
    body["data"].reverse()


def _halved(body: Json) -> None:
    del body["data"][::2]


def _two_days_later(body: Json) -> None:
    last = body["data"][-1]
    last["timestamp"] = (datetime.fromisoformat(last["timestamp"]) + timedelta(days=2)).isoformat()


def _gap(body: Json) -> None:
    """Leaves out two buckets, and adds their figures to the bucket before."""
    before, left = body["data"][4], body["data"][5:7]
    del body["data"][5:7]
    body["pagination"]["total"] -= 2
    for bucket in left:
        for name in ("visitors", "sessions", "payments", "revenue"):
            before[name] += bucket[name]
        for name, value in bucket["revenueBreakdown"].items():
            before["revenueBreakdown"][name] += value


def _is_present(query: dict[str, str]) -> bool:
    return query.get("timezone") == "UTC"


SUMS_MUTANTS = (
    _mutant("more visitors in total than in the overview", "SUM-01", TIMESERIES, _more_in_total),
    _mutant(
        "more payments in a bucket", "SUM-02", TIMESERIES, _more_in_the_first("payments", 50), _is_one_date
    ),
    _mutant("more revenue in a bucket", "SUM-02", TIMESERIES, _more_revenue_in_a_bucket),
    _mutant("sessions missing in buckets", "SUM-03", TIMESERIES, _scaling("sessions", 0.5)),
    _mutant("a bucket with more visitors than all", "SUM-04", TIMESERIES, _crowded_bucket, _is_one_date),
    _mutant("buckets with too few visitors", "SUM-04", TIMESERIES, _scaling("visitors", 0.5)),
    _mutant(
        "a page with more visitors than there are",
        "SUM-05",
        "getPages",
        _more_in_the_first("visitors", 10**6),
    ),
    _mutant("a city with more payments than there are", "SUM-05", "getCities", _scaling("payments", 9999)),
    _mutant("payments of a browser counted twice", "SUM-06", "getBrowsers", _scaling("payments", 2)),
    _mutant("revenue of a system counted twice", "SUM-06", "getOperatingSystems", _scaling("revenue", 2)),
    _mutant("revenue missing in devices", "SUM-06", "getDevices", _scaling("revenue", 0.5), weight="warns"),
    _mutant(
        "visitors missing in systems",
        "SUM-07",
        "getOperatingSystems",
        _scaling("visitors", 0.7),
        weight="warns",
    ),
    _mutant(
        "revenue for each session",
        "SUM-08",
        OVERVIEW,
        _for_each_session,
    ),
    _mutant(
        "more conversions than payments",
        "SUM-09",
        OVERVIEW,
        lambda body: body["data"][0].update(conversion_rate=90),
        weight="warns",
    ),
    _mutant("half a bounce", "SUM-10", OVERVIEW, _half_a_bounce, _is_hour, "warns"),
    _mutant("new revenue that is in no total", "SUM-11", TIMESERIES, _more_new_revenue),
    _mutant(
        "sessions that match is and is_not",
        "SUM-12",
        OVERVIEW,
        _scaling("sessions", 1.5),
        _is_filtered("is_not"),
    ),
    _mutant(
        "a filter that adds payments",
        "SUM-13",
        OVERVIEW,
        _scaling("payments", 9),
        lambda query: "," in query.get("filter_country", ""),
    ),
    _mutant("cities with few visitors first", "SUM-14", "getCities", _reversed),
    _mutant("pages with other figures", "SUM-15", "getDevices", _scaling("visitors", 0.5), _is_page),
    _mutant("pages with other revenue", "SUM-15", "getDevices", _scaling("revenue", 0.5), _is_page),
    _mutant("pages with other buckets", "SUM-15", TIMESERIES, _scaling("visitors", 0.5), _is_page),
    _mutant("a page with a row of no list", "SUM-15", "getDevices", _renamed, _is_page),
    _mutant("fewer completions than visitors", "SUM-16", GOALS, _scaling("completions", 0.5)),
    _mutant("fewer clicks than visitors", "SUM-16", "getExitClicks", _scaling("clicks", 0.5)),
    _mutant("visitors seen first come first", "SUM-17", VISITORS, _reversed, weight="warns"),
    _mutant("customers among the others", "SUM-18", VISITORS, _halved, _with_customers("false")),
    _mutant(
        "more visitors than are listed",
        "SUM-19",
        OVERVIEW,
        _more_visitors_than_listed,
        _is_hour,
        "warns",
    ),
    _mutant("a list without those on the map", "SUM-20", VISITORS, _strangers, _is_present),
    _mutant("another country in the list", "SUM-21", VISITORS, _elsewhere, _is_present),
    _mutant(
        "a day for the hours of a date",
        "SUM-22",
        TIMESERIES,
        lambda body: body.update(interval="day"),
        _is_one_date,
    ),
    _mutant("hours of three days for a date", "SUM-22", TIMESERIES, _two_days_later, _is_one_date),
    _mutant("hours in reverse", "SUM-23", TIMESERIES, _reversed, _is_one_date),
    _mutant("hours left out", "SUM-24", TIMESERIES, _gap, _is_one_date, "warns"),
    _mutant("fewer sessions than visitors", "SUM-25", OVERVIEW, _fewer_sessions, _has_all_columns),
)
