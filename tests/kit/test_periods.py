"""Reports of unusual periods, pages and filters: what a correct server may answer, and what it may not."""

import json
from collections.abc import Sequence

import pytest

from contract_tests.clauses import all_clauses
from contract_tests.clauses.question import is_finished, question_of
from contract_tests.document import document
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.recording import Recording

_NOON = "Wed, 21 Jan 2026 12:00:00 GMT"
_DAY = "startAt=2026-01-10&endAt=2026-01-10"
_UTC_DAY = "startAt=2026-01-10T00:00:00Z&endAt=2026-01-10T23:59:59.999Z"
_FEW, _MANY = {"visitors": 60, "sessions": 60, "payments": 3, "revenue": 30}, {"visitors": 100, "payments": 5}


def _asked(
    path: str, data: Json, more: dict[str, Json] | None = None, *, date: str = _NOON, minute: int = 0
) -> Exchange:
    match = document().matches("GET", path.partition("?")[0])
    assert match is not None
    body = json.dumps({"status": "success", "data": data, **(more or {})}).encode()
    url, sent = f"http://127.0.0.1/api/v1{path}", 1_768_996_800_000 + minute * 60_000
    successes = match.operation.successes
    return Exchange(
        "GET", url, match.operation.id, frozenset(), sent, 0, 200, {"date": date}, body, successes=successes
    )


def _overview(query: str, figures: Json, date: str = _NOON) -> Exchange:
    return _asked(f"/analytics/overview?{query}", [figures], date=date)


def _series(query: str, totals: Json, interval: str = "hour") -> Exchange:
    path = f"/analytics/timeseries?{query}&interval={interval}&fields=visitors"
    return _asked(path, [], {"totals": totals, "interval": interval})


def _paged(path: str, rows: list[Json], limit: int, offset: int, total: int) -> Exchange:
    return _asked(path, rows, {"pagination": {"limit": limit, "offset": offset, "total": total}})


def _outcome(clause_id: str, exchanges: Sequence[Exchange]) -> Outcome:
    clauses = [clause for clause in all_clauses() if clause.id == clause_id]
    (verdict,) = judge(Recording(exchanges), clauses)
    return verdict.outcome


@pytest.mark.parametrize(
    ("query", "date", "outcome"),
    [
        pytest.param(
            "startAt=2026-01-20&endAt=2026-01-20",
            "Wed, 21 Jan 2026 10:00:00 GMT",
            Outcome.NOT_OBSERVED,
            id="yesterday, which began two hours later elsewhere",
        ),
        pytest.param("startAt=2026-01-19&endAt=2026-01-19", _NOON, Outcome.BROKEN, id="the day before"),
        pytest.param("startAt=2026-01-19&endAt=2026-01-21", _NOON, Outcome.BROKEN, id="until today"),
        pytest.param(
            "startAt=2026-01-21&endAt=2026-01-21",
            "Wed, 21 Jan 2026 00:05:00 GMT",
            Outcome.NOT_OBSERVED,
            id="a day that has just begun",
        ),
        pytest.param(
            "startAt=2026-01-21T11:00:00Z&endAt=2026-01-22T11:00:00Z",
            _NOON,
            Outcome.NOT_OBSERVED,
            id="instants, of which an hour has passed",
        ),
        pytest.param(
            "startAt=2026-01-20T10:00:00&endAt=2026-01-20T11:00:00",
            _NOON,
            Outcome.NOT_OBSERVED,
            id="an hour without an offset",
        ),
        pytest.param(
            "startAt=2026-01-19T12:00:00Z&endAt=2026-01-20T12:00:00Z", _NOON, Outcome.BROKEN, id="24 hours"
        ),
        pytest.param("startAt=2026-01-19&endAt=2026-01-19", "", Outcome.NOT_OBSERVED, id="without a date"),
        pytest.param("", "", Outcome.BROKEN, id="all time"),
    ],
)
def test_visitors_of_a_day_have_sessions(query: str, date: str, outcome: Outcome) -> None:
    told = _overview(query, {"visitors": 50, "sessions": 20}, date)

    assert _outcome("SUM-25", [told]) is outcome


@pytest.mark.parametrize(
    ("clause", "exchanges"),
    [
        pytest.param("SUM-01", [_overview(_UTC_DAY, _MANY), _series(_UTC_DAY, _FEW)], id="a time series"),
        pytest.param(
            "SEL-04",
            [_overview(f"{_DAY}&timezone=UTC", _MANY), _overview(_UTC_DAY, _FEW)],
            id="an overview by dates",
        ),
    ],
)
def test_from_midnight_to_the_last_minute_in_utc_may_mean_dates(
    clause: str, exchanges: Sequence[Exchange]
) -> None:
    assert _outcome(clause, exchanges) is Outcome.NOT_OBSERVED


