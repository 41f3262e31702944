"""Clauses about the reports on what a run writes: its goals, their properties, and the revenue of a payment.

A report may come from a cache and be a minute old. So it is a warning if a goal or payment is missing, but it
breaks the contract if one is counted twice.
"""

from collections.abc import Iterable
from typing import NamedTuple

from contract_tests.asking import labels
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.telling import figure_told, number_told
from contract_tests.clauses.trails import (
    EARLIER_PAYMENT,
    GOAL,
    HELD,
    NEEDS_GOAL,
    NEEDS_PAYMENT,
    SENT_GOALS,
    Trail,
    accepted,
    after_removal,
    first_row,
    name_of,
    read_of,
    trails_of,
)
from contract_tests.documented import OTHER
from contract_tests.exchange import Exchange, Json, is_figure, whole_of
from contract_tests.operations import DELETE_PAYMENTS, GOAL_PROPERTIES, GOALS, METADATA, OVERVIEW
from contract_tests.recording import Recording
from contract_tests.shown import completions_of, goal_row


def _is_readable(report: Exchange) -> bool:
    """Returns whether an answer has a list of goals, and each row has the name of its goal."""
    rows = report.data
    return isinstance(rows, list) and all(
        isinstance(row, dict) and isinstance(row.get("goal"), str) for row in rows
    )


def _has_a_text(row: Json) -> bool:
    return isinstance(row, dict) and any(isinstance(value, str) for value in row.values())


def _is_whole(report: Exchange) -> bool:
    """Returns whether an answer contains all rows of its report, and each row is readable."""
    pagination = report.json.get("pagination")
    total = whole_of(pagination.get("total")) if isinstance(pagination, dict) else None
    return _is_readable(report) and total is not None and len(report.data) >= total


@clause(
    "WRITE-06",
    "The report on goals counts a goal that was sent once as one completion.",
    source="GET /analytics/goals",
    standing=OTHER,
    needs=NEEDS_GOAL.and_more(", and a report of today's goals in one answer"),
    cases=lambda recording: [
        trail
        for write in SENT_GOALS
        for trail in trails_of(recording, write, GOALS)
        if _is_whole(trail.after)
    ],
)
def goal_is_in_the_report(trail: Trail) -> Iterable[Violation]:
    completions = completions_of(trail.after.data, name_of(trail))
    if completions in (None, 0):
        problem = f"the goal `{name_of(trail)}` was accepted, and is not counted{HELD}"
        yield trail.violation(problem, "/data", completions, is_soft=True)
    elif is_figure(completions) and completions > 1:
        problem = f"the goal `{name_of(trail)}` was sent once, and has {number_told(completions)} completions"
        yield trail.wrong(problem, goal_row(trail.after.data, name_of(trail)), "completions")


@clause(
    "WRITE-07",
    "The report on a goal's properties names the properties that were sent with the goal as metadata.",
    source="GET /analytics/goals/properties",
    standing=OTHER,
    needs=NEEDS_GOAL.and_more(", and a report of its properties"),
    cases=lambda recording: [
        trail
        for trail in trails_of(recording, GOAL, GOAL_PROPERTIES)
        if isinstance(trail.after.data, list)
        and isinstance(trail.body.get("metadata"), dict)
        and (not trail.after.data or any(map(_has_a_text, trail.after.data)))
    ],
)
def properties_are_reported(trail: Trail) -> Iterable[Violation]:
    # No page names the members of a row, so the name of the property may be anywhere in it.
    told = {
        str(text)
        for row in trail.after.data
        if isinstance(row, dict)
        for pair in row.items()
        for text in pair
    }
    lacking = [name for name in trail.body["metadata"] if name not in told]
    if lacking:
        problem = f"the goal `{name_of(trail)}` was accepted with `{lacking[0]}`, which is not here{HELD}"
        yield trail.violation(problem, "/data", None, is_soft=True)


