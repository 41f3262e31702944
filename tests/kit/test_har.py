"""HAR files: a recorded run is read back unchanged, and files of other programs are read leniently."""

import base64
import json
from itertools import product
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import httpx2
import pytest

from contract_tests.asking.own_mock import INSTANT
from mock_server.testing import running
from tests.command import address_of, ended, serving, started
from tests.controls import Controls
from tests.quick import quick

_BASE = "https://api.example.com/stats/v1"
_VISITOR = "a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"
Json = Any


def _entry(path: str, body: Json, status: int = 200, **changes: Json) -> Json:
    """Returns an entry as browsers write it, with browsers' own members."""
    text = body if isinstance(body, str) else json.dumps(body)
    return {
        "startedDateTime": "2026-02-06T06:27:30.500+01:00",
        "time": 12.5,
        "request": {"method": "GET", "url": _BASE + path, "httpVersion": "h2", "headers": [], "cookies": []},
        "response": {"status": status, "headers": [], "content": {"mimeType": "x", "text": text, "size": 1}},
        "_priority": "High",
        **changes,
    }


def _map(**changes: Json) -> Json:
    visitor = {
        "visitorId": _VISITOR,
        "location": {"city": None, "region": None, "countryCode": None},
        "system": {"browser": "Chrome", "os": None, "device": None},
        "currentUrl": None,
        "profileData": {},
        "conversionLikelihood": None,
    }
    data = {
        "count": 1,
        "visitors": [visitor],
        "conversionMetrics": {},
        "hasConversionPredictions": False,
        "recentEvents": [],
        "recentPayments": [],
    }
    return {"status": "success", "data": {**data, **changes}}


def _realtime(visitors: Json = 42) -> Json:
    return {"status": "success", "data": [{"visitors": visitors}]}


@pytest.fixture
def traffic(tmp_path: Path) -> Path:
    return tmp_path / "traffic.har"


def _judged(
    traffic: Path, entries: list[Json], *options: str, creator: str = "Firefox"
) -> tuple[int, dict[str, Json], str]:
    """Runs `verify --har` on these entries; returns the exit code, the JSON report and the output."""
    log = {"version": "1.2", "creator": {"name": creator, "version": "1"}, "entries": entries}
    traffic.write_text(json.dumps({"log": log}))
    report = traffic.with_suffix(".json")
    result = ended("verify", "--har", str(traffic), "--report", f"json={report}", *options)
    return result.returncode, json.loads(report.read_bytes()), result.stdout + result.stderr


def _outcomes(report: dict[str, Json], outcome: str) -> list[str]:
    return [clause["id"] for clause in report["clauses"] if clause["outcome"] == outcome]


@pytest.mark.parametrize("fault", [None, "count too small"])
@pytest.mark.long
def test_a_saved_run_is_judged_as_it_was_live(fault: str | None, tmp_path: Path) -> None:
    saved, live, again = (tmp_path / name for name in ("run.har", "live.json", "again.json"))
    options = (
        "--credentials",
        "mock",
        "--writes",
        "--pause",
        "0.2",
        "--save-har",
        str(saved),
        "--report",
        f"json={live}",
    )
    with serving("--now", INSTANT) as upstream:
        if fault is None:
            asked = ended("verify", upstream, *options)
        else:
            with started(fault, "--upstream", upstream, "--port", "0", command="mutate") as mutate:
                asked = ended("verify", address_of(mutate), *options)
    judged = ended("verify", "--har", str(saved), "--report", f"json={again}")
    assert judged.returncode == asked.returncode == (0 if fault is None else 1)
    before, after = json.loads(live.read_bytes()), json.loads(again.read_bytes())
    assert [(c["id"], c["outcome"], c["cases"]) for c in before["clauses"]] == [
        (c["id"], c["outcome"], c["cases"]) for c in after["clauses"]
    ]
    text = saved.read_text(encoding="utf-8")
    assert "Bearer df_***" in text
    assert not any(token in text for token in ("df_demo", "df_suspended", "dft_test"))


