"""A run of a few clauses makes fewer requests, and comes to the same verdicts as a run of all clauses."""

from collections import defaultdict
from collections.abc import Iterator

import pytest

from contract_tests.asking.address import base_of
from contract_tests.asking.credentials import load_credentials
from contract_tests.asking.own_mock import INSTANT
from contract_tests.asking.probes import most_of, probes_for
from contract_tests.clauses import all_clauses
from contract_tests.clauses.clause import Clause
from contract_tests.document import document
from contract_tests.judging.run import Plan, Run, verify
from contract_tests.judging.verdict import Outcome
from tests.command import serving

_CREDENTIALS = load_credentials("mock")


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """Yields the address of a mock whose clock stands still, so that every run sees the same visitors."""
    with serving("--now", INSTANT, "--freeze") as address:
        yield base_of(address)


def _run(base: str, clauses: list[Clause]) -> Run:
    plan = Plan(base, _CREDENTIALS, clauses, pause=0.05)
    return verify(plan, lambda _sentence: None, lambda _count: None)


def test_a_clause_alone_is_judged_as_in_a_run_of_all(base: str) -> None:
    alike: dict[tuple[int, ...], list[Clause]] = defaultdict(list)
    for clause in all_clauses():
        probes = probes_for(document(), _CREDENTIALS, [clause.id])
        alike[tuple(map(id, probes))].append(clause)
    verdicts = [verdict for clauses in alike.values() for verdict in _run(base, clauses).verdicts]

    fine = (Outcome.HOLDS, Outcome.OTHER_REVISION)
    assert [(v.clause.id, v.outcome.value) for v in verdicts if v.outcome not in fine] == []
    assert len(alike) > 10


def test_a_run_of_one_clause_asks_little(base: str) -> None:
    clause = next(clause for clause in all_clauses() if clause.id == "MAP-72")

    run = _run(base, [clause])

    assert len(run.recording.exchanges) < 12
    assert not any("limited" in e.labels or "suspended" in e.labels for e in run.recording.exchanges)


def test_no_run_asks_more_than_its_probes_say(base: str) -> None:
    ids = [clause.id for clause in all_clauses()]

    run = _run(base, list(all_clauses()))

    assert len(run.recording.exchanges) <= most_of(probes_for(document(), _CREDENTIALS, ids))
    assert len(run.recording.exchanges) < 90
