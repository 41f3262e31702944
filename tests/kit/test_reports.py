"""The reports for programs: JSON and JUnit, which other programs read."""

import json
import os
import re
import sys
import xml.etree.ElementTree as ET
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from junitparser import JUnitXml, TestSuite

from contract_tests.judging.run import Run
from contract_tests.recording import Recording
from contract_tests.report.as_json import JSON_VERSION, json_report
from contract_tests.report.as_junit import junit_report
from contract_tests.report.files import Baseline, BaselineError, baseline_of, report_schema, write_report
from tests.kit.reports import HARMLESS, REPORTS, RUNS, json_errors, junit_schema
from tests.kit.sample_runs import broken, filled_with, known_deviations, stopped


@pytest.mark.parametrize("name", RUNS)
def test_the_json_report_is_as_its_schema_says(name: str) -> None:
    assert list(json_errors(RUNS[name]())) == []


def test_the_schema_is_one_and_describes_every_member() -> None:
    schema = report_schema()
    Draft202012Validator.check_schema(schema)

    assert list(_undescribed(schema, "")) == []


def test_the_json_report_tells_what_was_met() -> None:
    report = json.loads(json_report(broken()))

    clause = next(clause for clause in report["clauses"] if clause["id"] == "MAP-72")
    assert (report["verdict"], report["exitCode"], report["startedAt"]) == (
        "broken",
        1,
        "2026-02-06T05:27:30.000Z",
    )
    assert clause["outcome"] == "broken"
    assert clause["violations"][0] == {
        "problem": "`count` is 46, but 47 visitors are listed",
        "pointer": "/data/count",
        "value": 46,
        "place": "/data/count = 46",
        "exchange": {
            "operation": "getRealtimeMap",
            "method": "GET",
            "url": "https://stats.example.com/api/v1/analytics/realtime/map?limit=10",
            "labels": ["ok"],
            "sentAt": "2026-02-06T05:27:30.000Z",
            "milliseconds": 12,
            "status": 200,
        },
        "curl": "curl -i -H 'Authorization: Bearer df_***'"
        " 'https://stats.example.com/api/v1/analytics/realtime/map?limit=10'",
    }


def test_the_json_report_repeats_a_value_as_it_was_or_not_at_all() -> None:
    strange = "\x1b[31m\u202e\x85\U000e0001é"

    assert _violation(json_report(filled_with("x", strange)))["value"] == strange
    assert "value" not in _violation(json_report(filled_with("x", "x" * 1001)))
    assert "value" not in _violation(json_report(filled_with("x", list(range(1000)))))


def _violation(report: str) -> Any:
    return json.loads(report)["clauses"][0]["violations"][0]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"{}", "is not a report of `--report json=FILE`", id="another file"),
        pytest.param(b'{"x": ' + b"[" * 100_000, "is not a report of `--report json=FILE`", id="deep"),
        pytest.param(b'{"version": 0, "clauses": []}', "is a report of version 0", id="another version"),
    ],
)
def test_another_file_is_no_baseline(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "a.json").write_bytes(content)

    with pytest.raises(BaselineError, match=re.escape(told)):
        baseline_of(tmp_path / "a.json")


def test_a_baseline_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(BOM_UTF8 + b'{"version": %d, "clauses": []}' % JSON_VERSION)

    assert baseline_of(tmp_path / "a.json") == Baseline()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such devices")
def test_a_baseline_without_an_end_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(BaselineError, match="it is larger than 64 MB"):
        baseline_of(Path("/dev/zero"))
    with pytest.raises(BaselineError, match="is not a report"):
        baseline_of(tmp_path / "pipe")


def test_a_report_is_a_baseline(tmp_path: Path) -> None:
    write_report("json", tmp_path / "new folder" / "a.json", broken())
    write_report("json", tmp_path / "b.json", known_deviations())

    assert baseline_of(tmp_path / "new folder" / "a.json").broken == {"AUTH-02", "MAP-72"}
    assert baseline_of(tmp_path / "new folder" / "a.json").held == {"ENV-01", "MAP-73", "MAP-74"}
    assert baseline_of(tmp_path / "b.json").broken == {"MAP-72"}


@pytest.mark.parametrize("name", RUNS)
def test_the_junit_report_is_as_its_schema_says(name: str) -> None:
    junit_schema().validate(junit_report(RUNS[name]()))