@pytest.mark.long
def test_the_journal_of_two_websites_is_not_taken_for_that_of_one(traffic: Path) -> None:
    """The tokens in the file are masked, so that they are all equal."""
    day = "startAt=2026-02-04&endAt=2026-02-04"
    asked = ("metadata?", f"overview?{day}", f"timeseries?{day}&interval=day&fields=name,visitors,sessions")
    with serving("--now", INSTANT) as address:
        for key in ("df_edge_cases", "df_demo"):
            for path in asked:
                request = Request(f"{address}/api/v1/analytics/{path}")
                request.add_header("Authorization", f"Bearer {key}")
                urlopen(request, timeout=30).close()
        with urlopen(f"{address}/__mock/requests?format=har", timeout=30) as reply:
            log = json.load(reply)["log"]

    options = ("--only", "SUM-*,SEL-*")
    code, report, told = _judged(traffic, log["entries"], *options, creator=log["creator"]["name"])

    assert (code, _outcomes(report, "broken"), _outcomes(report, "warning")) == (0, [], []), told
    assert {"SUM-01", "SEL-05", "SEL-06"} <= set(_outcomes(report, "holds")), told
    assert "Bearer df_***" in str(log)
    assert "Bearer df_demo" not in str(log)


def _asked_of_three_worlds(controls: Controls, web: httpx2.Client, which: str) -> None:
    """Sends requests that the journal shows as requests of equal masked tokens, but about several worlds."""
    label = "" if which == "no labels" else "my test"
    first, second = (controls.mint(site=site, label=label) for site in ("demo", "edge_cases"))
    keys = [first] * 3 if which in ("settings", "Prefer") else [first, second, first]
    for n, key in enumerate(keys):
        if which == "settings":
            controls.patch("/settings", {"site": ("demo", "edge_cases")[n % 2]}, key=key)
        headers = {"Authorization": f"Bearer {key}"}
        if which == "Prefer" and n == 1:
            headers["Prefer"] = "site=edge_cases"
        for path in _OF_ONE_DAY:
            web.get(path, headers=headers).raise_for_status()


_DAY = "startAt=2026-02-04&endAt=2026-02-04"
_OF_ONE_DAY = (
    "/analytics/metadata",
    f"/analytics/overview?{_DAY}",
    f"/analytics/timeseries?{_DAY}&interval=day&fields=name,visitors,sessions",
)


@pytest.mark.parametrize("which", quick(["no labels", "one label", "settings", "Prefer"], 1))
def test_the_journal_tells_worlds_apart(which: str, traffic: Path) -> None:
    with running(now=INSTANT) as mock, Controls(mock.server) as controls:
        with httpx2.Client(base_url=mock.url) as web:
            _asked_of_three_worlds(controls, web, which)
        log = controls.get("/requests", format="har")["log"]

    options = ("--only", "SUM-*,SEL-*")
    code, report, told = _judged(traffic, log["entries"], *options, creator=log["creator"]["name"])

    assert (code, _outcomes(report, "broken"), _outcomes(report, "warning")) == (0, [], []), told
    assert {"SUM-01", "SEL-05", "SEL-06"} <= set(_outcomes(report, "holds")), told
    assert len({entry["_world"] for entry in log["entries"]}) == 2


@pytest.mark.long
def test_examples_that_the_mock_sent_on_demand_are_no_answers_of_its_world(traffic: Path) -> None:
    paths = ("realtime/map", "realtime", "overview?startAt=2026-02-04&endAt=2026-02-04")
    with serving("--now", INSTANT) as address:
        for path, preference in product(paths, ("code=200", "site=demo")):
            headers = {"Authorization": "Bearer df_demo", "Prefer": preference}
            urlopen(Request(f"{address}/api/v1/analytics/{path}", headers=headers), timeout=30).close()
        with urlopen(f"{address}/__mock/requests?format=har", timeout=30) as reply:
            log = json.load(reply)["log"]

    code, report, told = _judged(traffic, log["entries"], creator=log["creator"]["name"])

    assert (code, _outcomes(report, "broken"), _outcomes(report, "warning")) == (0, [], []), told
    assert report["answers"] == len(paths)
    assert "3 with an example of the document" in told


def test_recorded_traffic_needs_no_options(traffic: Path) -> None:
    told = _judged(traffic, [_entry("/analytics/realtime", _realtime())])[2]

    assert "a recorded request such as the clause describes (" in told
    assert "`--key`" not in told
    assert "`--writes`" not in told
    assert "`--credentials`" not in told


def test_traffic_of_a_browser(traffic: Path) -> None:
    entries = [
        _entry("/analytics/realtime/map", _map()),
        _entry("/analytics/realtime", _realtime()),
        _entry(f"/visitors/{_VISITOR}", {"status": "error", "error": {"code": 404, "message": "No."}}, 404),
    ]
    code, report, told = _judged(traffic, entries, "--only", "MAP-*,RT-*,ENV-*,AGR-*")
    assert (code, _outcomes(report, "broken")) == (0, []), told
    assert {"RT-01", "MAP-01", "MAP-72", "ENV-01"} <= set(_outcomes(report, "holds"))