@pytest.mark.parametrize(
    ("query", "may_mean_dates"),
    [
        pytest.param(_UTC_DAY, True, id="a day in UTC"),
        pytest.param(
            "startAt=2026-01-10T02:00:00%2B02:00&endAt=2026-01-12T00:59:00%2B01:00", True, id="days"
        ),
        pytest.param("startAt=2026-01-10T00:00:00Z&endAt=2026-01-10T23:58:59Z", False, id="a minute less"),
        pytest.param("startAt=2026-01-10T00:00:01Z&endAt=2026-01-10T23:59:59Z", False, id="a second later"),
        pytest.param(
            "startAt=2026-01-10T00:00:00%2B09:00&endAt=2026-01-10T23:59:59%2B09:00", False, id="east"
        ),
        pytest.param(_DAY, False, id="dates"),
        pytest.param("", False, id="all time"),
    ],
)
def test_which_instants_may_mean_dates(query: str, may_mean_dates: bool) -> None:
    assert question_of(_overview(query, {})).may_mean_dates is may_mean_dates


def test_a_day_in_utc_goes_on_elsewhere() -> None:
    evening = "startAt=2026-01-20T20:00:00Z&endAt=2026-01-20T23:59:59Z"

    assert not is_finished(_overview(evening, {}))
    assert is_finished(_overview(evening.replace("23:59", "23:58"), {}))


def test_a_period_that_ends_before_it_begins_may_have_no_buckets() -> None:
    told = _series("startAt=2026-02-10&endAt=2026-02-01", {}, "day")

    assert _outcome("SEL-07", [told]) is Outcome.NOT_OBSERVED


@pytest.mark.parametrize(("minute", "outcome"), [(2, Outcome.BROKEN), (3, Outcome.NOT_OBSERVED)])
def test_a_visitor_may_become_a_customer(minute: int, outcome: Outcome) -> None:
    def listed(number: int, chosen: str, minute: int = 0) -> Exchange:
        rows = [{"visitorId": f"{n:08x}-0000-4000-8000-000000000000"} for n in range(number)]
        pagination = {"limit": 100, "offset": 0, "hasMore": False}
        return _asked(f"/visitors?{_DAY}{chosen}", rows, {"pagination": pagination}, minute=minute)

    others, customers = listed(10, "&isCustomer=false"), listed(4, "&isCustomer=true", minute)

    assert _outcome("SUM-18", [listed(10, ""), others, customers]) is outcome


@pytest.mark.parametrize(
    ("total", "outcome"),
    [
        pytest.param(130, Outcome.HOLDS, id="a page, and a refund on another one"),
        pytest.param(100, Outcome.BROKEN, id="all rows"),
    ],
)
def test_a_refund_may_be_in_a_row_of_another_page(total: int, outcome: Outcome) -> None:
    rows = [{"country": f"C{n}", "visitors": 200 - n, "revenue": 10.5, "payments": 1} for n in range(100)]
    every = {"visitors": 18_000, "revenue": 900.5, "payments": 100}
    desktop = {"device": "desktop", **every}
    exchanges = [
        _overview(_DAY, every),
        _paged(f"/analytics/devices?{_DAY}", [desktop], 100, 0, 1),
        _paged(f"/analytics/countries?{_DAY}", rows, 100, 0, total),
    ]

    assert _outcome("SUM-06", exchanges) is outcome


@pytest.mark.parametrize(
    ("fields", "outcome"), [("path,visitors", Outcome.HOLDS), ("hostname,path,visitors", Outcome.BROKEN)]
)
def test_other_columns_make_another_list(fields: str, outcome: Outcome) -> None:
    rows = [{"hostname": "a.example", "path": f"/{n}", "visitors": 9 - n} for n in range(7)]
    later = f"/analytics/pages?{_DAY}&fields=hostname,path,visitors&limit=5&offset=5"
    exchanges = [
        _paged(f"/analytics/pages?{_DAY}&fields={fields}&limit=10", rows[:3], 10, 0, 3),
        _paged(later, rows[5:], 5, 5, 7),
    ]

    assert _outcome("SEL-09", exchanges) is outcome


