"""Times in HAR files: unknown, odd, and far from those of the server."""

from pathlib import Path

import pytest

from tests.kit.browsing import VISITOR, Json, counter_of, entry_of, judged_of, map_of, outcomes

_UNKNOWN_TIMES = [
    pytest.param("", id="empty"),
    pytest.param("2026-02-06T06:27:30", id="without an offset"),
    pytest.param("2026-02-06", id="a day"),
    pytest.param("yesterday", id="words"),
    pytest.param("1770355650", id="a number as text"),
    pytest.param("1970-01-01T00:00:00.000Z", id="the epoch"),
    pytest.param("0001-01-01T00:00:00Z", id="the year 1"),
    pytest.param("9999-12-31T23:59:59-23:00", id="the year 10000"),
]


def _dated_map() -> Json:
    """Returns a map of 2026 in which each kind of row has an instant."""
    at = "2026-02-06T05:27:20.000Z"
    event = {"_id": "69857bb827ddefd472fb2b09", "type": "pageview", "visitorId": VISITOR, "timestamp": at}
    return map_of(recentEvents=[event], recentPayments=[{"_id": "69857bb827ddefd472fb2b12", "timestamp": at}])


def _dated_profile(visits: int = 3) -> Json:
    at = "2026-02-06T05:20:00.000Z"
    activity = {
        "firstVisitAt": at,
        "lastVisitAt": at,
        "timeSinceFirstVisit": 450_000,
        "timeSinceCurrentVisit": 450_000,
        "visitCount": visits,
        "visitedPages": [{"url": "a.example/1", "timestamp": at}],
        "completedGoals": [{"name": "signup", "timestamp": at}],
    }
    profile = {"identifiedAt": at}
    return {
        "status": "success",
        "data": {"visitorId": VISITOR, "identity": {}, "activity": activity, "profile": profile},
    }


def _timeless(started: str | None) -> list[Json]:
    """Returns a map and two profiles of its visitor, with fewer visits in the second; all without `Date`."""
    bodies = [_dated_map(), _dated_profile(), _dated_profile(2)]
    paths = ["/analytics/realtime/map", *[f"/visitors/{VISITOR}"] * 2]
    entries = [entry_of(path, body) for path, body in zip(paths, bodies, strict=True)]
    for entry in entries:
        entry["startedDateTime"] = started
        if started is None:
            del entry["startedDateTime"]
    return entries


_OF_TIME = "MAP-76,MAP-77,MAP-78,MAP-79,VIS-62,VIS-63,VIS-65,VIS-66,VIS-69,VIS-70"
_OF_ORDER = "POLL-05,POLL-06,POLL-07,POLL-08,AGR-06"


@pytest.mark.parametrize("started", [pytest.param(None, id="missing"), *_UNKNOWN_TIMES])
def test_an_entry_of_an_unknown_time_accuses_nobody_of_what_needs_the_time(
    traffic: Path, started: str | None
) -> None:
    code, report, told = judged_of(traffic, _timeless(started), "--only", f"{_OF_TIME},{_OF_ORDER}")

    # The test judges no other clause.
    assert (code, outcomes(report, "broken"), report["answers"]) == (5, [], 3), told
    assert outcomes(report, "not observed") == [c["id"] for c in report["clauses"]]
    needs = {c["id"]: c["needs"] for c in report["clauses"]}
    assert "none of 2 has one" in needs["VIS-62"]
    assert "the time of 3 of 3 requests is unknown" in needs["POLL-05"]
    assert "the time of 3 of 3 entries is unknown: `startedDateTime` is not" in told


@pytest.mark.parametrize(
    "date",
    [
        pytest.param("Mon, 05 Jan 2026 05:27:30", id="without a zone"),
        pytest.param("Mon, 05 Jan 2026 05:27:30 -0000", id="of an unknown zone"),
        pytest.param("2026-01-05T05:27:30Z", id="ISO 8601"),
        pytest.param("now", id="a word"),
        pytest.param("", id="empty"),
        pytest.param("Mon, 05 Jan 99999 05:27:30 GMT", id="a year of five digits"),
    ],
)
def test_a_date_header_that_cannot_be_read_is_told(traffic: Path, date: str) -> None:
    entries = _timeless("2026-01-01T00:00:00.000Z")
    for entry in entries:
        entry["response"]["headers"] = [{"name": "Date", "value": date}]
    code, report, told = judged_of(traffic, entries, "--only", _OF_TIME)

    assert (code, outcomes(report, "broken")) == (5, []), told
    needs = {c["id"]: c["needs"] for c in report["clauses"]}
    assert "in 1 of 1 it is not an instant" in needs["MAP-76"]


def test_a_month_between_the_recorder_and_the_server_is_no_fault_of_the_server(traffic: Path) -> None:
    entries = _timeless("2026-01-05T05:27:30.000Z")
    code, report, told = judged_of(traffic, entries, "--only", _OF_TIME)

    assert (code, outcomes(report, "broken")) == (5, []), told


def test_known_times_judge_what_needs_them(traffic: Path) -> None:
    entries = _timeless("2026-02-06T05:27:30.000Z")
    for second, entry in enumerate(entries):
        entry["startedDateTime"] = f"2026-02-06T05:27:3{second}.000Z"
        entry["response"]["headers"] = [{"name": "Date", "value": "Fri, 06 Feb 2026 05:27:30 GMT"}]
    _, report, told = judged_of(traffic, entries, "--only", f"{_OF_TIME},{_OF_ORDER}")

    assert outcomes(report, "broken") == ["POLL-05"], told
    assert "VIS-62" in outcomes(report, "holds")


@pytest.mark.parametrize("time", [-1, 1e300, None, 0.25])
def test_an_odd_time_of_an_answer_is_bounded(traffic: Path, time: Json) -> None:
    entry = entry_of("/analytics/realtime", counter_of(), time=time)
    code, _, told = judged_of(traffic, [entry], "--only", "RT-*")

    assert code == 0, told