def test_traffic_of_a_page_that_only_polls_holds(traffic: Path) -> None:
    code, report, told = _judged(traffic, [_entry("/analytics/realtime", _realtime())] * 3)

    assert (code, report["verdict"], report["partial"]) == (0, "holds", []), told
    assert "RT-01" in _outcomes(report, "holds")


def test_a_baseline_is_a_ratchet(traffic: Path) -> None:
    realtime, shown = _entry("/analytics/realtime", _realtime()), _entry("/analytics/realtime/map", _map())
    assert _judged(traffic, [realtime, shown])[0] == 0
    earlier = traffic.with_suffix(".json").rename(traffic.with_name("earlier.json"))
    options = ("--baseline", str(earlier))

    code, report, told = _judged(traffic, [realtime], *options)
    assert (code, "MAP-72" in report["lost"], "RT-01" in report["lost"]) == (0, True, False), told
    assert "Held in the baseline, not observed now: " in told
    code, _, told = _judged(traffic, [realtime], *options, "--require-baseline")
    assert code == 5
    assert "is required, but was not observed" in told
    assert _judged(traffic, [realtime], *options, "--require-baseline", "--only", "RT-*")[0] == 0
    code, report, _ = _judged(traffic, [realtime, shown], *options, "--require-baseline")
    assert (code, report["lost"]) == (0, [])
    code, _, told = _judged(traffic, [realtime, shown], *options, "--require-baseline", "--require", "VIS-01")
    assert (code, "VIS-01" in told) == (5, True)


def test_a_baseline_that_is_required_must_be_given(traffic: Path) -> None:
    traffic.write_text("{}")
    result = ended("verify", "--har", str(traffic), "--require-baseline")

    assert (result.returncode, "--require-baseline needs a --baseline" in result.stderr) == (2, True)


def test_clauses_that_lack_the_same_are_told_together(traffic: Path) -> None:
    _, report, told = _judged(traffic, [_entry("/analytics/realtime/map", _map())], "--only", "MAP-*,VIS-*")

    needs = {clause["id"]: clause["needs"] for clause in report["clauses"]}
    assert needs["MAP-63"] == "an answer of getRealtimeMap with a value at `data.recentPayments.*`"
    assert needs["VIS-03"] == "a successful answer of getVisitor"
    listed = told[told.index("NOT OBSERVED") :].splitlines()
    counts = [int(line.split()[0]) for line in listed if "clause" in line and line[2].isdigit()]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 40
    assert "11 clauses: an answer of getRealtimeMap with a value at `data.recentPayments.*`" in told


def test_an_operation_that_always_failed_in_traffic_is_told(traffic: Path) -> None:
    failed = {"status": "error", "error": {"code": 500, "message": "No."}}
    entries = [_entry("/analytics/realtime", _realtime()), _entry("/analytics/realtime/map", failed, 500)]
    code, report, _ = _judged(traffic, entries)

    assert (code, report["verdict"]) == (5, "partial")
    assert report["partial"] == ["no successful answer of getRealtimeMap was seen (it answered 500)"]


@pytest.mark.parametrize("entries", [[], [_entry("/about", "x")]], ids=["empty", "of another API"])
def test_traffic_without_an_answer_has_no_verdict(traffic: Path, entries: list[Json]) -> None:
    code, report, told = _judged(traffic, entries)

    assert (code, report["verdict"]) == (5, "no verdict")
    assert "No verdict: no clause could be judged." in told.splitlines()


def test_a_fault_in_traffic_is_told(traffic: Path) -> None:
    entries = [_entry("/analytics/realtime/map", _map(count="1"))]
    code, report, told = _judged(traffic, entries, "--only", "MAP-*")
    assert (code, _outcomes(report, "broken")) == (1, ["MAP-01"])
    assert f"{_BASE}/analytics/realtime/map" in told