@pytest.mark.parametrize(
    ("limit", "told", "echo", "agreement"),
    [
        pytest.param(5_000, 1_000, Outcome.NOT_OBSERVED, Outcome.HOLDS, id="the largest one"),
        pytest.param(5_000, 5_000, Outcome.NOT_OBSERVED, Outcome.HOLDS, id="as requested"),
        pytest.param(1_000, 999, Outcome.WARNING, Outcome.HOLDS, id="within the documented bounds"),
        pytest.param(900, 900, Outcome.HOLDS, Outcome.HOLDS, id="a smaller one, with more rows"),
    ],
)
def test_a_server_may_take_a_limit_that_is_too_large_for_the_largest(
    limit: int, told: int, echo: Outcome, agreement: Outcome
) -> None:
    rows = [{"name": f"{n}", "visitors": 1, "timestamp": f"{n}"} for n in range(min(limit, told, 1_000))]
    exchanges = [_paged(f"/analytics/timeseries?{_DAY}&fields=visitors&limit={limit}", rows, told, 0, 1_500)]

    assert _outcome("getTimeseries.paging-echo", exchanges) is echo
    assert _outcome("SEL-09", exchanges) is agreement


@pytest.mark.parametrize(
    ("name", "path", "most"),
    [("getDevices", "/analytics/devices", 1_000), ("listVisitors", "/visitors", 250)],
)
@pytest.mark.parametrize(
    ("above", "told", "outcome"),
    [(0, -1, Outcome.WARNING), (1, 0, Outcome.NOT_OBSERVED), (0, 0, Outcome.HOLDS)],
)
def test_each_list_has_its_own_largest_limit(
    name: str, path: str, most: int, above: int, told: int, outcome: Outcome
) -> None:
    exchanges = [_paged(f"{path}?{_DAY}&limit={most + above}", [], most + told, 0, 0)]

    assert _outcome(f"{name}.paging-echo", exchanges) is outcome


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        pytest.param("filter_country=France&filter_country=Spain", Outcome.NOT_OBSERVED, id="one of two"),
        pytest.param("filter_country=Spain", Outcome.BROKEN, id="the same"),
    ],
)
def test_a_filter_that_is_given_twice_is_another_question(asked: str, outcome: Outcome) -> None:
    exchanges = [
        _overview(f"{_DAY}&{asked}", _MANY),
        _series(f"{_DAY}&filter_country=Spain", _FEW),
    ]

    assert _outcome("SUM-01", exchanges) is outcome


@pytest.mark.parametrize(
    ("name", "outcome"), [("utm", Outcome.NOT_OBSERVED), ("filter_utm_source", Outcome.BROKEN)]
)
def test_a_parameter_that_is_no_filter_may_be_ignored(name: str, outcome: Outcome) -> None:
    queries = (_DAY, f"{_DAY}&{name}=x", f"{_DAY}&{name}=is_not:x")

    assert _outcome("SUM-12", [_overview(query, {"sessions": 100}) for query in queries]) is outcome


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (0, Outcome.BROKEN),
        (40, Outcome.BROKEN),
        (80, Outcome.BROKEN),
        (100, Outcome.BROKEN),
        (118, Outcome.WARNING),
        (139, Outcome.HOLDS),
        (180, Outcome.WARNING),
    ],
)
def test_a_filter_that_finds_one_of_two_countries_is_noticed(found: int, outcome: Outcome) -> None:
    rows = [{"country": "France", "visitors": 100}, {"country": "Malta", "visitors": 40}]
    both = _overview(f"{_DAY}&filter_country=France,Malta", {"visitors": found})

    assert _outcome("SEL-02", [_asked(f"/analytics/countries?{_DAY}", rows), both]) is outcome


@pytest.mark.parametrize(("found", "outcome"), [(1, Outcome.BROKEN), (92, Outcome.WARNING)])
def test_the_visitors_of_a_small_country_may_be_counted_elsewhere(found: int, outcome: Outcome) -> None:
    rows = [{"country": "France", "visitors": 100}, {"country": "Malta", "visitors": 1}]
    both = _overview(f"{_DAY}&filter_country=France,Malta", {"visitors": found})

    assert _outcome("SEL-02", [_asked(f"/analytics/countries?{_DAY}", rows), both]) is outcome


@pytest.mark.parametrize(
    ("timestamp", "outcome"),
    [
        pytest.param({}, Outcome.NOT_OBSERVED, id="by name only"),
        pytest.param({"timestamp": "2026-01-10T00:00:00Z"}, Outcome.BROKEN, id="with instants"),
    ],
)
def test_the_hours_of_two_days_have_the_same_names(timestamp: dict[str, str], outcome: Outcome) -> None:
    rows = [{"name": f"{hour:02}:00", "visitors": 0, **timestamp} for hour in range(24)]
    query = "startAt=2026-01-10&endAt=2026-01-11&interval=hour&fields=name,visitors&limit=24"
    pages = [_asked(f"/analytics/timeseries?{query}&offset={offset}", rows) for offset in (0, 24, 0)]

    assert _outcome("getTimeseries.paging-offset", pages) is outcome
