"""Verdicts: the outcome of each clause on a recording."""

import gc
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import Path

from contract_tests.clauses.clause import Clause, Violation
from contract_tests.recording import Recording

# Further examples of the same fault add nothing.
_MOST_VIOLATIONS = 5


class Outcome(Enum):
    """The outcome of a clause."""

    HOLDS = "holds"
    BROKEN = "broken"
    KNOWN = "known deviation"
    WARNING = "warning"
    NOT_OBSERVED = "not observed"
    OTHER_REVISION = "other revision"
    FAILED = "kit failed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A clause's outcome: on how many cases it was judged, and the first violations."""

    clause: Clause
    outcome: Outcome
    cases: int
    violations: tuple[Violation, ...]
    bug: str = ""
    """Where the kit itself failed: what and where."""


def judge(
    recording: Recording,
    clauses: Iterable[Clause],
    *,
    strict: bool = False,
    known: frozenset[str] = frozenset(),
) -> list[Verdict]:
    """The verdict of each clause.

    `strict` makes warnings count as broken; `known` are the clauses that may be broken, as in the baseline.
    """
    with _uncollected():
        return [_verdict(recording, clause, strict=strict, known=known) for clause in clauses]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pauses the garbage collector: judging makes no cycles, but millions of values to search for them.

    This halves the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _verdict(recording: Recording, clause: Clause, *, strict: bool, known: frozenset[str]) -> Verdict:
    if clause.revision is not None and recording.judged_by not in (None, clause.revision):
        return Verdict(clause, Outcome.OTHER_REVISION, 0, ())
    try:
        cases = list(clause.cases(recording))
        number = sum(map(clause.size, cases))
        violations = tuple(islice((v for case in cases for v in clause.check(case)), _MOST_VIOLATIONS))
    except Exception as error:  # noqa: BLE001 - a clause that fails is our fault, and none of the others'
        where = traceback.extract_tb(error.__traceback__)[-1]
        bug = f"{error!r:.200} at {Path(where.filename).name}:{where.lineno}"
        return Verdict(clause, Outcome.FAILED, 0, (), bug)
    if not number:
        return Verdict(clause, Outcome.NOT_OBSERVED, 0, ())
    if not violations:
        return Verdict(clause, Outcome.HOLDS, number, ())
    outcome = Outcome.BROKEN if clause.accuses or strict else Outcome.WARNING
    if outcome is Outcome.BROKEN and clause.id in known:
        outcome = Outcome.KNOWN
    return Verdict(clause, outcome, number, violations)
