"""Clauses about payments that a run writes: all answers contain them once, until they are removed."""

from collections.abc import Iterable
from typing import NamedTuple

from contract_tests.asking import labels
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.map_predictions import CUSTOMER_SCORE
from contract_tests.clauses.telling import counted, figure_told
from contract_tests.clauses.trails import (
    EARLIER_PAYMENT,
    NEEDS_PAYMENT,
    PAYMENT,
    Trail,
    accepted,
    after_removal,
    missing,
    read_of,
    trails_of,
)
from contract_tests.documented import OTHER
from contract_tests.exchange import Exchange, Json, is_figure
from contract_tests.operations import CREATE_PAYMENT, DELETE_PAYMENTS, MAP, VISITOR
from contract_tests.recording import Recording
from contract_tests.shown import COMPLETED_GOALS, are_payments_told, paid, payments_of, row_of

_GOALS = f"/data/activity/{COMPLETED_GOALS}"
# In ms: the time between two answers in which no other payment of the visitor is likely.
_SOON = 5_000


class Paid(NamedTuple):
    """The number of payments in a profile, `before` and `after` the run has sent `sent` payments.

    `trail` is the trail of the first payment.
    """

    trail: Trail
    sent: int
    before: int
    after: int


def _paid(recording: Recording, read: str = labels.AFTER) -> list[Paid]:
    """Returns the numbers of payments in the profile, as one case; no case if they cannot be counted."""
    trails = trails_of(recording, PAYMENT, VISITOR, (labels.BEFORE, read))
    also = accepted(recording, *EARLIER_PAYMENT) is not None
    return [
        Paid(trail, 1 + also, before, after)
        for trail in trails
        if trail.before is not None
        and (before := paid(trail.before.data)) is not None
        and (after := paid(trail.after.data)) is not None
    ]


@clause(
    "WRITE-13",
    "A payment that was accepted is in the visitor's profile, as a goal with the origin `payment_provider`.",
    source="POST /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT,
    cases=_paid,
)
def payment_is_in_profile(case: Paid) -> Iterable[Violation]:
    if case.after < case.before + case.sent:
        sent = counted(case.sent, "payment was", "payments were")
        problem = f"{sent} accepted; the profile had {case.before} before, and has {case.after} now"
        yield missing(case.trail, problem, _GOALS)


@clause(
    "WRITE-14",
    "A transaction that is sent twice is one payment in the profile.",
    source="POST /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT,
    cases=lambda recording: [
        case for case in _paid(recording) if accepted(recording, CREATE_PAYMENT, labels.PAYMENT_AGAIN)
    ],
)
def transactions_are_recorded_once(case: Paid) -> Iterable[Violation]:
    if case.after > case.before + case.sent:
        sent = counted(case.sent, "transaction was", "transactions were")
        had = figure_told("payments", case.before)
        problem = f"{sent} sent twice; the profile had {had} before, and has {case.after} now"
        yield case.trail.violation(problem, _GOALS)


def _payments_on(shown: Exchange | None, body: dict[str, Json]) -> int:
    return 0 if shown is None else len(payments_of(shown.data, body))


@clause(
    "WRITE-15",
    "A payment that was accepted is on the map once, in its currency.",
    source="POST /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT,
    cases=lambda recording: [
        trail for trail in trails_of(recording, PAYMENT, MAP) if are_payments_told(trail.after.data)
    ],
)
def payment_is_on_the_map(trail: Trail) -> Iterable[Violation]:
    number = _payments_on(trail.after, trail.body) - _payments_on(trail.before, trail.body)
    told = f"a payment of {trail.body['amount']} {trail.body['currency']}"
    if number < 1:
        # The list may be limited to a few rows, and the map may come from a cache.
        yield trail.violation(f"{told} was accepted, and is not here", "/data/recentPayments", is_soft=True)
    elif number > 1:
        last = payments_of(trail.after.data, trail.body)[-1]
        yield trail.wrong(f"{told} was sent once, and is here {number} times", last, "amount")


def _row(trail: Trail) -> dict[str, Json]:
    """Returns the visitor of a trail on the later map; empty if the map does not list the visitor."""
    return row_of(trail.after.data, str(trail.body["datafast_visitor_id"])) or {}


def _customer(trail: Trail) -> bool | None:
    """Returns whether the visitor of a trail is a customer on the later map; None if the map does not say."""
    value = _row(trail).get("isCustomer")
    return value if isinstance(value, bool) else None


