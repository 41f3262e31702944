"""The kit never accuses a correct server that a stranger could have written."""

import json
import re
from collections.abc import Callable, Sequence
from xml.etree import ElementTree

import click
import pytest

from contract_tests.asking.client import Limits
from contract_tests.asking.credentials import Credentials
from contract_tests.clauses import all_clauses
from contract_tests.clauses.clause import Clause
from contract_tests.document import document
from contract_tests.families import BY_HAND
from contract_tests.judging.run import Exit, Plan, Run, verify
from contract_tests.judging.verdict import Outcome
from contract_tests.report.as_annotations import annotations_report
from contract_tests.report.as_html import html_report
from contract_tests.report.as_junit import junit_report
from contract_tests.report.as_markdown import markdown_report
from contract_tests.report.as_sarif import sarif_report
from contract_tests.report.summary import needs_of
from contract_tests.report.terminal import terminal_report
from tests.kit.seed_clauses import SEED_CLAUSES
from tests.kit.strangers.everybody import STRANGERS, UNUSUAL
from tests.kit.strangers.plain import ACCOUNT, KEY, WEBSITE_ID, Stranger
from tests.kit.strangers.serving import running
from tests.quick import quick

_CREDENTIALS = (Credentials(KEY, ACCOUNT, WEBSITE_ID), Credentials(account=ACCOUNT, website_id=WEBSITE_ID))
_EACH = pytest.mark.parametrize("make", STRANGERS, ids=lambda make: make.__name__)
_SOME = pytest.mark.parametrize("make", quick(STRANGERS, 5), ids=lambda make: make.__name__)


@_SOME
def test_a_correct_server_is_not_accused(make: Callable[[], Stranger]) -> None:
    _assert_well(make, 2)


@pytest.mark.slow
@_EACH
def test_a_correct_server_is_never_accused(make: Callable[[], Stranger]) -> None:
    _assert_well(make, 20)


@pytest.mark.parametrize("make", quick(UNUSUAL, 2), ids=lambda make: make.__name__)
def test_a_server_that_only_differs_from_the_examples_is_warned_and_not_accused(
    make: Callable[[], Stranger],
) -> None:
    with running(make()) as base:
        runs = [verify(_plan(base, n), lambda _sentence: None, lambda _count: None) for n in range(2)]

    assert [v.clause.id for run in runs for v in run.of(Outcome.BROKEN)] == []
    assert {v.clause.id for run in runs for v in run.of(Outcome.WARNING)} == UNUSUAL[make]


def test_a_server_with_a_part_of_the_api_is_warned_of_the_rest() -> None:
    absent = {name for name, operation in document().operations.items() if operation.is_read} - BY_HAND
    with running(Stranger()) as base:
        run = verify(_plan(base, 0, all_clauses()), lambda _sentence: None, lambda _count: None)

    assert [verdict.clause.id for verdict in run.of(Outcome.BROKEN)] == []
    warned = {verdict.clause.id: verdict.violations[0].problem for verdict in run.of(Outcome.WARNING)}
    # Without the id of a funnel, the kit cannot make a correct request for its results.
    assert warned.keys() == {f"{name}.success" for name in absent - {"getFunnelResults"}}
    assert set(warned.values()) == {"answered 404, not 200; the server does not have this operation"}
    lacking = sorted(warned)
    told = click.unstyle(terminal_report(run))
    assert f"The server does not have {len(lacking)} operations; nothing else about them was judged:" in told
    assert re.findall(r"^  (\S+\.success) +404 from http://\S+$", told, re.MULTILINE) == lacking
    written = re.findall(
        r"^- \*\*(\S+)\*\* The server does not have this operation: `404 from http://\S+`$",
        markdown_report(run),
        re.MULTILINE,
    )
    assert written == lacking
    _assert_told_in_one_line_each(run, lacking)


