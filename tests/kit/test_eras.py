"""Recorded traffic that changes the past: reports from before and after a change need not agree."""

import json
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from contract_tests.eras import with_eras
from contract_tests.exchange import Exchange
from tests.command import ended
from tests.quick import quick

Json = Any
_BASE = "https://api.example.com/v1"
_WEEK = "startAt=2026-01-05&endAt=2026-01-11"
_OVERVIEW = f"/analytics/overview?{_WEEK}"
_SERIES = f"/analytics/timeseries?{_WEEK}&interval=day&fields=name,visitors,payments,revenue"
_DONE = {"status": "success", "data": [{"message": "Done"}]}


def _entry(minute: float, path: str, body: Json, method: str = "GET", **response: Json) -> Json:
    """Returns an entry that was recorded some minutes after five o'clock, and took a tenth of a second."""
    whole, part = divmod(minute, 1)
    time = f"{5 + int(whole) // 60:02d}:{int(whole) % 60:02d}"
    content = {"text": json.dumps(body)}
    return {
        "startedDateTime": f"2026-02-06T{time}:{int(part * 60):02d}.000Z",
        "time": 100,
        "request": {
            "method": method,
            "url": _BASE + path,
            "headers": [{"name": "Authorization", "value": "Bearer df_mine"}],
        },
        "response": {
            "status": 200,
            "headers": [{"name": "Date", "value": f"Fri, 06 Feb 2026 {time}:30 GMT"}],
            "content": content,
            **response,
        },
    }


def _overview(minute: float, payments: int) -> Json:
    figures = {"visitors": 100, "payments": payments, "revenue": 10 * payments}
    return _entry(minute, _OVERVIEW, {"status": "success", "data": [figures]})


def _series(minute: float, payments: int) -> Json:
    totals = {"visitors": 100, "payments": payments, "revenue": 10 * payments}
    return _entry(minute, _SERIES, {"status": "success", "interval": "day", "totals": totals, "data": []})


def _same_totals(tmp_path: Path, *entries: Json) -> str:
    """Returns the outcome of SUM-01 on recorded traffic."""
    traffic, report = tmp_path / "traffic.har", tmp_path / "report.json"
    creator = {"name": "Firefox", "version": "1"}
    traffic.write_text(json.dumps({"log": {"version": "1.2", "creator": creator, "entries": entries}}))
    ended("verify", "--har", str(traffic), "--report", f"json={report}", "--only", "SUM-01")
    (verdict,) = json.loads(report.read_bytes())["clauses"]
    return str(verdict["outcome"])


_CHANGES = [
    pytest.param("DELETE", f"/payments?{_WEEK}", {}, id="payments removed"),
    pytest.param("DELETE", "/goals?name=signup", {}, id="goals removed"),
    pytest.param("POST", "/payments", {}, id="an earlier payment, or a refund"),
    pytest.param("DELETE", f"/payments?{_WEEK}", {"status": 504}, id="removed, perhaps"),
    pytest.param("DELETE", f"/payments?{_WEEK}", {"status": 0}, id="removed, without an answer"),
    pytest.param("DELETE", f"/payments?{_WEEK}", {"content": {}}, id="removed, with an unknown answer"),
]


@pytest.mark.parametrize(("method", "path", "response"), quick(_CHANGES, 2))
def test_a_change_of_the_past_separates_the_reports(
    method: str, path: str, response: Json, tmp_path: Path
) -> None:
    change = _entry(10, path, _DONE, method, **response)

    assert _same_totals(tmp_path, _overview(9, 7), change, _series(15, 6)) == "not observed"
    assert _same_totals(tmp_path, _overview(9, 7), change, _series(15, 6), _overview(16, 6)) == "holds"
    # The reports after the change agree with each other, or do not.
    assert _same_totals(tmp_path, change, _overview(15, 6), _series(16, 6)) == "holds"
    assert _same_totals(tmp_path, change, _overview(15, 7), _series(16, 6)) == "broken"


