"""Requests with odd parameters: what a server makes of them is not documented, and so not judged."""

import pytest

from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome
from tests.kit.exchanges import answered, outcome_of

_WEEK = "startAt=2026-01-12&endAt=2026-01-18"
_DEVICES = [{"device": name, "visitors": n} for name, n in (("desktop", 5), ("mobile", 3), ("tablet", 1))]
_OVERVIEW = {
    "visitors": 10,
    "sessions": 12,
    "bounce_rate": 50,
    "avg_session_duration": 1000,
    "currency": "$",
    "revenue": 10,
    "payments": 1,
    "revenue_per_visitor": 1,
    "conversion_rate": 10,
}


def _series(query: str) -> Exchange:
    day = {"name": "12 Jan", "timestamp": "2026-01-12T00:00:00Z", "visitors": 1}
    path = f"/analytics/timeseries?{_WEEK}&interval=day&{query}"
    return answered(path, [day], fields=["name", "visitors"], interval="day", timezone="UTC")


def _devices(query: str, rows: Json, limit: int, offset: int, total: int = 3) -> Exchange:
    pagination = {"limit": limit, "offset": offset, "total": total}
    return answered(f"/analytics/devices?{_WEEK}&{query}", rows, pagination=pagination)


@pytest.mark.parametrize(
    ("query", "outcome"),
    [
        pytest.param("fields=name,visitors", Outcome.HOLDS, id="as documented"),
        pytest.param("fields=name,sessions", Outcome.WARNING, id="another column"),
        pytest.param("fields=name,%20visitors", Outcome.HOLDS, id="with a blank"),
        pytest.param("fields=name&fields=visitors", Outcome.NOT_OBSERVED, id="one by one"),
        pytest.param("fields=name,visitors&fields=name,visitors", Outcome.HOLDS, id="twice the same"),
    ],
)
def test_the_columns_of_a_time_series_are_those_of_the_request(query: str, outcome: Outcome) -> None:
    assert outcome_of("SEL-20", [_series(query)]) is outcome


@pytest.mark.parametrize(
    ("query", "outcome"),
    [
        pytest.param("fields=visitors", Outcome.WARNING, id="one column"),
        pytest.param(f"fields={','.join(_OVERVIEW)}", Outcome.HOLDS, id="all columns"),
        pytest.param(f"fields={',%20'.join(_OVERVIEW)}", Outcome.HOLDS, id="with blanks"),
        pytest.param("&".join(f"fields={name}" for name in _OVERVIEW), Outcome.NOT_OBSERVED, id="one by one"),
    ],
)
def test_an_overview_has_the_columns_of_the_request(query: str, outcome: Outcome) -> None:
    assert outcome_of("SEL-08", [answered(f"/analytics/overview?{_WEEK}&{query}", [_OVERVIEW])]) is outcome


@pytest.mark.parametrize(
    ("query", "outcome"),
    [
        pytest.param("limit=1", Outcome.BROKEN, id="as documented"),
        pytest.param("limit=3&limit=1", Outcome.NOT_OBSERVED, id="twice"),
        pytest.param("limit=+1", Outcome.NOT_OBSERVED, id="with a blank"),
        pytest.param("limit=1&offset=x", Outcome.NOT_OBSERVED, id="with an offset that is no number"),
    ],
)
def test_more_rows_than_the_limit_break_the_contract(query: str, outcome: Outcome) -> None:
    assert outcome_of("getDevices.paging-limit", [_devices(query, _DEVICES, 3, 0)]) is outcome


@pytest.mark.parametrize("offset", ["+2", "2.0", "1&offset=2", "-2"])
@pytest.mark.parametrize("clause", ["SEL-09", "getDevices.paging-echo"])
def test_an_offset_that_may_be_read_in_several_ways_is_not_judged(clause: str, offset: str) -> None:
    told = _devices(f"limit=2&offset={offset}", _DEVICES[2:], 2, 2)

    assert outcome_of(clause, [told]) is Outcome.NOT_OBSERVED


def test_an_empty_parameter_is_no_parameter() -> None:
    told = _devices("limit=2&offset=&fields=", _DEVICES[:2], 2, 0)

    assert outcome_of("SEL-09", [told]) is Outcome.HOLDS