def _assert_told_in_one_line_each(run: Run, lacking: list[str]) -> None:
    """Asserts that the reports for a page and for programs name each operation that is lacking once."""
    told = f"The server does not have {len(lacking)} operations; nothing else about them was judged"
    page = html_report(run)
    warnings = page.partition('<section id="warnings"')[2].partition("</section>")[0]
    assert f"<p>{told}:</p>" in warnings
    assert "<article" not in warnings
    rows = r'<tr><th scope="row">(\S+)</th><td><code>404 from http://[^<]+</code></td></tr>'
    assert re.findall(rows, warnings) == lacking

    cases = list(ElementTree.fromstring(junit_report(run)).iter("testcase"))
    assert len(cases) == len(run.verdicts) + 1
    whole, *_ = cases
    assert re.findall(r"^(\S+): 404 from \S+$", whole.findtext("system-out") or "", re.MULTILINE) == lacking
    notes = {str(case.get("name")).split()[0]: case.findtext("system-out") for case in cases[1:]}
    assert sorted(name for name, note in notes.items() if note) == lacking
    first = r"warning:\nthe server does not have this operation: 404 from http://\S+\ncurl -i [^\n]+"
    assert all(re.fullmatch(first, notes[name] or "") for name in lacking)
    skipped = {case.get("name", "").split()[0]: case.find("skipped") for case in cases[1:]}
    needed = "not observed; needed: an operation that the server does not have"
    assert {skipped[f"getOverview.{name}"].get("message") for name in ("data", "no-permission")} == {needed}  # type: ignore[union-attr]

    [log] = json.loads(sarif_report(run))["runs"]
    assert [result["ruleId"] for result in log["results"]] == lacking
    message = r"The server does not have this operation: 404 from http://\S+\."
    assert all(re.fullmatch(message, result["message"]["text"]) for result in log["results"])
    [note] = log["invocations"][0]["toolExecutionNotifications"]
    assert note == {"level": "note", "message": {"text": f"{told}: {', '.join(lacking)}."}}

    [whole_, *annotations] = annotations_report(run).splitlines()
    assert whole_.startswith("::notice title=DataFast contract::The contract holds")
    assert annotations == [f"::warning title=Missing operations%3A warning::{told}: {', '.join(lacking)}"]

    assert next(iter(needs_of(run))) == "an operation that the server does not have"


def test_one_operation_that_a_server_lacks_is_reported_like_other_warnings() -> None:
    clauses = [clause for clause in all_clauses() if clause.id in ("getMetadata.success", "RT-02")]
    with running(Stranger()) as base:
        run = verify(_plan(base, 0, clauses), lambda _sentence: None, lambda _count: None)

    told = click.unstyle(terminal_report(run))
    assert "\ngetMetadata.success  `GET /analytics/metadata` is answered with 200.\n" in told
    assert "answered 404, not 200; the server does not have this operation" in told
    assert "operations; nothing else" not in told


def _assert_well(make: Callable[[], Stranger], runs: int) -> None:
    """Runs the kit on one server, in turn with a key and with an account token; asserts that it holds."""
    with running(make()) as base:
        for number in range(runs):
            run = verify(_plan(base, number), lambda _sentence: None, lambda _count: None)
            assert (_told(run), run.exit in (Exit.HOLDS, Exit.UNSEEN)) == ([], True), (
                run.stopped or run.refused
            )


def _plan(base: str, number: int, clauses: Sequence[Clause] = SEED_CLAUSES) -> Plan:
    credentials = _CREDENTIALS[number % len(_CREDENTIALS)]
    return Plan(base, credentials, clauses, limits=Limits(timeout=60), pause=0)


def _told(run: Run) -> list[str]:
    """Returns the findings of a run: violations, warnings and bugs of the kit."""
    found = (Outcome.BROKEN, Outcome.WARNING, Outcome.FAILED)
    return [
        f"{verdict.clause.id} {verdict.outcome.value}: {v.problem} at {v.pointer} of {v.exchange.url}"
        if v
        else verdict.bug
        for outcome in found
        for verdict in run.of(outcome)
        for v in (verdict.violations[:1] or (None,))
    ]