def test_what_is_no_answer_is_left_out(traffic: Path) -> None:
    wrong = _realtime("many")
    bodiless = _entry("/analytics/realtime", "")
    del bodiless["response"]["content"]["text"]
    preflight = _entry("/analytics/realtime", "", 204)
    preflight["request"]["method"] = "OPTIONS"
    entries = [
        _entry("/analytics/realtime", _realtime()),
        _entry("/analytics/realtime", "", 304),
        _entry("/analytics/realtime", "", 0),
        _entry("/analytics/realtime", wrong, _fromCache="disk"),
        _entry("/analytics/visitors", wrong),
        bodiless,
        preflight,
    ]
    code, report, told = _judged(traffic, entries, "--only", "RT-*")
    assert (code, report["answers"]) == (0, 1), told
    reasons = (
        "1 not modified, 1 without an answer, 1 from the browser's cache, 1 no operation of the document,"
    )
    assert (
        f"6 of 7 entries are left out: {reasons} 1 without a recorded body, 1 of the method OPTIONS" in told
    )
    assert _judged(traffic, entries, "https://other.example.com", "--only", "RT-*")[0] == 5


@pytest.mark.parametrize("other", ["https://other.example.com", "https://api.example.com:8443"])
def test_with_a_url_the_answers_of_other_servers_are_left_out(traffic: Path, other: str) -> None:
    wrong = _entry("/analytics/realtime", _realtime("many"))
    wrong["request"]["url"] = wrong["request"]["url"].replace("https://api.example.com", other)
    entries = [_entry("/analytics/realtime", _realtime()), wrong]

    code, report, told = _judged(traffic, entries, _BASE, "--only", "RT-*")

    assert (code, report["answers"]) == (0, 1), told
    assert "1 of 2 entries is left out: 1 from another server" in told


def test_a_report_s_file_may_have_any_name(tmp_path: Path) -> None:
    code, report, told = _judged(tmp_path / "run=1.har", [_entry("/analytics/realtime", _realtime())])

    assert (code, report["answers"]) == (0, 1), told


def test_bodies_in_base64(traffic: Path) -> None:
    entry = _entry("/analytics/realtime", "")
    text = base64.b64encode(json.dumps(_realtime(-1)).encode()).decode()
    entry["response"]["content"] = {"text": text, "encoding": "base64"}
    code, report, _ = _judged(traffic, [entry], "--only", "RT-*")
    assert (code, _outcomes(report, "broken")) == (1, ["RT-01"])


@pytest.mark.parametrize("city", ["Lyon", "Zürich"])
def test_text_that_only_says_that_it_is_base64_is_text(traffic: Path, city: str) -> None:
    entry = _entry("/analytics/realtime", json.dumps({**_realtime(), "city": city}, ensure_ascii=False))
    entry["response"]["content"]["encoding"] = "base64"
    code, report, told = _judged(traffic, [entry], "--only", "RT-*,ENV-*")
    assert (code, _outcomes(report, "broken")) == (0, []), told
    assert report["answers"] == 1


@pytest.mark.parametrize("url", ["http://[ad]/x", "http://[::1/x", "http://a:port/analytics/realtime", ""])
def test_a_url_that_cannot_be_parsed_is_no_operation(traffic: Path, url: str) -> None:
    odd = _entry("", "")
    odd["request"]["url"] = url
    code, report, told = _judged(traffic, [odd, _entry("/analytics/realtime", _realtime())], "--only", "RT-*")
    assert (code, report["answers"]) == (0, 1), told
    assert "1 of 2 entries is left out: 1 no operation of the document" in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"response": None}, "1 malformed", id="no response"),
        pytest.param({"response": {"status": 200, "content": None}}, "1 malformed", id="no content"),
        pytest.param({"response": {"status": "200"}}, "1 malformed", id="status as text"),
        pytest.param(
            {"response": {"status": 200, "headers": [{"name": "age", "value": None}]}},
            "1 malformed",
            id="header without a value",
        ),
        pytest.param(
            {"response": {"status": 200, "headers": [{"name": "age", "value": 3}]}},
            "1 malformed",
            id="header with a number",
        ),
        pytest.param({"startedDateTime": None}, "1 malformed", id="no instant"),
        pytest.param({"request": None}, "1 malformed", id="no request"),
        pytest.param({"_fromCache": True}, "1 from the browser's cache", id="cached, as a boolean"),
    ],
)
def test_an_entry_with_odd_members_is_left_out_alone(traffic: Path, changes: Json, words: str) -> None:
    odd = _entry("/analytics/realtime", _realtime("many"), **changes)
    entries = [odd, _entry("/analytics/realtime", _realtime())]
    code, report, told = _judged(traffic, entries, "--only", "RT-*")
    assert (code, report["answers"]) == (0, 1), told
    assert f"1 of 2 entries is left out: {words}" in told


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
    event = {"_id": "69857bb827ddefd472fb2b09", "type": "pageview", "visitorId": _VISITOR, "timestamp": at}
    return _map(recentEvents=[event], recentPayments=[{"_id": "69857bb827ddefd472fb2b12", "timestamp": at}])


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
        "data": {"visitorId": _VISITOR, "identity": {}, "activity": activity, "profile": profile},
    }


