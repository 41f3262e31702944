"""Clauses about agreement between map and profile: customers and what they paid."""

from collections.abc import Iterable

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.map_predictions import CUSTOMER_SCORE, is_new
from contract_tests.clauses.met import SEVERAL, SOON, Met, having, ids_of, met, most_differ
from contract_tests.documented import OTHER, PAGE
from contract_tests.exchange import Exchange, Json, is_figure
from contract_tests.instants import ms
from contract_tests.operations import VISITOR
from contract_tests.recording import REVISION_2026_02, Recording, rows
from contract_tests.shown import BY_PROVIDER, goals_of, paid

# In ms.
_MINUTE = 60_000


@clause(
    "AGR-10",
    "If the profile of a customer lists a payment, it has no prediction, or one with a score of 100.",
    source="001 Notes",
    standing=PAGE,
    needs="the profile of a customer from the map, with a payment",
    revision=REVISION_2026_02,
    is_timed=True,
    cases=lambda recording: [
        case
        for case in met(recording)
        if case.visitor.get("isCustomer") is True
        and isinstance(case.profile.data, dict)
        and "prediction" in case.profile.data
        # A profile without any payment may come from a cache, and be older than the first one.
        and paid(case.profile.data) != 0
    ],
)
def customers_have_100(case: Met) -> Iterable[Violation]:
    prediction = case.profile.data["prediction"]
    score = prediction.get("score") if isinstance(prediction, dict) else None
    if not is_figure(score):
        return
    if score != CUSTOMER_SCORE:
        problem = "the map says `isCustomer: true`"
        # A customer who has just paid may have the prediction from before.
        paid_at = [goal.get("timestamp") for goal in goals_of(case.profile.data) or () if _is_payment(goal)]
        is_first = bool(paid_at) and all(is_new(at, case.profile) for at in paid_at)
        yield Violation(problem, case.profile, "/data/prediction/score", score, is_first)


def _is_payment(goal: dict[str, Json]) -> bool:
    return goal.get("origin") == BY_PROVIDER or goal.get("type") == "payment"


def _buyers(recording: Recording) -> list[list[Met]]:
    """Returns, as one case, the visitors whose profile has a payment that is older than the map's answer."""
    found = [
        case
        for case in having("activity")(recording)
        if isinstance(case.visitor.get("isCustomer"), bool) and _payments_of(case.profile)
    ]
    return [found] if found else []


def _payments_of(profile: Exchange) -> list[str]:
    """Returns the pointers to the payments in a profile that were made at least a minute before the map.

    The map may be two minutes older than the profile.
    """
    if profile.now is None:
        return []
    latest = profile.now.earliest - SOON - _MINUTE
    goals = profile.data["activity"].get("completedGoals")
    return [
        f"/data/activity/completedGoals/{n}/type"
        for n, goal in enumerate(goals if isinstance(goals, list) else ())
        if isinstance(goal, dict)
        and goal.get("type") == "payment"
        and (at := ms(goal.get("timestamp"))) is not None
        and at < latest
    ]


@clause(
    "AGR-11",
    "At least half of the visitors whose profile has an earlier `payment` are customers on the map.",
    source="the public documentation of visitors",
    standing=OTHER,
    needs="the profile of a visitor from the map with a goal of type `payment`",
    dated=VISITOR,
    is_timed=True,
    cases=_buyers,
)
def buyers_are_customers(found: list[Met]) -> Iterable[Violation]:
    other, number = most_differ(found, lambda case: case.visitor["isCustomer"] is False)
    if other is not None:
        # If it is only one visitor, the payment may have been refunded between the two answers.
        problem, pointer = "the map says `isCustomer: false`", _payments_of(other.profile)[0]
        yield Violation(problem, other.profile, pointer, "payment", number == 1)


def _customers(recording: Recording) -> list[list[Met]]:
    """Returns, as one case, the customers on the map whose profile has a list of goals."""
    found = [
        case
        for case in having("activity")(recording)
        if case.visitor.get("isCustomer") is True
        and isinstance(case.profile.data["activity"].get("completedGoals"), list)
    ]
    return [found] if found else []


@clause(
    "AGR-15",
    "At least one customer on the map has a goal with the origin `payment_provider` in the profile.",
    source="the public documentation of visitors",
    standing=OTHER,
    needs="the profile of a customer from a map of revision 2026-02",
    revision=REVISION_2026_02,
    is_timed=True,
    cases=_customers,
)
def customers_have_paid(found: list[Met]) -> Iterable[Violation]:
    goals = [goal for case in found for goal in rows(case.profile.data["activity"], "completedGoals")]
    if not any(map(_is_payment, goals)):
        # A profile may leave out old goals.
        pointer = "/data/activity/completedGoals"
        problem = "the map says `isCustomer: true`, but no goal is a payment"
        yield Violation(problem, found[0].profile, pointer, None, len(ids_of(found)) <= SEVERAL)
