"""Report files: writing a report in one of the formats, and reading an earlier report as a baseline."""

from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from contract_tests.asking.files import read_file
from contract_tests.judging.run import Run
from contract_tests.judging.verdict import Outcome
from contract_tests.report.as_annotations import annotations_report
from contract_tests.report.as_html import html_report
from contract_tests.report.as_json import JSON_VERSION, json_report
from contract_tests.report.as_junit import junit_report
from contract_tests.report.as_markdown import markdown_report
from contract_tests.report.as_sarif import sarif_report

_MOST_BYTES = 64 * 1024 * 1024
_BROKEN = (Outcome.BROKEN, Outcome.KNOWN)
_HELD = (Outcome.HOLDS, Outcome.WARNING)

WRITERS: Mapping[str, Callable[[Run], str]] = {
    "json": json_report,
    "junit": junit_report,
    "markdown": markdown_report,
    "html": html_report,
    "sarif": sarif_report,
    "annotations": annotations_report,
}
"""The function that makes the text of a report, by the kind of report."""


def write_report(kind: str, path: Path, run: Run) -> None:
    """Writes one report, and makes the folders above it. `kind` is a key of WRITERS. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(WRITERS[kind](run), encoding="utf-8", newline="\n")


def report_schema() -> dict[str, Any]:
    """Returns the JSON Schema (2020-12) of the JSON report: `contract_tests/report/schema.json`."""
    schema: dict[str, Any] = msgspec.json.decode(Path(__file__).with_name("schema.json").read_bytes())
    return schema


class BaselineError(Exception):
    """An error for a baseline file that cannot be used; the text names the file and says why."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The clauses that an earlier report judged: the ids of the broken clauses, and the ids of the others."""

    broken: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()


def baseline_of(path: Path) -> Baseline:
    """Returns the clauses that a JSON report lists as judged. Raises BaselineError."""
    try:
        content = read_file(path, _MOST_BYTES).removeprefix(BOM_UTF8)
        report = msgspec.json.decode(content, type=_Report)
    except OSError as error:
        raise BaselineError(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BaselineError(f"{path} is not a report of `--report json=FILE`: {error}") from None
    if report.version != JSON_VERSION:
        raise BaselineError(f"{path} is a report of version {report.version}, not {JSON_VERSION}")
    return Baseline(report.with_outcomes(*_BROKEN), report.with_outcomes(*_HELD))


class _ReportedClause(msgspec.Struct):
    id: str
    outcome: str


class _Report(msgspec.Struct):
    """The members of a report that the baseline needs."""

    version: int
    clauses: list[_ReportedClause]

    def with_outcomes(self, *outcomes: Outcome) -> frozenset[str]:
        """Returns the ids of the clauses with one of the outcomes."""
        values = {outcome.value for outcome in outcomes}
        return frozenset(clause.id for clause in self.clauses if clause.outcome in values)
