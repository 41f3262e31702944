"""The report for people in a terminal, and the sentences that all reports for people have.

`.venv/bin/python -m tests.kit.test_terminal_report` rewrites the terminal's output in `snapshots/`.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.asking.needs import Need
from contract_tests.judging.run import Run
from contract_tests.report.summary import summary_of
from contract_tests.report.terminal import terminal_report
from tests.kit.reports import HARMLESS, REPORTS, RUNS
from tests.kit.sample_runs import all_holds, broken, filled_with, known_deviations

_SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("name", RUNS)
def test_terminal(name: str) -> None:
    assert _terminal(name) == (_SNAPSHOTS / f"{name}.txt").read_text("utf-8")


def _terminal(name: str) -> str:
    return REPORTS["terminal"](RUNS[name]()) + "\n"


def test_the_terminal_tells_the_verdict_last_and_colors_it() -> None:
    lines = terminal_report(broken()).splitlines()

    assert lines[-1].startswith("\x1b[31m\x1b[1mThe contract is broken: 2 of the 5 clauses")


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (all_holds, ["The contract holds: of the 6 clauses that were judged, none is broken."]),
        (
            broken,
            ["The contract is broken: 2 of the 5 clauses that were judged did not hold (AUTH-02, MAP-72)."],
        ),
        (
            known_deviations,
            [
                (
                    "The contract holds: of the 2 clauses that were judged, none is broken;"
                    " 1 is a known deviation."
                )
            ],
        ),
    ],
)
def test_summary(run: Callable[[], Run], words: list[str]) -> None:
    assert list(summary_of(run()).sentences) == words


def test_the_terminal_breaks_no_line_at_a_hyphen() -> None:
    words = " ".join(["last-known"] * 40)
    run = filled_with(words, None)
    verdicts = [replace(verdict, why=Need(words)) for verdict in run.verdicts]
    lines = REPORTS["terminal"](replace(run, verdicts=verdicts, left=[words])).splitlines()

    # A word that stands in two lines cannot be searched for.
    assert [line for line in lines if line.endswith("-")] == []
    assert sum("last-known last-known" in line for line in lines) > 3 * len(words) // 100


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_says_what_is_left_on_the_server(report: str) -> None:
    run = replace(all_holds(), left=["the payment mock_1 stays on the server: DELETE /payments answered 503"])

    assert "mock_1 stays on the server" in REPORTS[report](run)
    assert "stays on the server" not in REPORTS[report](all_holds())


@pytest.mark.parametrize("report", ["terminal", "markdown", "html"])
def test_every_report_for_people_says_what_can_leave_the_baseline(report: str) -> None:
    assert "No longer broken, to be removed from the baseline" in REPORTS[report](known_deviations())
    assert "No longer broken" not in REPORTS[report](all_holds())


def test_a_broken_contract_is_partial_too_where_the_run_ended_early() -> None:
    verdict, partial, bug = summary_of(filled_with(HARMLESS, None)).sentences

    assert verdict.startswith("The contract is broken: 1 of the 3 clauses")
    assert partial == "The verdict is partial: harmless."
    assert bug == "The verdict is partial: 1 clause could not be judged because of a bug in the kit."


if __name__ == "__main__":
    for made in RUNS:
        (_SNAPSHOTS / f"{made}.txt").write_text(_terminal(made), encoding="utf-8")