def _timeless(started: str | None) -> list[Json]:
    """Returns a map and two profiles of its visitor, with fewer visits in the second; all without `Date`."""
    bodies = [_dated_map(), _dated_profile(), _dated_profile(2)]
    paths = ["/analytics/realtime/map", *[f"/visitors/{_VISITOR}"] * 2]
    entries = [_entry(path, body) for path, body in zip(paths, bodies, strict=True)]
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
    code, report, told = _judged(traffic, _timeless(started), "--only", f"{_OF_TIME},{_OF_ORDER}")

    # The test judges no other clause.
    assert (code, _outcomes(report, "broken"), report["answers"]) == (5, [], 3), told
    assert _outcomes(report, "not observed") == [c["id"] for c in report["clauses"]]
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
    code, report, told = _judged(traffic, entries, "--only", _OF_TIME)

    assert (code, _outcomes(report, "broken")) == (5, []), told
    needs = {c["id"]: c["needs"] for c in report["clauses"]}
    assert "in 1 of 1 it is not an instant" in needs["MAP-76"]


def test_a_month_between_the_recorder_and_the_server_is_no_fault_of_the_server(traffic: Path) -> None:
    entries = _timeless("2026-01-05T05:27:30.000Z")
    code, report, told = _judged(traffic, entries, "--only", _OF_TIME)

    assert (code, _outcomes(report, "broken")) == (5, []), told


def test_known_times_judge_what_needs_them(traffic: Path) -> None:
    entries = _timeless("2026-02-06T05:27:30.000Z")
    for second, entry in enumerate(entries):
        entry["startedDateTime"] = f"2026-02-06T05:27:3{second}.000Z"
        entry["response"]["headers"] = [{"name": "Date", "value": "Fri, 06 Feb 2026 05:27:30 GMT"}]
    _, report, told = _judged(traffic, entries, "--only", f"{_OF_TIME},{_OF_ORDER}")

    assert _outcomes(report, "broken") == ["POLL-05"], told
    assert "VIS-62" in _outcomes(report, "holds")


@pytest.mark.parametrize("time", [-1, 1e300, None, 0.25])
def test_an_odd_time_of_an_answer_is_bounded(traffic: Path, time: Json) -> None:
    entry = _entry("/analytics/realtime", _realtime(), time=time)
    code, _, told = _judged(traffic, [entry], "--only", "RT-*")

    assert code == 0, told


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_skipped(traffic: Path, encoding: str) -> None:
    har = {"log": {"version": "1.2", "entries": [_entry("/analytics/realtime", _realtime())]}}
    traffic.write_text(json.dumps(har), encoding=encoding)
    result = ended("verify", "--har", str(traffic), "--only", "RT-*")
    assert result.returncode == 0, result.stderr


def test_half_an_emoji_does_not_make_a_file_unreadable(traffic: Path) -> None:
    entry = _entry("/analytics/realtime", _realtime())
    entry["comment"], entry["response"]["statusText"] = "half: \ud83c", "whole: \U0001f389"
    code, report, told = _judged(traffic, [entry], "--only", "RT-*")

    assert (code, report["answers"]) == (0, 1), told


@pytest.mark.parametrize("size", [57_943, -1, None, "20 bytes"])
def test_a_body_that_the_recorder_cut_is_not_judged(traffic: Path, size: Any) -> None:
    cut, whole = (
        _entry("/analytics/realtime", json.dumps(_realtime())[:20]),
        _entry("/analytics/realtime", _realtime()),
    )
    cut["response"]["content"]["size"] = size
    if size != 57_943:
        whole["response"]["content"]["size"] = size
    code, report, told = _judged(traffic, [cut, whole])
    broken = [clause["id"] for clause in report["clauses"] if clause["outcome"] == "broken"]
    assert (report["answers"], broken) == (1, []), told
    assert code != 1
    assert "1 without a recorded body" in told


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com:443/stats/v1",
        "https://API.example.com/stats/v1",
        "HTTPS://api.example.com/stats/v1",
    ],
)
def test_equal_origins_are_one_server(traffic: Path, url: str) -> None:
    entry = _entry("/analytics/realtime", _realtime())
    assert _judged(traffic, [entry], url, "--only", "RT-*")[0] == 0
    entry["request"]["url"] = f"{url}/analytics/realtime"
    assert _judged(traffic, [entry], _BASE, "--only", "RT-*")[0] == 0


