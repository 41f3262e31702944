"""The proof that clauses notice faults: every mutant is planted in a clean recording."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass

from contract_tests.asking.address import base_of
from contract_tests.asking.client import Client, Limits
from contract_tests.asking.credentials import load_credentials
from contract_tests.asking.own_mock import INSTANT, own_mock
from contract_tests.asking.probes import PAUSE, ask_all, probes_for
from contract_tests.asking.probes.probe import Asker
from contract_tests.clauses import all_clauses
from contract_tests.clauses.clause import Clause, Violation
from contract_tests.document import document
from contract_tests.exchange import Exchange
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.mutants import all_mutants
from contract_tests.mutants.mutant import Mutant
from contract_tests.recording import Recording

# The mock's clock runs faster, so that polls lie seconds apart without a wait.
_SPEED = 10
_FALLEN = (Outcome.BROKEN, Outcome.WARNING, Outcome.FAILED)


@dataclass(frozen=True, slots=True)
class Proof:
    """The result for a mutant: the clauses that fell, and the message of the one that had to fall."""

    mutant: str
    clause: str
    fallen: tuple[str, ...]
    message: str

    @property
    def is_killed(self) -> bool:
        """Whether the clause that had to notice did."""
        return self.clause in self.fallen


class UncleanError(Exception):
    """Clauses fall before anything is planted; the text names them."""


def clean_recordings() -> dict[str, list[Exchange]]:
    """Returns the mock's exchanges for each revision.

    Raises StoppedError, and UncleanError if a clause falls.
    """
    revisions = document().revisions
    with ThreadPoolExecutor(len(revisions)) as pool:
        recordings = dict(zip(revisions, pool.map(_recorded, revisions), strict=True))
    for revision, exchanges in recordings.items():
        found = fallen(exchanges, revision, exchanges)
        if found:
            told = "; ".join(f"{name}: {problem}" for name, problem in found.items())
            raise UncleanError(f"in revision {revision} the mock itself breaks {told}")
    return recordings


def _recorded(revision: str) -> list[Exchange]:
    exchanges: list[Exchange] = []
    with own_mock("--revision", revision, "--now", INSTANT, "--speed", str(_SPEED)) as address:
        credentials, wanted = load_credentials("mock"), [clause.id for clause in all_clauses()]
        client = Client(base_of(address), Limits(), lambda _sentence: None, credentials.mask())
        pause = PAUSE / _SPEED
        asker = Asker(client, credentials, document(), exchanges.append, wanted=wanted, pause=pause)
        try:
            ask_all(probes_for(document(), credentials, wanted), asker)
        finally:
            client.close()
    return exchanges


def unproven(proofs: Iterable[Proof]) -> list[Clause]:
    """The clauses without a mutant that only they notice."""
    proven = {proof.clause for proof in proofs if proof.fallen == (proof.clause,)}
    return [clause for clause in all_clauses() if clause.id not in proven]


def fallen(
    exchanges: Sequence[Exchange], revision: str | None, changed: Sequence[Exchange]
) -> dict[str, str]:
    """Returns the clauses that do not hold, each with its first message.

    Clauses that judge each answer by itself are given the `changed` exchanges only.
    """
    return _fallen(Recording(exchanges, revision), changed)


def _fallen(whole: Recording, changed: Sequence[Exchange]) -> dict[str, str]:
    part = whole.part(changed)
    verdicts = (judge(part if clause.is_local else whole, [clause])[0] for clause in all_clauses())
    return {v.clause.id: v.bug or _told(v.violations[0]) for v in verdicts if v.outcome in _FALLEN}


def _told(violation: Violation) -> str:
    return f"{violation.problem} at {violation.pointer or '/'}"


def prove(recordings: Mapping[str, Sequence[Exchange]]) -> Iterator[Proof]:
    """Plants every mutant in a clean recording of its revision, or of the first, and yields the results."""
    numbers = range(len(all_mutants()))
    with ProcessPoolExecutor(os.cpu_count(), initializer=_keep, initargs=(dict(recordings),)) as pool:
        yield from pool.map(_proof, numbers, chunksize=8)


_CLEAN: dict[str, Recording] = {}
"""The clean recordings of a worker's process by revision; what was computed for them is shared."""


def _keep(recordings: Mapping[str, Sequence[Exchange]]) -> None:
    _CLEAN.update({revision: Recording(exchanges) for revision, exchanges in recordings.items()})


def _proof(number: int) -> Proof:
    mutant = all_mutants()[number]
    clean = _CLEAN[mutant.revision or next(iter(_CLEAN))]
    planted = _mutated(mutant, clean.exchanges)
    changed = [new for old, new in zip(clean.exchanges, planted, strict=True) if new is not old]
    found = _fallen(clean.changed(planted), changed)
    return Proof(mutant.name, mutant.clause, tuple(found), found.get(mutant.clause, ""))


def _mutated(mutant: Mutant, exchanges: Iterable[Exchange]) -> list[Exchange]:
    mutate = mutant.make()
    return [mutate(exchange) for exchange in exchanges]
