"""Verdicts: the outcome of each clause on a recording."""

import gc
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import Path

from contract_tests.asking.needs import Need
from contract_tests.clauses.clause import Clause, Violation
from contract_tests.interrupts import pass_on_interrupt
from contract_tests.recording import Recording

# The largest number of violations that a verdict keeps.
_MOST_VIOLATIONS = 5
_MOST_COUNTED = 1000


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
    """A clause's outcome, with the number of cases that it was judged on, and the first violations.

    If one of the violations breaks the contract, violations that are only warnings are left out.
    """

    clause: Clause
    outcome: Outcome
    cases: int
    violations: tuple[Violation, ...]
    found: int = 0
    """The number of violations; counting ends at a thousand."""
    why: Need | None = None
    """What answers of the right kind lacked, so that they contained no case; None if there were none."""
    bug: str = ""
    """The error, and its place in the kit, if the clause itself failed; else empty."""

    @property
    def needs(self) -> Need:
        """What is needed to observe the clause."""
        return self.why or self.clause.needs


def judge(
    recording: Recording,
    clauses: Iterable[Clause],
    *,
    strict: bool = False,
    known: frozenset[str] = frozenset(),
) -> list[Verdict]:
    """Returns the verdict of each clause.

    `strict` makes warnings count as broken. `known` are the ids of clauses that may be broken, because they
    are broken in the baseline.
    """
    pass_on_interrupt()
    with _uncollected():
        return [_verdict(recording, clause, strict=strict, known=known) for clause in clauses]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pauses the garbage collector during the block, which makes judging twice as fast.

    Judging makes no cycles, and the collector would search for some among millions of values.
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
        found = list(islice((v for case in cases for v in clause.check(case)), _MOST_COUNTED))
    except Exception as error:  # noqa: BLE001 - a clause that fails is a bug, and must not stop the others
        where = traceback.extract_tb(error.__traceback__)[-1]
        bug = f"{error!r:.200} at {Path(where.filename).name}:{where.lineno}"
        return Verdict(clause, Outcome.FAILED, 0, (), bug=bug)
    if not number and not found:
        return Verdict(clause, Outcome.NOT_OBSERVED, 0, (), why=clause.why_not(recording))
    if not found:
        return Verdict(clause, Outcome.HOLDS, number, ())
    breaking = [v for v in found if clause.accuses and not v.is_warning]
    told = (breaking or found)[:_MOST_VIOLATIONS]
    outcome = Outcome.BROKEN if breaking or strict else Outcome.WARNING
    if outcome is Outcome.BROKEN and clause.id in known:
        outcome = Outcome.KNOWN
    return Verdict(clause, outcome, number, tuple(told), len(breaking or found))