def test_the_junit_report_counts_what_it_holds() -> None:
    suite = ET.fromstring(junit_report(filled_with(HARMLESS, None)))

    counts = {name: len(suite.findall(f"testcase/{name}")) for name in ("failure", "error", "skipped")}
    assert counts == {"failure": 1, "error": 2, "skipped": 1}
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["6", "1", "2", "1"]


def test_the_junit_report_tells_when_it_began_and_what_judged_what() -> None:
    suite = ET.fromstring(junit_report(broken()))
    properties = {one.get("name"): one.get("value") for one in suite.findall("properties/property")}

    assert suite.get("timestamp") == "2026-02-06T05:27:30"
    assert suite.get("time") == "1.250"
    assert properties == {
        "tool": f"datafast-mock {version('datafast-mock')}",
        "base": "https://stats.example.com/api/v1",
        "revision": "2026-02",
        "answers": "1",
    }


@pytest.mark.parametrize("make", [*RUNS.values(), lambda: filled_with(HARMLESS, None)])
def test_a_reader_of_junit_counts_the_same(make: Callable[[], Run]) -> None:
    run = make()
    suite = _read_junit(run)
    cases = list(suite)

    written = (suite.tests, suite.failures, suite.errors, suite.skipped, suite.time)
    suite.update_statistics()  # type: ignore[no-untyped-call] # of junitparser
    assert (suite.tests, suite.failures, suite.errors, suite.skipped, suite.time) == written
    assert suite.tests == len(run.verdicts) + 1
    # GitLab takes two cases with the same class and name for one; some readers need the time of each case.
    assert len({(case.classname, case.name) for case in cases}) == len(cases)
    assert all(case.time is not None for case in cases)


def test_a_reader_of_junit_finds_what_broke_and_why() -> None:
    (case,) = (case for case in _read_junit(broken()) if str(case.name).startswith("MAP-72"))
    (failure,) = case.result

    assert (case.classname, failure.type) == ("datafast.MAP", "broken")
    assert failure.message == "`count` is 46, but 47 visitors are listed"
    assert "/data/count = 46" in failure.text
    assert failure.text.splitlines()[-1].startswith("curl -i ")


@pytest.mark.long
def test_no_line_of_a_junit_report_is_long() -> None:
    report = junit_report(filled_with("x" * 1_000_000, "x" * 1_000_000))

    assert len(report) < 100_000


def _read_junit(run: Run) -> TestSuite:
    # The reader returns a list of suites even for a single suite.
    (suite,) = JUnitXml.fromstring(junit_report(run).encode())
    assert isinstance(suite, TestSuite)
    return suite


@pytest.mark.parametrize("kind", REPORTS)
def test_a_run_without_an_answer_is_told_of(kind: str) -> None:
    run = replace(stopped(), recording=Recording([]))
    told = REPORTS[kind](run)

    assert "Connection refused" in told


def test_a_junit_report_without_an_answer_has_no_time_and_no_revision() -> None:
    report = junit_report(replace(stopped(), recording=Recording([])))
    suite = ET.fromstring(report)

    junit_schema().validate(report)
    assert suite.get("timestamp") is None
    assert [one.get("value") for one in suite.findall("properties/property")][2:] == ["unknown", "0"]


def test_the_json_report_tells_of_a_bug_where_there_is_one_alone() -> None:
    clauses = json.loads(json_report(filled_with(HARMLESS, None)))["clauses"]

    assert {clause["outcome"]: clause["bug"] for clause in clauses} == {
        "broken": None,
        "warning": None,
        "known deviation": None,
        "kit failed": HARMLESS,
        "not observed": None,
    }


def test_a_partial_verdict_does_not_look_green_in_junit() -> None:
    suite = ET.fromstring(junit_report(stopped()))

    assert "Connection refused" in str(suite.find("testcase[@classname='datafast.run']/error").get("message"))  # type: ignore[union-attr]


def _undescribed(schema: Any, place: str) -> Iterator[str]:
    """Yields the places of members that the schema does not describe."""
    for name, member in schema.get("properties", {}).items():
        if "description" not in member and member != {"$ref": "#/$defs/count"}:
            yield f"{place}/{name}"
        yield from _undescribed(member, f"{place}/{name}")
    for name, part in schema.get("$defs", {}).items():
        yield from _undescribed(part, f"#{name}")
