"""The SARIF 2.1.0 report for code scanning: a rule for each clause, a result for each clause with violations.

GitHub shows a result at a line of a file: here, the line of openapi.yaml that describes the value. Its path
begins with the package's name, because the scanned repository may have an openapi.yaml of its own.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from contract_tests.clauses.clause import Clause
from contract_tests.clauses.telling import counted
from contract_tests.document import document
from contract_tests.families import family_of
from contract_tests.judging.run import Run
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.report.lines import line_of
from contract_tests.report.summary import (
    TOLD,
    gaps_of,
    lacking_of,
    lacking_told,
    started_at,
    summary_of,
    tool,
)
from contract_tests.report.words import (
    curl_of,
    ground_of,
    instant_told,
    json_text,
    place_of,
    places_of,
    plain,
    shortened,
)

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
DESCRIBED_IN = "datafast-mock/openapi.yaml"
"""The path that results name as their place."""

_LEVELS = {Outcome.BROKEN: "error", Outcome.WARNING: "warning", Outcome.KNOWN: "note"}
_LONGEST_PLACE, _LONGEST_CURL = 400, 1000
_MOST_PLACES = 3
# The limit of GitHub for the descriptions of a rule.
_LONGEST_DESCRIPTION = 1000
# The syntax of links and placeholders in messages, which a server's text must not contain.
_LINK, _PLACEHOLDER = re.compile(r"\](?=\()"), re.compile(r"\{(?=\d+\})")


def sarif_report(run: Run) -> str:
    """Returns the run as a SARIF log. A known deviation is a suppressed result of level `note`."""
    clauses = [verdict.clause for verdict in run.verdicts]
    places = {clause.id: n for n, clause in enumerate(clauses)}
    driver = {**tool(), "informationUri": _documentation(), "rules": list(map(_rule, clauses))}
    lacked = {verdict.clause.id for verdict in lacking_of(run)}
    told = [
        _result(verdict, places[verdict.clause.id], is_lacking=verdict.clause.id in lacked)
        for outcome in TOLD
        for verdict in run.of(outcome)
    ]
    properties = {
        "base": plain(run.base),
        "revision": run.recording.judged_by,
        "answers": len(run.recording.exchanges),
        "verdict": summary_of(run).state.value,
    }
    content = {
        "tool": {"driver": driver},
        "invocations": [_invocation(run)],
        "results": told,
        "properties": properties,
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [content]})


def _documentation() -> str:
    url: str = document().content["info"]["contact"]["url"]
    return url


def _rule(clause: Clause) -> dict[str, Any]:
    ground = ground_of(clause)
    about = f" {clause.about}" if clause.about else ""
    told = shortened(clause.sentence, _LONGEST_DESCRIPTION)
    whole = shortened(f"{clause.sentence}{about} Source: {ground}.", _LONGEST_DESCRIPTION)
    return {
        "id": clause.id,
        "name": _name_of(clause.id),
        "shortDescription": {"text": told},
        "fullDescription": {"text": whole},
        "helpUri": _documentation(),
        "help": {
            "text": f"{whole} Needed to observe it: {clause.needs}."
            f" `datafast-mock explain {clause.id}` prints the clause in full."
        },
        "defaultConfiguration": {"level": "error" if clause.accuses else "warning"},
        "properties": {
            "tags": ["contract", family_of(clause.id).title],
            "precision": "very-high" if clause.accuses else "high",
            "standing": clause.standing,
            "revision": clause.revision,
        },
    }


def _name_of(clause_id: str) -> str:
    """Returns a clause's name in Pascal case, such as `RealtimeMap72` or `GetOverviewDataVisitors`."""
    family = family_of(clause_id)
    told = clause_id.replace(f"{family.key}-", f"{family.title} ", 1)
    return "".join(word[:1].upper() + word[1:] for word in re.findall("[A-Za-z0-9]+", told))


def _result(verdict: Verdict, place: int, *, is_lacking: bool) -> dict[str, Any]:
    clause, first = verdict.clause, verdict.violations[0]
    line = line_of(first.exchange.operation, first.pointer)
    is_known = verdict.outcome is Outcome.KNOWN
    member = f"{first.exchange.operation or plain(first.exchange.method)}{plain(first.pointer)}"
    return {
        "ruleId": clause.id,
        "ruleIndex": place,
        "level": _LEVELS[verdict.outcome],
        "message": {"text": _message_of_lacking(verdict) if is_lacking else _message(verdict)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": DESCRIBED_IN},
                    "region": {"startLine": line},
                },
                "logicalLocations": [
                    {"fullyQualifiedName": shortened(member, _LONGEST_PLACE), "kind": "property"}
                ],
            }
        ],
        # GitHub compares alerts by `primaryLocationLineHash` only. So a clause stays the same alert, wherever
        # it breaks.
        "partialFingerprints": {
            "primaryLocationLineHash": f"{sha256(clause.id.encode()).hexdigest()[:16]}:1"
        },
        "occurrenceCount": max(verdict.found, len(verdict.violations)),
        "suppressions": [{"kind": "external", "justification": "It is in the baseline."}] if is_known else [],
        "properties": {"cases": verdict.cases, "repeat": shortened(curl_of(first.exchange), _LONGEST_CURL)},
    }


def _message(verdict: Verdict) -> str:
    places = places_of(verdict.violations)
    told = [f"{problem}: {shortened(place, _LONGEST_PLACE)}" for problem, place in places[:_MOST_PLACES]]
    found = max(verdict.found, len(places))
    more = f"; found {counted(found, 'time', 'times')}" if found > len(told) else ""
    return _safe(f"{'; '.join(told)}{more}. The clause: {verdict.clause.sentence}")


def _message_of_lacking(verdict: Verdict) -> str:
    """Returns what is told of an operation that the server does not have."""
    place = shortened(place_of(verdict.violations[0]), _LONGEST_PLACE)
    return _safe(f"The server does not have this operation: {place}.")


def _safe(text: str) -> str:
    """Returns a message in which nothing is a link or a placeholder."""
    return _PLACEHOLDER.sub("{ ", _LINK.sub("] ", text))


def _invocation(run: Run) -> dict[str, Any]:
    gaps = gaps_of(run)
    told = {
        "executionSuccessful": not gaps,
        "exitCode": int(run.exit),
        "exitCodeDescription": run.exit.name.lower(),
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": text}} for level, text in _notifications(run)
        ],
    }
    began = started_at(run)
    return told if began is None else {**_times(began, run.seconds), **told}


def _notifications(run: Run) -> Iterator[tuple[str, str]]:
    """Yields the level and the text of each notification."""
    yield from (("error", gap) for gap in gaps_of(run))
    for verdict in run.of(Outcome.FAILED):
        yield "error", f"{verdict.clause.id}: {plain(verdict.bug)}"
    lacking = lacking_of(run)
    if lacking:
        names = ", ".join(verdict.clause.id for verdict in lacking)
        yield "note", f"{lacking_told(lacking)}: {names}."
    yield from (("warning", f"Left on the server: {plain(sentence)}") for sentence in run.left)


def _times(began: datetime, seconds: float) -> dict[str, str]:
    ended = began + timedelta(seconds=seconds)
    return {"startTimeUtc": instant_told(began), "endTimeUtc": instant_told(ended)}
