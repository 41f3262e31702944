"""HAR files: a recorded run is read back unchanged, and files of other programs are read leniently."""

import json
from pathlib import Path

import pytest

from contract_tests.asking.own_mock import INSTANT
from tests.command import address_of, ended, serving, started
from tests.kit.browsing import BASE, VISITOR, Json, counter_of, entry_of, judged_of, map_of, outcomes


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


def test_recorded_traffic_needs_no_options(traffic: Path) -> None:
    told = judged_of(traffic, [entry_of("/analytics/realtime", counter_of())])[2]

    assert "a recorded request such as the clause describes (" in told
    assert "`--key`" not in told
    assert "`--writes`" not in told
    assert "`--credentials`" not in told


def test_traffic_of_a_browser(traffic: Path) -> None:
    entries = [
        entry_of("/analytics/realtime/map", map_of()),
        entry_of("/analytics/realtime", counter_of()),
        entry_of(f"/visitors/{VISITOR}", {"status": "error", "error": {"code": 404, "message": "No."}}, 404),
    ]
    code, report, told = judged_of(traffic, entries, "--only", "MAP-*,RT-*,ENV-*,AGR-*")
    assert (code, outcomes(report, "broken")) == (0, []), told
    assert {"RT-01", "MAP-01", "MAP-72", "ENV-01"} <= set(outcomes(report, "holds"))


def test_traffic_of_a_page_that_only_polls_holds(traffic: Path) -> None:
    code, report, told = judged_of(traffic, [entry_of("/analytics/realtime", counter_of())] * 3)

    assert (code, report["verdict"], report["partial"]) == (0, "holds", []), told
    assert "RT-01" in outcomes(report, "holds")


def test_a_baseline_is_a_ratchet(traffic: Path) -> None:
    realtime, shown = (
        entry_of("/analytics/realtime", counter_of()),
        entry_of("/analytics/realtime/map", map_of()),
    )
    assert judged_of(traffic, [realtime, shown])[0] == 0
    earlier = traffic.with_suffix(".json").rename(traffic.with_name("earlier.json"))
    options = ("--baseline", str(earlier))

    code, report, told = judged_of(traffic, [realtime], *options)
    assert (code, "MAP-72" in report["lost"], "RT-01" in report["lost"]) == (0, True, False), told
    assert "Held in the baseline, not observed now: " in told
    code, _, told = judged_of(traffic, [realtime], *options, "--require-baseline")
    assert code == 5
    assert "is required, but was not observed" in told
    assert judged_of(traffic, [realtime], *options, "--require-baseline", "--only", "RT-*")[0] == 0
    code, report, _ = judged_of(traffic, [realtime, shown], *options, "--require-baseline")
    assert (code, report["lost"]) == (0, [])
    code, _, told = judged_of(
        traffic, [realtime, shown], *options, "--require-baseline", "--require", "VIS-01"
    )
    assert (code, "VIS-01" in told) == (5, True)


def test_a_baseline_that_is_required_must_be_given(traffic: Path) -> None:
    traffic.write_text("{}")
    result = ended("verify", "--har", str(traffic), "--require-baseline")

    assert (result.returncode, "--require-baseline needs a --baseline" in result.stderr) == (2, True)


def test_clauses_that_lack_the_same_are_told_together(traffic: Path) -> None:
    _, report, told = judged_of(
        traffic, [entry_of("/analytics/realtime/map", map_of())], "--only", "MAP-*,VIS-*"
    )

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
    entries = [
        entry_of("/analytics/realtime", counter_of()),
        entry_of("/analytics/realtime/map", failed, 500),
    ]
    code, report, _ = judged_of(traffic, entries)

    assert (code, report["verdict"]) == (5, "partial")
    assert report["partial"] == ["no successful answer of getRealtimeMap was seen (it answered 500)"]


@pytest.mark.parametrize("entries", [[], [entry_of("/about", "x")]], ids=["empty", "of another API"])
def test_traffic_without_an_answer_has_no_verdict(traffic: Path, entries: list[Json]) -> None:
    code, report, told = judged_of(traffic, entries)

    assert (code, report["verdict"]) == (5, "no verdict")
    assert "No verdict: no clause could be judged." in told.splitlines()


def test_a_fault_in_traffic_is_told(traffic: Path) -> None:
    entries = [entry_of("/analytics/realtime/map", map_of(count="1"))]
    code, report, told = judged_of(traffic, entries, "--only", "MAP-*")
    assert (code, outcomes(report, "broken")) == (1, ["MAP-01"])
    assert f"{BASE}/analytics/realtime/map" in told


def test_a_report_s_file_may_have_any_name(tmp_path: Path) -> None:
    code, report, told = judged_of(tmp_path / "run=1.har", [entry_of("/analytics/realtime", counter_of())])

    assert (code, report["answers"]) == (0, 1), told


def test_a_token_that_never_opened_anything_accuses_nobody(traffic: Path) -> None:
    refused = {"status": "error", "error": {"code": 401, "message": "No."}}
    entries = [
        entry_of("/analytics/realtime?fields=pageviews", refused, 401),
        entry_of("/visitors/x", refused, 401),
    ]
    for entry in entries:
        entry["request"]["headers"] = [{"name": "authorization", "value": "Bearer df_revoked"}]
    code, report, told = judged_of(traffic, entries)
    assert (code, outcomes(report, "broken")) == (5, [])
    assert "df_revoked" not in told + json.dumps(report)


def test_a_token_that_opened_something_does(traffic: Path) -> None:
    entries = [
        entry_of("/analytics/realtime", counter_of()),
        entry_of("/analytics/realtime?fields=pageviews", counter_of()),
    ]
    for entry in entries:
        entry["request"]["headers"] = [{"name": "Authorization", "value": "Bearer df_good"}]
    code, report, _ = judged_of(traffic, entries, "--only", "RT-*,ERR-*")
    assert (code, outcomes(report, "broken")) == (1, ["ERR-01"])


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
    entry = entry_of("/analytics/realtime", {"status": "success", "data": rows})
    code, report, told = judged_of(traffic, [entry], "--only", "RT-01")

    assert (code, outcomes(report, outcome)) == (int(outcome == "broken"), ["RT-01"]), told
    assert words in told


def _profile(second: int, *pages: str) -> Json:
    visited = [
        {"url": f"a.example{page}", "timestamp": f"2026-02-06T05:2{page[-1]}:00.000Z"} for page in pages
    ]
    body = {"status": "success", "data": {"visitorId": VISITOR, "activity": {"visitedPages": visited}}}
    return entry_of(f"/visitors/{VISITOR}", body, startedDateTime=f"2026-02-06T05:27:{second}.000Z")


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
    _, report, told = judged_of(traffic, entries, "--only", "POLL-08")

    assert outcomes(report, outcome) == ["POLL-08"], told
