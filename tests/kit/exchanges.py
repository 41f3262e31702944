"""Exchanges that a test makes by itself, and the verdict of a clause on a few of them."""

import json
from collections.abc import Iterable

from contract_tests.clauses import all_clauses
from contract_tests.document import document
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.recording import Recording

_CLAUSES = {clause.id: clause for clause in all_clauses()}
_NOON = "Wed, 21 Jan 2026 12:00:00 GMT"


def answered(path: str, data: Json, **more: Json) -> Exchange:
    """Returns a successful answer with `data`, at noon of 2026-01-21. `more` are its other members."""
    match = document().matches("GET", path.partition("?")[0])
    assert match is not None, path
    body = json.dumps({"status": "success", "data": data, **more}).encode()
    return Exchange(
        "GET",
        f"http://127.0.0.1/api/v1{path}",
        match.operation.id,
        frozenset(),
        1_768_996_800_000,
        0,
        200,
        {"date": _NOON},
        body,
        successes=match.operation.successes,
    )


def outcome_of(clause_id: str, exchanges: Iterable[Exchange]) -> Outcome:
    """Returns the outcome of a clause on a recording of the exchanges."""
    (verdict,) = judge(Recording(exchanges), [_CLAUSES[clause_id]])
    return verdict.outcome
