"""The SARIF report: what its schema and GitHub's code scanning demand, and the lines of its results."""

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from contract_tests.clauses import all_clauses
from contract_tests.document import DOCUMENT, document
from contract_tests.judging.run import Run
from contract_tests.judging.verdict import Outcome
from contract_tests.pointers import ANY_ITEM
from contract_tests.report.as_sarif import DESCRIBED_IN, sarif_report
from contract_tests.report.lines import line_of
from tests.kit.reports import RUNS, STRANGE
from tests.kit.sample_runs import all_holds, broken, filled_with, known_deviations, much_broken, stopped

_LINES = DOCUMENT.with_suffix(".yaml").read_text(encoding="utf-8").splitlines()
# Microsoft's package has the schema as OASIS published it; `make long` installs it.
_SCHEMA = (
    Path(__file__).parent.parent
    / "javascript/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
)


def _run_of(run: Run) -> Any:
    (told,) = json.loads(sarif_report(run))["runs"]
    return told


def _places(run: Run) -> list[tuple[str, str, int]]:
    """Returns the rule, the file and the line of each result."""
    found = []
    for result in _run_of(run)["results"]:
        (location,) = result["locations"]
        place = location["physicalLocation"]
        found.append((result["ruleId"], place["artifactLocation"]["uri"], place["region"]["startLine"]))
    return found