@pytest.mark.parametrize(
    ("parameter", "outcome"),
    [
        pytest.param("filter_device=desktop", Outcome.BROKEN, id="a filter"),
        pytest.param("device=desktop", Outcome.BROKEN, id="a filter by its old name"),
        pytest.param("includeRenewals=true", Outcome.NOT_OBSERVED, id="another parameter"),
        pytest.param("_=1769000000", Outcome.NOT_OBSERVED, id="a number against caches"),
    ],
)
def test_only_a_filter_narrows_an_overview(parameter: str, outcome: Outcome) -> None:
    exchanges = [
        answered(f"/analytics/overview?{_WEEK}", [_OVERVIEW]),
        answered(f"/analytics/overview?{_WEEK}&{parameter}", [{**_OVERVIEW, "payments": 2}]),
    ]

    assert outcome_of("SUM-13", exchanges) is outcome


@pytest.mark.parametrize(
    ("clause", "rows", "outcome"),
    [
        pytest.param("SUM-14", [5, None, 9], Outcome.BROKEN, id="two rows that are in the wrong order"),
        pytest.param("SUM-14", [9, None, 5], Outcome.HOLDS, id="two rows that are in order"),
        pytest.param("SUM-14", [9, None], Outcome.NOT_OBSERVED, id="one row"),
    ],
)
def test_a_row_without_a_figure_hides_no_other(clause: str, rows: list[int | None], outcome: Outcome) -> None:
    told = [{"device": str(n), "visitors": visitors} for n, visitors in enumerate(rows)]

    assert outcome_of(clause, [answered(f"/analytics/devices?{_WEEK}", told)]) is outcome


def test_pages_of_rows_without_a_name_are_not_compared() -> None:
    row = {"name": None, "visitors": 1, "revenueBreakdown": {"new": 0}}
    pages = [
        answered(f"/analytics/timeseries?{_WEEK}&fields=visitors&limit=1&offset={offset}", [row])
        for offset in (0, 1, 0)
    ]

    assert outcome_of("getTimeseries.paging-offset", pages) is Outcome.NOT_OBSERVED


@pytest.mark.parametrize("order", [1, -1], ids=["before", "after"])
def test_an_overview_of_one_figure_hides_no_other(order: int) -> None:
    path = f"/analytics/overview?{_WEEK}"
    overviews = [answered(f"{path}&fields=visitors", [{"visitors": 10}]), answered(path, [_OVERVIEW])]
    totals = {"visitors": 10, "payments": 5}
    series = answered(f"/analytics/timeseries?{_WEEK}&fields=payments", [], totals=totals)

    assert outcome_of("SUM-01", [*overviews[::order], series]) is Outcome.BROKEN


@pytest.mark.parametrize(
    ("hidden", "outcome"),
    [
        pytest.param({"device": "console"}, Outcome.BROKEN, id="another name"),
        pytest.param({"device": None}, Outcome.HOLDS, id="no name"),
    ],
)
def test_a_row_may_be_the_one_without_a_name(hidden: Json, outcome: Outcome) -> None:
    whole = _devices("", [*_DEVICES[:2], {**_DEVICES[2], **hidden}], 100, 0)

    assert outcome_of("SUM-15", [whole, _devices("limit=2&offset=2", _DEVICES[2:], 2, 2)]) is outcome


@pytest.mark.parametrize(
    ("timestamp", "outcome"),
    [
        pytest.param({"timestamp": "2026-01-13T00:00:00Z"}, Outcome.BROKEN, id="another day"),
        pytest.param({"timestamp": None}, Outcome.HOLDS, id="null"),
        pytest.param({}, Outcome.HOLDS, id="none"),
    ],
)
def test_a_bucket_without_a_time_is_not_called_another_bucket(timestamp: Json, outcome: Outcome) -> None:
    path = f"/analytics/timeseries?{_WEEK}&interval=day&fields=visitors"
    whole = [{"timestamp": f"2026-01-{day}T00:00:00Z", "visitors": 1} for day in (12, 13)]
    pages = [
        answered(path, whole, interval="day", pagination={"limit": 100, "offset": 0, "total": 2}),
        answered(f"{path}&limit=1", [{"visitors": 1, **timestamp}], interval="day"),
    ]

    assert outcome_of("SUM-15", pages) is outcome