@clause(
    "WRITE-12",
    "A goal that was removed is not counted in the report on goals.",
    source="DELETE /goals",
    standing=OTHER,
    needs=NEEDS_GOAL,
    cases=lambda recording: [t for t in after_removal(GOAL, GOALS)(recording) if _is_readable(t.after)],
)
def removed_goal_is_not_in_the_report(trail: Trail) -> Iterable[Violation]:
    completions = completions_of(trail.after.data, name_of(trail))
    if is_figure(completions) and completions > 0:
        problem = f"the goal `{name_of(trail)}` was removed, and is still counted{HELD}"
        row = goal_row(trail.after.data, name_of(trail))
        yield trail.wrong(problem, row, "completions", is_soft=True)


class Figures(NamedTuple):
    """The payments and the revenue of one second, before and after a payment in this second is sent.

    `revenue` is None if it is unknown, or if it may be in another currency than the payment.
    """

    trail: Trail
    payments: tuple[float, float]
    revenue: tuple[float, float] | None

    def is_earned(self, times: int) -> bool:
        """Returns whether the revenue has grown by `times` the payment's amount, give or take one unit."""
        amount = float(self.trail.body["amount"])
        return self.revenue is not None and abs(self.revenue[1] - self.revenue[0] - times * amount) <= 1


def _figure(report: Exchange | None, name: str) -> float | None:
    value = first_row(report).get(name)
    return value if is_figure(value) else None


def _figures(recording: Recording, read: str = labels.AFTER) -> list[Figures]:
    """Returns the figures in the overviews, as one case; no case if an overview does not contain them."""
    found = []
    currency = first_row(read_of(recording, METADATA, labels.BEFORE)).get("currency")
    for trail in trails_of(recording, EARLIER_PAYMENT, OVERVIEW, (labels.BEFORE, read)):
        before, after = (_figure(e, "payments") for e in (trail.before, trail.after))
        earned, earning = (_figure(e, "revenue") for e in (trail.before, trail.after))
        if before is not None and after is not None:
            revenue = None
            if earned is not None and earning is not None and trail.body["currency"] == currency:
                revenue = (earned, earning)
            found.append(Figures(trail, (before, after), revenue))
    return found


def _payments_were(number: float) -> str:
    return f"{figure_told('payments', number)} {'was' if number == 1 else 'were'}"


@clause(
    "WRITE-18",
    "A payment that was accepted is one payment in the overview of its second, and its amount, give or take"
    " 1, is in the revenue.",
    source="POST /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT.and_more(", and an overview of the second in which it was made"),
    cases=_figures,
)
def payment_is_in_the_overview(case: Figures) -> Iterable[Violation]:
    told = f"a payment of {case.trail.body['amount']} {case.trail.body['currency']}"
    before, after = case.payments
    if after <= before:
        problem = f"{told} was accepted, and is not counted{HELD}"
        yield case.trail.violation(problem, "/data/0/payments", after, is_soft=True)
    elif after > before + 1:
        counts = f"{_payments_were(before)} counted before, and {number_told(after)} are now"
        problem = f"{told} was sent as one transaction; {counts}"
        # If the revenue has not grown twice, the second payment may be one that another visitor made and the
        # server recorded late.
        yield case.trail.violation(problem, "/data/0/payments", after, is_soft=not case.is_earned(2))
    elif case.revenue is not None and not case.is_earned(1):
        problem = f"{told} was sent, and the revenue was {number_told(case.revenue[0])} before"
        yield case.trail.violation(problem, "/data/0/revenue", case.revenue[1])


@clause(
    "WRITE-22",
    "A payment that was removed is not counted in the overview, neither as a payment nor as revenue.",
    source="DELETE /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT.and_more(", and an overview of the second in which it was made"),
    cases=lambda recording: (
        _figures(recording, labels.REMOVED)
        if accepted(recording, DELETE_PAYMENTS, labels.EARLIER_PAYMENT)
        else []
    ),
)
def removed_payment_is_not_in_the_overview(case: Figures) -> Iterable[Violation]:
    if case.payments[1] > case.payments[0]:
        problem = (
            f"the payment was removed; {_payments_were(case.payments[0])} counted before it was sent{HELD}"
        )
        yield case.trail.violation(problem, "/data/0/payments", case.payments[1], is_soft=True)
    elif case.revenue is not None and case.is_earned(1):
        before = number_told(case.revenue[0])
        problem = f"the payment was removed; the revenue was {before} before it was sent{HELD}"
        yield case.trail.violation(problem, "/data/0/revenue", case.revenue[1], is_soft=True)