@pytest.mark.parametrize(
    ("method", "path", "response"),
    [
        pytest.param("POST", "/goals", {}, id="a goal of now"),
        pytest.param("POST", "/identify", {}, id="a name"),
        pytest.param("DELETE", "/payments?transaction_id=x", {"status": 404}, id="nothing to remove"),
        pytest.param("POST", "/payments", {"status": 400}, id="refused"),
    ],
)
def test_other_requests_do_not(method: str, path: str, response: Json, tmp_path: Path) -> None:
    other = _entry(10, path, _DONE, method, **response)

    assert _same_totals(tmp_path, _overview(9, 7), other, _series(15, 6)) == "broken"
    assert _same_totals(tmp_path, _overview(9, 7), other, _series(15, 7)) == "holds"


@pytest.mark.parametrize(
    ("minute", "outcome"), [(10.0, "not observed"), (10.9, "not observed"), (12, "broken")]
)
def test_a_report_may_come_from_a_cache_for_a_minute(minute: float, outcome: str, tmp_path: Path) -> None:
    change = _entry(10, f"/payments?{_WEEK}", _DONE, "DELETE")

    assert _same_totals(tmp_path, change, _overview(minute, 7), _series(15, 6)) == outcome


@pytest.mark.parametrize(
    ("minutes", "outcome"),
    [
        pytest.param((0, 59), "broken", id="within an hour"),
        pytest.param((0, 61), "not observed", id="more than an hour apart"),
        pytest.param((0, 30, 61, 300), "not observed", id="with others in between"),
        pytest.param((0, 61, 120), "broken", id="within another hour"),
        pytest.param((300, 0), "not observed", id="in another order"),
        pytest.param((100, 50, 0), "broken", id="in another order, and within an hour"),
    ],
)
def test_others_may_change_the_past_in_an_hour(
    minutes: tuple[int, ...], outcome: str, tmp_path: Path
) -> None:
    """Somebody else may have returned the money of a payment, which no request of the recording tells."""
    *polls, last = minutes

    assert _same_totals(tmp_path, *(_overview(minute, 7) for minute in polls), _series(last, 6)) == outcome


def test_a_report_may_be_answered_while_something_is_removed(tmp_path: Path) -> None:
    """It was requested before the removal and answered after it, so either figure is right."""
    slow = {**_overview(9.5, 6), "time": 60_000}
    change = _entry(10, f"/payments?{_WEEK}", _DONE, "DELETE")

    assert _same_totals(tmp_path, _series(8, 7), slow, change) == "not observed"
    assert _same_totals(tmp_path, _series(8, 7), {**slow, "time": 100}, change) == "broken"


def test_the_metadata_may_change_as_well(tmp_path: Path) -> None:
    """The settings may have got another currency or time zone."""
    metadata = _entry(9, "/analytics/metadata", {"status": "success", "data": [{"currency": "USD"}]})
    figures = {"visitors": 1, "payments": 1, "revenue": 1, "currency": "€"}
    later = _entry(15, _OVERVIEW, {"status": "success", "data": [figures]})
    change = _entry(10, "/payments", _DONE, "POST")
    traffic, report = tmp_path / "traffic.har", tmp_path / "report.json"
    for entries, outcome in (([metadata, later], "broken"), ([metadata, change, later], "not observed")):
        traffic.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
        ended("verify", "--har", str(traffic), "--report", f"json={report}", "--only", "SEL-12")
        (verdict,) = json.loads(report.read_bytes())["clauses"]
        assert verdict["outcome"] == outcome


@pytest.mark.long
def test_a_long_record_of_many_changes_is_read_in_time() -> None:
    """The time grows with the number of requests, not with its square."""
    exchanges = [
        Exchange(
            "DELETE",
            _BASE,
            "deleteGoals",
            frozenset(),
            sent=n * 100_000,
            trip=10,
            status=200,
            headers={},
            body=b"",
        )
        for n in range(30_000)
    ]
    begun = process_time()

    eras = {exchange.era for exchange in with_eras(exchanges)}

    assert process_time() - begun < 5
    assert len(eras) == len(exchanges)