@clause(
    "WRITE-16",
    "A visitor who has paid is a customer on the map.",
    source="POST /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT.and_more(", of a visitor who is on a map with `isCustomer`"),
    cases=lambda recording: [t for t in trails_of(recording, PAYMENT, MAP) if _customer(t) is not None],
)
def payers_are_customers(trail: Trail) -> Iterable[Violation]:
    if not _customer(trail):
        # A map without the payment may be older than the payment.
        is_told = bool(payments_of(trail.after.data, trail.body))
        problem = f"the visitor {trail.body['datafast_visitor_id']} has paid, but is no customer"
        yield trail.wrong(problem, _row(trail), "isCustomer", is_soft=not is_told)


@clause(
    "WRITE-17",
    "The profile of a visitor who has paid has no prediction, or one with a score of 100.",
    source="POST /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT,
    cases=lambda recording: [
        case
        for case in _paid(recording)
        if case.after > case.before and "prediction" in case.trail.after.data
    ],
)
def payers_have_no_prediction(case: Paid) -> Iterable[Violation]:
    prediction = case.trail.after.data["prediction"]
    score = prediction.get("score") if isinstance(prediction, dict) else None
    if is_figure(score) and score != CUSTOMER_SCORE:
        # A server may make its predictions once a minute, and keep the one from before the payment.
        before = case.trail.before.data if case.trail.before is not None else None
        is_kept = isinstance(before, dict) and before.get("prediction") == prediction
        problem = "the visitor has paid, and the score is not 100"
        if is_kept:
            problem += ", and the prediction is the one from before"
        yield case.trail.violation(problem, "/data/prediction/score", score, is_soft=is_kept)


def _both_removed(recording: Recording) -> bool:
    both = (labels.PAYMENT, labels.EARLIER_PAYMENT)
    return all(accepted(recording, DELETE_PAYMENTS, label) for label in both)


@clause(
    "WRITE-19",
    "Payments that were removed are not in the visitor's profile.",
    source="DELETE /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT,
    cases=lambda recording: _paid(recording, labels.REMOVED) if _both_removed(recording) else [],
)
def removed_payments_are_not_in_profile(case: Paid) -> Iterable[Violation]:
    if case.after > case.before:
        problem = f"all payments were removed; the profile had {case.before} before, and has {case.after} now"
        yield missing(case.trail, problem, _GOALS)


@clause(
    "WRITE-20",
    "A payment that was removed is not on the map.",
    source="DELETE /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT,
    cases=lambda recording: [
        trail._replace(before=read_of(recording, MAP, labels.BEFORE))
        for trail in after_removal(PAYMENT, MAP)(recording)
        if are_payments_told(trail.after.data)
    ],
)
def removed_payment_is_not_on_the_map(trail: Trail) -> Iterable[Violation]:
    if _payments_on(trail.after, trail.body) > _payments_on(trail.before, trail.body):
        problem = (
            f"a payment of {trail.body['amount']} {trail.body['currency']} was removed, and is still here"
        )
        first = payments_of(trail.after.data, trail.body)[0]
        yield trail.wrong(problem, first, "amount", is_soft=True)


def _was_customer(recording: Recording) -> bool:
    return any(_customer(t) for t in trails_of(recording, PAYMENT, MAP, (labels.BEFORE, labels.BEFORE)))


def _has_no_payment(recording: Recording, shown: Exchange) -> bool:
    """Returns whether the visitor's profile, requested just before a map, contains no payment."""
    profile = read_of(recording, VISITOR, labels.REMOVED)
    if profile is None or profile.sent is None or shown.sent is None:
        return False
    return paid(profile.data) == 0 and 0 <= shown.sent - profile.sent <= _SOON


@clause(
    "WRITE-21",
    "A visitor whose only payments were removed is not a customer on the map.",
    source="DELETE /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT.and_more(", of a visitor on a map with `isCustomer` who made no other payment"),
    cases=lambda recording: [
        trail
        for trail in after_removal(PAYMENT, MAP)(recording)
        if _both_removed(recording)
        and _customer(trail) is not None
        and not _was_customer(recording)
        and _has_no_payment(recording, trail.after)
    ],
)
def nobody_without_payments_is_a_customer(trail: Trail) -> Iterable[Violation]:
    if _customer(trail):
        visitor_id = trail.body["datafast_visitor_id"]
        problem = f"all payments of the visitor {visitor_id} were removed, but `isCustomer` is true"
        is_told = not payments_of(trail.after.data, trail.body) and trail.is_fresh
        yield trail.wrong(problem, _row(trail), "isCustomer", is_soft=not is_told)
