"""Trails: what a run has written, and the answers that were read before and after it."""

from collections.abc import Callable
from typing import NamedTuple

from contract_tests.asking import labels
from contract_tests.asking.probes.refusals import (
    CREATE_GOAL,
    CREATE_PAYMENT,
    DELETE_GOALS,
    DELETE_PAYMENTS,
    IDENTIFY,
)
from contract_tests.asking.rules import WRITING
from contract_tests.clauses.clause import Violation
from contract_tests.exchange import Exchange, Json
from contract_tests.recording import Recording
from contract_tests.shown import recorded_name, sent_in

GOAL, OTHER_GOAL = (CREATE_GOAL, labels.GOAL), (CREATE_GOAL, labels.OTHER_GOAL)
PAYMENT, EARLIER_PAYMENT = (CREATE_PAYMENT, labels.PAYMENT), (CREATE_PAYMENT, labels.EARLIER_PAYMENT)
IDENTITY = (IDENTIFY, labels.IDENTITY)
"""What a run writes: pairs of an operation and a label."""
GONE = (labels.AFTER, labels.REMOVED)
"""The labels of what is read before and after a removal."""

NEEDS_GOAL = f"a goal that the server accepts, with {WRITING}"
NEEDS_PAYMENT = f"a payment that the server accepts, with {WRITING}"
NEEDS_IDENTITY = f"an identification that the server accepts, with {WRITING}"
HELD = "; a cache may hold the answer"


class Trail(NamedTuple):
    """What was written, and the answers that were read `before` and `after` it."""

    body: dict[str, Json]
    before: Exchange | None
    after: Exchange

    @property
    def is_fresh(self) -> bool:
        """Whether the later answer was made anew: one that a cache holds is like the earlier one."""
        return self.before is not None and self.before.json != self.after.json

    def violation(
        self, problem: str, pointer: str, value: Json = None, *, is_soft: bool = False
    ) -> Violation:
        """Returns a violation in the later answer; `is_soft` makes it a warning."""
        return Violation(problem, self.after, pointer, value, is_soft)


def accepted(recording: Recording, operation: str, label: str) -> Exchange | None:
    """Returns the first successful request of an operation with a label; None if there is none."""
    found = (e for e in recording.labelled(label) if e.operation == operation and e.is_success)
    return next(found, None)


def read_of(recording: Recording, operation: str, label: str) -> Exchange | None:
    """Returns the last successful answer of an operation to a request with a label; None if there is none."""
    found = [e for e in recording.labelled(label) if e.operation == operation and e.data is not None]
    return found[-1] if found else None


def trails_of(
    recording: Recording,
    write: tuple[str, str],
    operation: str,
    reads: tuple[str, str] = (labels.BEFORE, labels.AFTER),
) -> list[Trail]:
    """Returns what the answers of an operation show of a write, as one case; none without both.

    An answer from a cache that says so is no case, because it may be older than the write.
    """
    sent, after = accepted(recording, *write), read_of(recording, operation, reads[1])
    if sent is None or after is None or after.age:
        return []
    return [Trail(sent_in(sent), read_of(recording, operation, reads[0]), after)]


def name_of(trail: Trail) -> str:
    """Returns the name under which the goal of a trail is recorded."""
    return recorded_name(str(trail.body.get("name")))


def missing(trail: Trail, problem: str, pointer: str) -> Violation:
    """Returns a violation for what an answer lacks; a warning if a cache may hold the answer."""
    return trail.violation(problem if trail.is_fresh else problem + HELD, pointer, is_soft=not trail.is_fresh)


def first_row(report: Exchange | None) -> dict[str, Json]:
    """Returns the first row of a report; empty if there is none."""
    data = report.data if report is not None else None
    row = data[0] if isinstance(data, list) and data else None
    return row if isinstance(row, dict) else {}


def after_removal(write: tuple[str, str], operation: str) -> Callable[[Recording], list[Trail]]:
    """Returns a function that picks the answer of an operation after what was written is removed."""
    removing = DELETE_GOALS if write[0] == CREATE_GOAL else DELETE_PAYMENTS

    def cases(recording: Recording) -> list[Trail]:
        if accepted(recording, removing, write[1]) is None:
            return []
        return trails_of(recording, write, operation, GONE)

    return cases
