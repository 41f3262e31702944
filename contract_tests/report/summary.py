"""The summary of a run: the verdict in sentences, and what is needed to observe more clauses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from importlib.metadata import version

from contract_tests.asking.needs import WRITES, WRITING
from contract_tests.clauses.telling import counted
from contract_tests.families import family_of
from contract_tests.judging.run import Run
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.report.words import plain

TOOL = "datafast-mock"
TOLD = (Outcome.BROKEN, Outcome.WARNING, Outcome.KNOWN)
"""The outcomes that come with violations, the gravest first."""

_FOR_WRITES = f"{WRITING}, because these clauses are about writes"
_LACKED = "an operation that the server does not have"
_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# The largest number of ids in a sentence.
_MOST_NAMED = 5


class State(Enum):
    """The verdict on the contract as a whole."""

    HOLDS = "holds"
    BROKEN = "broken"
    PARTIAL = "partial"
    NONE = "no verdict"


@dataclass(frozen=True, slots=True)
class Summary:
    """A state with the sentence that gives the reason; `more` are sentences about a partial verdict."""

    state: State
    sentence: str
    more: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """All sentences, the verdict first."""
        return (self.sentence, *self.more)


def summary_of(run: Run) -> Summary:
    """Returns the verdict of a run for people who read only one line."""
    gaps = gaps_of(run)
    partial = tuple(f"The verdict is partial: {gap}." for gap in gaps)
    if not judged_in(run) and not run.of(Outcome.FAILED):
        reason = gaps[0] if gaps else "no clause could be judged"
        return Summary(State.NONE, f"No verdict: {reason}.", ())
    if run.of(Outcome.BROKEN):
        return Summary(State.BROKEN, _broken(run), partial)
    if partial:
        return Summary(State.PARTIAL, partial[0], partial[1:])
    return Summary(State.HOLDS, _holding(run), ())


def parted(run: Run, outcome: Outcome) -> tuple[list[Verdict], list[Verdict]]:
    """Returns the verdicts with an outcome in two lists. The second says which operations the server lacks.

    A server may lack many operations, and all that a report can say of each is how the server answered. If it
    lacks only one, the second list is empty, and the verdict is in the first one.
    """
    told: list[Verdict] = []
    lacking: list[Verdict] = []
    for verdict in run.of(outcome):
        (lacking if _is_lacking(run, verdict) else told).append(verdict)
    return (told, lacking) if len(lacking) > 1 else (run.of(outcome), [])


def lacking_of(run: Run) -> list[Verdict]:
    """Returns the verdicts that say which operations the server lacks; see `parted`."""
    return [verdict for outcome in TOLD for verdict in parted(run, outcome)[1]]


def lacking_told(lacking: Sequence[Verdict]) -> str:
    """Returns a sentence about several operations that the server lacks, without a full stop."""
    return f"The server does not have {len(lacking)} operations; nothing else about them was judged"


def judged_in(run: Run) -> int:
    """Returns the number of clauses that were judged."""
    return sum(len(run.of(outcome)) for outcome in (*TOLD, Outcome.HOLDS))


def reason_of(run: Run) -> str | None:
    """Returns the reason why a run observed less than planned; None if it observed everything."""
    reason = run.refused or run.stopped or run.unseen
    return None if reason is None else plain(reason)


def gaps_of(run: Run) -> list[str]:
    """Returns the reasons why the verdict is partial, each without a full stop; empty if it is complete."""
    reason, failed = reason_of(run), len(run.of(Outcome.FAILED))
    bug = f"{counted(failed, 'clause', 'clauses')} could not be judged because of a bug in the kit"
    return [*([] if reason is None else [reason]), *([bug] if failed else [])]


def started_at(run: Run) -> datetime | None:
    """Returns the instant of the first answered request; None if it is unknown."""
    sent = [exchange.sent for exchange in run.recording.exchanges if exchange.sent is not None]
    return datetime.fromtimestamp(min(sent) / 1000, UTC) if sent else None


def needs_of(run: Run) -> dict[str, list[str]]:
    """Returns the needs of the clauses that were not observed, each with the ids of the clauses.

    The need that most clauses share comes first. If the run did not write, all clauses that need a write are
    one group. Another group are all clauses about operations that the server does not have.
    """
    has_written = any(exchange.method in _WRITING for exchange in run.recording.exchanges)
    needs: dict[str, list[str]] = {}
    for verdict in run.of(Outcome.NOT_OBSERVED):
        is_write = verdict.needs.option == WRITES and not has_written
        needs.setdefault(_FOR_WRITES if is_write else need_of(run, verdict), []).append(verdict.clause.id)
    return dict(sorted(needs.items(), key=lambda item: -len(item[1])))


def need_of(run: Run, verdict: Verdict) -> str:
    """Returns what is needed to observe the clause of a verdict."""
    operation = family_of(verdict.clause.id).operation
    return _LACKED if operation in run.recording.absent else verdict.needs.words


def tool() -> dict[str, str]:
    """Returns the kit's name and version."""
    return {"name": TOOL, "version": version(TOOL)}


def _is_lacking(run: Run, verdict: Verdict) -> bool:
    return verdict.violations[0].exchange.operation in run.recording.absent


def _holding(run: Run) -> str:
    judged = counted(judged_in(run), "clause that was judged", "clauses that were judged")
    counts = {outcome: len(run.of(outcome)) for outcome in Outcome}
    unseen, warnings, known = (
        counts[outcome] for outcome in (Outcome.NOT_OBSERVED, Outcome.WARNING, Outcome.KNOWN)
    )
    told = [
        *([counted(warnings, "has a warning", "have a warning")] if warnings else []),
        *([counted(known, "is a known deviation", "are known deviations")] if known else []),
        *([counted(unseen, "was not observed", "were not observed")] if unseen else []),
    ]
    extent = "holds, as far as it was observed" if unseen else "holds"
    return f"The contract {extent}: of the {judged}, none is broken{''.join(f'; {part}' for part in told)}."


def _broken(run: Run) -> str:
    ids = [verdict.clause.id for verdict in run.of(Outcome.BROKEN)]
    named = ", ".join(ids[:_MOST_NAMED])
    more = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
    judged = counted(judged_in(run), "clause that was judged", "clauses that were judged")
    return f"The contract is broken: {len(ids)} of the {judged} did not hold ({named}{more})."