def test_a_token_that_never_opened_anything_accuses_nobody(traffic: Path) -> None:
    refused = {"status": "error", "error": {"code": 401, "message": "No."}}
    entries = [
        _entry("/analytics/realtime?fields=pageviews", refused, 401),
        _entry("/visitors/x", refused, 401),
    ]
    for entry in entries:
        entry["request"]["headers"] = [{"name": "authorization", "value": "Bearer df_revoked"}]
    code, report, told = _judged(traffic, entries)
    assert (code, _outcomes(report, "broken")) == (5, [])
    assert "df_revoked" not in told + json.dumps(report)


def test_a_token_that_opened_something_does(traffic: Path) -> None:
    entries = [
        _entry("/analytics/realtime", _realtime()),
        _entry("/analytics/realtime?fields=pageviews", _realtime()),
    ]
    for entry in entries:
        entry["request"]["headers"] = [{"name": "Authorization", "value": "Bearer df_good"}]
    code, report, _ = _judged(traffic, entries, "--only", "RT-*,ERR-*")
    assert (code, _outcomes(report, "broken")) == (1, ["ERR-01"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("{", "is not a HAR file", id="cut short"),
        pytest.param('{"log": {}}', "is not a HAR file", id="without entries"),
        pytest.param("[" * 100_000, "is not a HAR file", id="nested deeply"),
        pytest.param(None, "No such file", id="missing"),
    ],
)
def test_unreadable_files(content: str | None, words: str, traffic: Path) -> None:
    if content is not None:
        traffic.write_text(content)
    result = ended("verify", "--har", str(traffic))
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("rows", "outcome", "words"),
    [
        pytest.param([{}], "broken", "is missing in the only object", id="the only row lacks it"),
        pytest.param([{}, {}], "broken", "is missing in 2 of 2 objects", id="all rows lack it"),
        pytest.param([{"visitors": 42}, {}], "warning", "is missing in 1 of 2 objects", id="one of two"),
        pytest.param(
            [{"visitors": 42}, {}, {}], "warning", "is missing in 2 of 3 objects", id="two of three"
        ),
    ],
)
def test_a_member_that_all_rows_lack_breaks_and_one_that_some_lack_warns(
    traffic: Path, rows: list[Json], outcome: str, words: str
) -> None:
    entry = _entry("/analytics/realtime", {"status": "success", "data": rows})
    code, report, told = _judged(traffic, [entry], "--only", "RT-01")

    assert (code, _outcomes(report, outcome)) == (int(outcome == "broken"), ["RT-01"]), told
    assert words in told


def _profile(second: int, *pages: str) -> Json:
    visited = [
        {"url": f"a.example{page}", "timestamp": f"2026-02-06T05:2{page[-1]}:00.000Z"} for page in pages
    ]
    body = {"status": "success", "data": {"visitorId": _VISITOR, "activity": {"visitedPages": visited}}}
    return _entry(f"/visitors/{_VISITOR}", body, startedDateTime=f"2026-02-06T05:27:{second}.000Z")


@pytest.mark.parametrize(
    ("later", "outcome"),
    [
        pytest.param([], "warning", id="a list that is empty"),
        pytest.param(["/1", "/2"], "holds", id="the same"),
        pytest.param(["/1", "/2", "/3"], "holds", id="one more"),
        pytest.param(["/2", "/3"], "holds", id="as many, cut off"),
        pytest.param(["/2"], "broken", id="one is gone"),
    ],
)
def test_pages_of_a_visitor_who_is_asked_for_again(traffic: Path, later: list[str], outcome: str) -> None:
    entries = [_profile(30, "/1", "/2"), _profile(40, *later)]
    _, report, told = _judged(traffic, entries, "--only", "POLL-08")

    assert _outcomes(report, outcome) == ["POLL-08"], told


def test_a_har_that_is_too_large_is_refused_before_it_is_read(traffic: Path) -> None:
    with traffic.open("wb") as file:
        file.truncate((512 << 20) + 1)
    result = ended("verify", "--har", str(traffic))

    assert result.returncode == 2
    assert "is larger than 512 MB" in result.stderr
