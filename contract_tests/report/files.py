"""Reports as files: JSON for programs, JUnit for CI, Markdown for pull requests."""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from contract_tests.clause import Violation
from contract_tests.report.words import curl_of, ground_of, place_of, plain
from contract_tests.run import Run
from contract_tests.verdict import Outcome, Verdict

JSON_VERSION = 1
"""Grows when a member of the JSON report changes its meaning or goes; new members leave it as it is."""

_SYMBOLS = {
    Outcome.BROKEN: "❌",
    Outcome.WARNING: "⚠️",
    Outcome.KNOWN: "❕",
    Outcome.HOLDS: "✅",
    Outcome.NOT_OBSERVED: "·",
}


def write_report(kind: str, path: Path, run: Run) -> None:
    """Writes one report, and the folders above it. `kind` is json, junit or markdown."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_WRITERS[kind](run), encoding="utf-8")


def json_report(run: Run) -> str:
    """All verdicts."""
    content = {
        "version": JSON_VERSION,
        "base": run.base,
        "revision": run.recording.judged_by,
        "answers": len(run.recording.exchanges),
        "seconds": round(run.seconds, 3),
        "exitCode": int(run.exit),
        "stopped": run.stopped or run.refused or run.unseen,
        "totals": {outcome.value: len(run.of(outcome)) for outcome in Outcome},
        "clauses": [_clause_json(verdict) for verdict in run.verdicts],
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n"


def _clause_json(verdict: Verdict) -> dict[str, Any]:
    clause = verdict.clause
    return {
        "id": clause.id,
        "outcome": verdict.outcome.value,
        "cases": verdict.cases,
        "sentence": clause.sentence,
        "source": clause.source,
        "standing": clause.standing,
        "needs": clause.needs,
        "violations": [_violation_json(violation) for violation in verdict.violations],
    }


def _violation_json(violation: Violation) -> dict[str, Any]:
    return {
        "problem": plain(violation.problem),
        "pointer": violation.pointer,
        "place": place_of(violation),
        "curl": curl_of(violation.exchange),
    }


class BaselineError(Exception):
    """A file that is no JSON report; the text names it and says what is wrong."""


def broken_in(path: Path) -> frozenset[str]:
    """The clauses that a JSON report tells as broken, or as known to be. Raises BaselineError."""
    try:
        report = msgspec.json.decode(path.read_bytes(), type=_Report)
    except OSError as error:
        raise BaselineError(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BaselineError(f"{path} is no report of `--report json=FILE`: {error}") from None
    if report.version != JSON_VERSION:
        raise BaselineError(f"{path} is a report of version {report.version}, expected is {JSON_VERSION}")
    meant = (Outcome.BROKEN.value, Outcome.KNOWN.value)
    return frozenset(clause.id for clause in report.clauses if clause.outcome in meant)


class _ReportedClause(msgspec.Struct):
    id: str
    outcome: str


class _Report(msgspec.Struct):
    """What a baseline is read for."""

    version: int
    clauses: list[_ReportedClause]


def junit_report(run: Run) -> str:
    """A test case for each clause; warnings pass with a note, what was not observed is skipped."""
    suite = ET.Element(
        "testsuite",
        name="datafast contract",
        tests=str(len(run.verdicts)),
        failures=str(len(run.of(Outcome.BROKEN))),
        errors=str(len(run.of(Outcome.FAILED))),
        skipped=str(len(run.of(Outcome.NOT_OBSERVED)) + len(run.of(Outcome.OTHER_REVISION))),
        time=f"{run.seconds:.3f}",
    )
    for verdict in run.verdicts:
        clause = verdict.clause
        case = ET.SubElement(
            suite,
            "testcase",
            classname=f"datafast.{clause.id.partition('-')[0]}",
            name=f"{clause.id} {plain(clause.sentence)}",
        )
        if verdict.outcome is Outcome.BROKEN:
            failure = ET.SubElement(case, "failure", message=plain(verdict.violations[0].problem))
            failure.text = "\n".join(_told(verdict))
        elif verdict.outcome in (Outcome.WARNING, Outcome.KNOWN):
            ET.SubElement(case, "system-out").text = "\n".join(_told(verdict))
        elif verdict.outcome is Outcome.FAILED:
            ET.SubElement(case, "error", message=plain(verdict.bug))
        elif verdict.outcome is not Outcome.HOLDS:
            ET.SubElement(case, "skipped", message=f"{verdict.outcome.value}: {clause.needs}")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def markdown_report(run: Run) -> str:
    """What fits a comment on a pull request: totals, and a row for each clause that does not hold."""
    return "\n".join(_markdown(run)) + "\n"


def _markdown(run: Run) -> Iterator[str]:
    counted = [(outcome, len(run.of(outcome))) for outcome in _SYMBOLS]
    yield f"### Contract of `{_cell(run.base)}`: {'broken' if run.of(Outcome.BROKEN) else 'nothing broken'}"
    yield ""
    yield " · ".join(f"{_SYMBOLS[outcome]} {count} {outcome.value}" for outcome, count in counted)
    told = [v for outcome in (Outcome.BROKEN, Outcome.WARNING, Outcome.KNOWN) for v in run.of(outcome)]
    if told:
        yield from ("", "| | clause | says | met | source |", "|---|---|---|---|---|")
    for verdict in told:
        clause, first = verdict.clause, verdict.violations[0]
        met = f"{first.problem}, {place_of(first)}"
        cells = (clause.id, clause.sentence, met, ground_of(clause))
        yield f"| {_SYMBOLS[verdict.outcome]} | " + " | ".join(map(_cell, cells)) + " |"
    reason = run.refused or run.stopped or run.unseen
    if reason:
        yield from ("", f"The verdict is partial: {_cell(reason)}.")


def _cell(text: str) -> str:
    """A text that can neither end a cell nor be taken for markup."""
    escaped = plain(text).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{c}" if c in "\\|[]*_" else c for c in escaped)


def _told(verdict: Verdict) -> Iterator[str]:
    for violation in verdict.violations:
        yield f"{plain(violation.problem)}, at {place_of(violation)}"
    yield ground_of(verdict.clause)
    yield curl_of(verdict.violations[0].exchange)


_WRITERS: Mapping[str, Callable[[Run], str]] = {
    "json": json_report,
    "junit": junit_report,
    "markdown": markdown_report,
}
