"""The proof that clauses notice faults: every mutant is planted in a clean recording."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from contract_tests.asking.address import base_of
from contract_tests.asking.client import Client, Limits
from contract_tests.asking.credentials import load_credentials
from contract_tests.asking.own_mock import INSTANT, driven_clock, own_mock
from contract_tests.asking.probes import PAUSE, ask_all, probes_for
from contract_tests.asking.probes.probe import Asker
from contract_tests.clauses import all_clauses
from contract_tests.clauses.clause import Clause
from contract_tests.document import document
from contract_tests.exchange import Exchange
from contract_tests.judging.verdict import Outcome, Verdict, judge
from contract_tests.judging.watched import Reads
from contract_tests.mutants import all_mutants
from contract_tests.mutants.mutant import Mutant, Weight
from contract_tests.recording import Recording

_WEIGHTS: Mapping[Outcome, Weight | None] = {
    Outcome.BROKEN: "breaks",
    Outcome.WARNING: "warns",
    Outcome.FAILED: None,
}


@dataclass(frozen=True, slots=True)
class Proof:
    """The result for one mutant.

    `clause` is the clause that had to notice the mutant. `message` is its report; empty if it noticed
    nothing. `fallen` are all clauses that noticed the mutant.
    """

    mutant: str
    clause: str
    fallen: tuple[str, ...]
    message: str
    expected: Weight | None
    """The weight that the clause had to give the mutant; None if any weight but `nothing` is right."""
    weight: Weight
    """The weight that the clause gave the mutant."""
    is_planted: bool
    """Whether the mutant changed an answer at all."""

    @property
    def is_right(self) -> bool:
        """Whether the mutant was planted, and the clause reported it with the expected weight.

        A mutant that is expected to pass may leave all answers unchanged: for example, a list of one row
        cannot be put into another order.
        """
        if not self.is_planted:
            return self.expected == "nothing"
        return self.weight == self.expected if self.expected else self.weight != "nothing"


class UncleanError(Exception):
    """An error for clauses that do not hold before a fault is planted; the text names them."""


def clean_recordings() -> dict[str, list[Exchange]]:
    """Returns the exchanges of a run against the mock, for each revision.

    Raises StoppedError if the mock does not answer, and UncleanError if a clause does not hold.
    """
    revisions = document().revisions
    # An interrupt ends the mocks first, and so the threads that ask them.
    with ThreadPoolExecutor(len(revisions)) as pool, ExitStack() as mocks:
        started = [
            mocks.enter_context(own_mock("--revision", revision, "--now", INSTANT, "--freeze"))
            for revision in revisions
        ]
        recordings = dict(zip(revisions, pool.map(_recorded, started), strict=True))
    for revision, exchanges in recordings.items():
        found = fallen(exchanges, revision, exchanges)
        if found:
            told = "; ".join(f"{name}: {problem}" for name, problem in found.items())
            raise UncleanError(f"in revision {revision} the mock itself breaks {told}")
    return recordings


def _recorded(address: str) -> list[Exchange]:
    exchanges: list[Exchange] = []
    # The mock is frozen, so that every recording is the same, however busy the machine is.
    credentials, wanted = load_credentials("mock"), [clause.id for clause in all_clauses()]
    clock = driven_clock(address)
    client = Client(base_of(address), Limits(), lambda _sentence: None, credentials.mask(), clock=clock)
    asker = Asker(client, credentials, document(), exchanges.append, wanted=wanted, pause=PAUSE)
    # Faults are planted in the kept answers, after this run; only then are the answers odd.
    asker.is_thorough = True
    try:
        # This mock runs only for this proof, so it may be written to.
        ask_all(probes_for(document(), credentials, wanted, may_write=True), asker)
    finally:
        client.close()
    return exchanges


def unproven(proofs: Iterable[Proof]) -> list[Clause]:
    """Returns the clauses that are not proven, because there is no mutant that only this clause notices."""
    tried = {mutant.name for mutant in all_mutants() if mutant.is_for_all}
    proven = {p.clause for p in proofs if p.fallen == (p.clause,) and p.mutant in tried}
    return [clause for clause in all_clauses() if clause.id not in proven]


def fallen(
    exchanges: Sequence[Exchange], revision: str | None, changed: Sequence[Exchange]
) -> dict[str, str]:
    """Returns the clauses that are broken or warn, each with its first message.

    Clauses that judge each answer by itself get only the `changed` exchanges.
    """
    found = _fallen(Recording(exchanges, revision), changed, all_clauses())
    return {clause_id: _told(verdict) for clause_id, verdict in found.items()}


def _fallen(whole: Recording, changed: Sequence[Exchange], clauses: Iterable[Clause]) -> dict[str, Verdict]:
    part = whole.part(changed)
    verdicts = (judge(part if clause.is_local else whole, [clause])[0] for clause in clauses)
    return {verdict.clause.id: verdict for verdict in verdicts if verdict.outcome in _WEIGHTS}


def _told(verdict: Verdict) -> str:
    if verdict.bug:
        return verdict.bug
    first = verdict.violations[0]
    return f"{first.problem} at {first.pointer or '/'}"


def prove(recordings: Mapping[str, Sequence[Exchange]]) -> Iterator[Proof]:
    """Plants every mutant in a clean recording, and yields the results.

    A mutant of one revision is planted in the recording of that revision, any other in the first recording.
    """
    numbers = range(len(all_mutants()))
    with ProcessPoolExecutor(os.cpu_count(), initializer=_keep, initargs=(dict(recordings),)) as pool:
        yield from pool.map(_proof, numbers, chunksize=8)


_CLEAN: dict[str, tuple[Recording, Reads]] = {}
"""The clean recordings of a worker's process by revision; all mutants use their cached values."""


def _keep(recordings: Mapping[str, Sequence[Exchange]]) -> None:
    for revision, exchanges in recordings.items():
        _CLEAN[revision] = Recording(exchanges), Reads(exchanges, all_clauses())


def _proof(number: int) -> Proof:
    mutant = all_mutants()[number]
    clean, reads = _CLEAN[mutant.revision or next(iter(_CLEAN))]
    planted = _mutated(mutant, clean.exchanges)
    changed = [new for old, new in zip(clean.exchanges, planted, strict=True) if new is not old]
    clauses = all_clauses() if mutant.is_for_all else [c for c in all_clauses() if c.id == mutant.clause]
    whole = clean.changed(planted)
    found = _fallen(whole, changed, reads.concerned(clauses, whole, changed))
    verdict = found.get(mutant.clause)
    message = _told(verdict) if verdict else ""
    weight = (verdict and _WEIGHTS[verdict.outcome]) or "nothing"
    is_planted = any(map(_differs, clean.exchanges, planted))
    return Proof(mutant.name, mutant.clause, tuple(found), message, mutant.weight, weight, is_planted)


def _differs(old: Exchange, new: Exchange) -> bool:
    """Returns whether two answers differ. JSON bodies with equal values do not differ."""
    if new is old:
        return False
    same = (old.status, old.headers) == (new.status, new.headers)
    return not same or (old.body != new.body and old.json != new.json)


def _mutated(mutant: Mutant, exchanges: Iterable[Exchange]) -> list[Exchange]:
    mutate = mutant.make()
    return [mutate(exchange) for exchange in exchanges]
