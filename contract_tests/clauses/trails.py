"""Trails: a write of a run, such as a goal, with the answers before and after it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from contract_tests.asking import labels
from contract_tests.asking.needs import by_writing
from contract_tests.clauses.clause import Violation
from contract_tests.exchange import Exchange, Json, is_figure
from contract_tests.operations import CREATE_GOAL, CREATE_PAYMENT, DELETE_GOALS, DELETE_PAYMENTS, IDENTIFY
from contract_tests.pointers import escaped, pointer_of
from contract_tests.recording import Recording
from contract_tests.shown import recorded_name, sent_in

GOAL, OTHER_GOAL = (CREATE_GOAL, labels.GOAL), (CREATE_GOAL, labels.OTHER_GOAL)
SENT_GOALS = (GOAL, OTHER_GOAL)
PAYMENT, EARLIER_PAYMENT = (CREATE_PAYMENT, labels.PAYMENT), (CREATE_PAYMENT, labels.EARLIER_PAYMENT)
IDENTITY = (IDENTIFY, labels.IDENTITY)
"""The writes of a run, as pairs of an operation and a label."""
GONE = (labels.AFTER, labels.REMOVED)
"""The labels of the answers before and after the removal of what a run has written."""

NEEDS_GOAL = by_writing("a goal that the server accepts, with ")
NEEDS_PAYMENT = by_writing("a payment that the server accepts, with ")
NEEDS_IDENTITY = by_writing("an identification that the server accepts, with ")
HELD = "; a cache may hold the answer"


class Trail(NamedTuple):
    """The `body` of a write, and an operation's answers from `before` and `after` the write.

    `before` is None if there is no earlier answer. `held` are the answers between `before` and `after`, when
    the run requested the operation again and again, because they did not show what was written.
    """

    body: dict[str, Json]
    before: Exchange | None
    after: Exchange
    held: Sequence[Exchange] = ()

    @property
    def is_fresh(self) -> bool:
        """Whether the later answer is not an earlier one from a cache, nor older by its own times."""
        if self.before is None or any(e.json == self.after.json for e in (self.before, *self.held)):
            return False
        before, after = _since_first(self.before), _since_first(self.after)
        return not (is_figure(before) and is_figure(after) and bool(after < before))

    def wrong(self, problem: str, part: Json, member: str, *, is_soft: bool = False) -> Violation:
        """Returns a violation by a member of `part`, an object in the later answer."""
        pointer = f"{pointer_of(self.after.json, part) or ''}/{escaped(member)}"
        return self.violation(problem, pointer, part.get(member), is_soft=is_soft)

    def violation(
        self, problem: str, pointer: str, value: Json = None, *, is_soft: bool = False
    ) -> Violation:
        """Returns a violation in the later answer; `is_soft` makes it a warning."""
        return Violation(problem, self.after, pointer, value, is_soft)


def _since_first(profile: Exchange) -> Json:
    """Returns the `timeSinceFirstVisit` of a profile; None for any other answer."""
    activity = profile.data.get("activity") if isinstance(profile.data, dict) else None
    return activity.get("timeSinceFirstVisit") if isinstance(activity, dict) else None


def accepted(recording: Recording, operation: str, label: str) -> Exchange | None:
    """Returns the first successful exchange of an operation with a label; None if there is none."""
    found = (e for e in recording.labelled(label) if e.operation == operation and e.is_success)
    return next(found, None)


def read_of(recording: Recording, operation: str, label: str) -> Exchange | None:
    """Returns the last successful answer of an operation to a request with a label; None if there is none."""
    found = _reads_of(recording, operation, label)
    return found[-1] if found else None


def _reads_of(recording: Recording, operation: str, label: str) -> list[Exchange]:
    return [e for e in recording.labelled(label) if e.operation == operation and e.data is not None]


def trails_of(
    recording: Recording,
    write: tuple[str, str],
    operation: str,
    reads: tuple[str, str] = (labels.BEFORE, labels.AFTER),
) -> list[Trail]:
    """Returns the trail of a write in the answers of an operation, as one case.

    `reads` are the labels of the earlier and the later answer. There is no case if the write was not
    accepted, if there is no later answer, or if its `Age` is above 0, since it may be older than the write.
    """
    sent, after = accepted(recording, *write), read_of(recording, operation, reads[1])
    if sent is None or after is None or after.age:
        return []
    held = _reads_of(recording, operation, reads[1])[:-1]
    return [Trail(sent_in(sent), read_of(recording, operation, reads[0]), after, held)]


def name_of(trail: Trail) -> str:
    """Returns the name under which the server records the goal of a trail."""
    return recorded_name(str(trail.body.get("name")))


def missing(trail: Trail, problem: str, pointer: str) -> Violation:
    """Returns a violation for something that is missing in the later answer.

    The violation is a warning if the answer may come from a cache.
    """
    return trail.violation(problem if trail.is_fresh else problem + HELD, pointer, is_soft=not trail.is_fresh)


def first_row(report: Exchange | None) -> dict[str, Json]:
    """Returns the first row of a report; empty if there is none."""
    data = report.data if report is not None else None
    row = data[0] if isinstance(data, list) and data else None
    return row if isinstance(row, dict) else {}


def after_removal(write: tuple[str, str], operation: str) -> Callable[[Recording], list[Trail]]:
    """Returns a function that selects the trail of a write, with the answers before and after its removal."""
    removing = DELETE_GOALS if write[0] == CREATE_GOAL else DELETE_PAYMENTS

    def cases(recording: Recording) -> list[Trail]:
        if accepted(recording, removing, write[1]) is None:
            return []
        return trails_of(recording, write, operation, GONE)

    return cases