def test_each_clause_is_a_rule_and_each_that_does_not_hold_a_result() -> None:
    told = _run_of(broken())

    assert [rule["id"] for rule in told["tool"]["driver"]["rules"]] == [
        v.clause.id for v in broken().verdicts
    ]
    assert [(result["ruleId"], result["level"]) for result in told["results"]] == [
        ("AUTH-02", "error"),
        ("MAP-72", "error"),
        ("MAP-74", "warning"),
    ]
    rules = told["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in told["results"])


def test_a_rule_says_what_the_clause_says() -> None:
    rule = next(rule for rule in _run_of(broken())["tool"]["driver"]["rules"] if rule["id"] == "MAP-74")

    assert rule["name"] == "RealtimeMap74"
    assert rule["shortDescription"]["text"].startswith("`amount` of a payment is in whole units")
    assert "Source: programs that run against the live API report it." in rule["fullDescription"]["text"]
    assert "`datafast-mock explain MAP-74`" in rule["help"]["text"]
    assert rule["defaultConfiguration"] == {"level": "warning"}
    assert (rule["properties"]["standing"], rule["properties"]["precision"]) == ("observed", "high")


def test_every_clause_has_a_name_of_its_own_and_fits_github_s_limits() -> None:
    verdicts = [replace(broken().verdicts[0], clause=clause) for clause in all_clauses()]
    rules = _run_of(replace(broken(), verdicts=verdicts))["tool"]["driver"]["rules"]

    assert len({rule["name"] for rule in rules}) == len(rules) == len(all_clauses())
    assert all(rule["name"] != rule["id"] and rule["name"].isalnum() for rule in rules)
    assert max(len(rule["fullDescription"]["text"]) for rule in rules) <= 1024
    assert max(len(rule["properties"]["tags"]) for rule in rules) <= 10


def test_a_result_has_a_place_in_the_document() -> None:
    (refused, count, amount) = _places(broken())

    assert {path for _, path, _ in (refused, count, amount)} == {DESCRIBED_IN}
    assert _LINES[count[2] - 1].strip().startswith("count:")
    assert _LINES[refused[2] - 1].strip() == "get:"


def test_a_result_says_what_was_met_and_how_often() -> None:
    result = _run_of(broken())["results"][1]

    assert result["message"]["text"] == (
        "`count` is 46, but 47 visitors are listed: /data/count = 46; "
        "`count` is 44, but 47 visitors are listed: /data/count = 44; "
        "`count` is 43, but 47 visitors are listed: /data/count = 43. "
        "The clause: `count` is the number of active visitors: at least as many as are listed."
    )
    assert result["occurrenceCount"] == 3
    assert result["properties"]["repeat"].startswith("curl -i ")


def test_a_clause_is_the_same_alert_wherever_it_breaks() -> None:
    prints = [
        [result["partialFingerprints"] for result in _run_of(run)["results"]]
        for run in (filled_with("a", 1), filled_with("b", 2))
    ]

    assert prints[0] == prints[1]
    assert len({json.dumps(found) for found in prints[0]}) == len(prints[0])


def test_a_known_deviation_is_a_suppressed_note() -> None:
    (result,) = _run_of(known_deviations())["results"]

    assert result["level"] == "note"
    assert result["suppressions"] == [{"kind": "external", "justification": "It is in the baseline."}]
    # All results have suppressions, or none (SARIF 2.1.0, 3.27.23).
    assert all(other["suppressions"] == [] for other in _run_of(broken())["results"])


@pytest.mark.parametrize(
    ("run", "is_successful", "code", "described"),
    [(all_holds, True, 0, "holds"), (broken, True, 1, "broken"), (stopped, False, 3, "stopped")],
)
def test_the_invocation_says_whether_the_run_was_whole(
    run: Callable[[], Run], is_successful: bool, code: int, described: str
) -> None:
    (invocation,) = _run_of(run())["invocations"]

    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (is_successful, code)
    assert invocation["exitCodeDescription"] == described
    assert bool(invocation["toolExecutionNotifications"]) is not is_successful
    assert (invocation["startTimeUtc"], invocation["endTimeUtc"]) == (
        "2026-02-06T05:27:30.000Z",
        "2026-02-06T05:27:31.250Z",
    )


def test_the_tool_is_named_with_its_version() -> None:
    driver = _run_of(broken())["tool"]["driver"]

    assert (driver["name"], driver["version"]) == ("datafast-mock", version("datafast-mock"))
    assert driver["informationUri"].startswith("https://")


@pytest.mark.parametrize(
    "text", [*STRANGE.values(), "[x](1)", "{0} {12}", "[x](https://evil.example)"], ids=repr
)
def test_a_server_writes_no_links_and_no_placeholders(text: str) -> None:
    messages = [result["message"]["text"] for result in _run_of(filled_with(text, text))["results"]]

    assert messages
    assert not any("](" in message or "{0}" in message or "{12}" in message for message in messages)


def test_a_report_on_much_is_small_enough_for_github() -> None:
    report = sarif_report(much_broken(160, "`|@x <b> \N{SNOWMAN}" * 100))

    assert len(report.encode()) < 10 * 1024 * 1024


def test_each_documented_member_is_found_in_its_line() -> None:
    rows = document().rows
    places = [[name if name != ANY_ITEM else "items" for name in row.place] for row in rows]
    pointers = ["".join(f"/{0 if name == ANY_ITEM else name}" for name in row.place) for row in rows]
    lines = [_LINES[line_of(row.operation, pointer) - 1] for row, pointer in zip(rows, pointers, strict=True)]

    assert [place for place, line in zip(places, lines, strict=True) if place[-1] not in line] == []


@pytest.mark.parametrize(
    ("operation", "pointer", "words"),
    [
        pytest.param("getRealtimeMap", "/data/visitors/3/nothing", "items:", id="the nearest part above"),
        pytest.param("getRealtimeMap", "/nothing", "get:", id="nothing of the answer"),
        pytest.param("getGoals", "", "get:", id="a whole answer"),
        pytest.param(None, "/data", "# The contract", id="an unknown operation"),
    ],
)
def test_what_is_not_described_has_a_line_nearby(operation: str | None, pointer: str, words: str) -> None:
    assert words in _LINES[line_of(operation, pointer) - 1]


@pytest.mark.long
@pytest.mark.parametrize("run", [*RUNS.values(), lambda: filled_with("x", {"a": [1]})])
def test_the_report_is_as_the_published_schema_says(run: Callable[[], Run]) -> None:
    validator = Draft7Validator(
        json.loads(_SCHEMA.read_bytes()), format_checker=Draft7Validator.FORMAT_CHECKER
    )
    log = json.loads(sarif_report(run()))

    assert [error.message for error in validator.iter_errors(log)] == []
    assert {outcome for outcome in Outcome if run().of(outcome)}
