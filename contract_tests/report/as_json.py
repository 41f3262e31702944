"""The JSON report: all verdicts, as `schema.json` describes them."""

from datetime import UTC, datetime
from typing import Any

from contract_tests.clauses.clause import Violation
from contract_tests.exchange import Exchange
from contract_tests.families import family_of
from contract_tests.judging.run import Run
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.report.answers import Answers, answers_of, failures_of
from contract_tests.report.summary import gaps_of, started_at, summary_of, tool
from contract_tests.report.words import (
    curl_of,
    ground_of,
    instant_told,
    json_of,
    json_text,
    place_of,
    plain,
)

JSON_VERSION = 1
"""The version of the format. It grows if a member changes its meaning or is removed, not if one is added."""


def json_report(run: Run) -> str:
    """Returns the run and the verdict of each clause as JSON."""
    summary = summary_of(run)
    began = started_at(run)
    content = {
        "version": JSON_VERSION,
        "tool": tool(),
        "base": plain(run.base),
        "revision": run.recording.judged_by,
        "isRevisionDemanded": run.recording.demanded is not None,
        "startedAt": None if began is None else instant_told(began),
        "seconds": round(run.seconds, 3),
        "answers": len(run.recording.exchanges),
        "failures": failures_of(run),
        "operations": [_operation(answers) for answers in answers_of(run)],
        "verdict": summary.state.value,
        "summary": " ".join(summary.sentences),
        "partial": gaps_of(run),
        "exitCode": int(run.exit),
        "totals": {outcome.value: len(run.of(outcome)) for outcome in Outcome},
        "mended": list(run.mended),
        "lost": list(run.lost),
        "left": list(run.left),
        "clauses": [clause_content(verdict) for verdict in run.verdicts],
    }
    return json_text(content)


def _operation(answers: Answers) -> dict[str, Any]:
    return {
        "operation": answers.operation,
        "statuses": {str(status): count for status, count in answers.statuses.items()},
        "medianMilliseconds": answers.median,
        "slowestMilliseconds": answers.slowest,
    }


def clause_content(verdict: Verdict) -> dict[str, Any]:
    """Returns the verdict of a clause as an item of `clauses`."""
    clause = verdict.clause
    return {
        "id": clause.id,
        "family": family_of(clause.id).key,
        "outcome": verdict.outcome.value,
        "cases": verdict.cases,
        "sentence": clause.sentence,
        "source": clause.source,
        "standing": clause.standing,
        "ground": ground_of(clause),
        "accuses": clause.accuses,
        "revision": clause.revision,
        "needs": verdict.needs.words,
        "bug": plain(verdict.bug) or None,
        "violations": [_violation(violation) for violation in verdict.violations],
    }


def _violation(violation: Violation) -> dict[str, Any]:
    value = json_of(violation.value)
    return {
        "problem": plain(violation.problem),
        "pointer": plain(violation.pointer),
        **({} if value is None else {"value": value}),
        "place": place_of(violation),
        "exchange": _exchange(violation.exchange),
        "curl": curl_of(violation.exchange),
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    sent = exchange.sent
    return {
        "operation": exchange.operation,
        "method": plain(exchange.method),
        "url": plain(exchange.url),
        "labels": sorted(exchange.labels),
        "sentAt": None if sent is None else instant_told(datetime.fromtimestamp(sent / 1000, UTC)),
        "milliseconds": exchange.trip,
        "status": exchange.status,
    }
