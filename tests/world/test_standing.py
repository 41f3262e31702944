"""The facts that no removal has removed by an instant, compared with a slow search."""

from hypothesis import given
from hypothesis import strategies as st

from mock_server.world.facts import Fact, GoalReached, GoalsRemoved, PaymentMade, PaymentsRemoved, changes_at
from tests.timing import assert_cheap

_instants = st.integers(0, 8)
_visitors = st.sampled_from(["v", "w"])
_names = st.sampled_from(["a", "b"])
_filters = {"visitor_id": st.none() | _visitors, "begin": st.none() | _instants, "end": st.none() | _instants}
_FACTS = st.lists(
    st.builds(GoalReached, written=_instants, event_id=st.just(""), visitor_id=_visitors, name=_names)
    | st.builds(
        PaymentMade,
        written=_instants,
        event_id=st.just(""),
        transaction_id=_names,
        at=_instants,
        amount=st.just(1.0),
        currency=st.just("USD"),
        visitor_id=st.none() | _visitors,
        is_refunded=st.booleans(),
    )
    | st.builds(GoalsRemoved, written=_instants, name=st.none() | _names, **_filters)
    | st.builds(PaymentsRemoved, written=_instants, transaction_id=st.none() | _names, **_filters),
    max_size=20,
)


def _goals(facts: list[Fact]) -> list[GoalReached]:
    """Returns the goals that are not removed, by comparing each goal with each removal."""
    goals: list[GoalReached] = []
    for fact in facts:
        if isinstance(fact, GoalReached):
            goals.append(fact)
        if isinstance(fact, GoalsRemoved):
            goals = [goal for goal in goals if not fact.takes(goal.visitor_id, goal.name, goal.written)]
    return goals


def _payments(facts: list[Fact]) -> list[PaymentMade]:
    """Returns the payments that are not removed, by comparing each payment with each removal."""
    payments: list[PaymentMade] = []
    for fact in facts:
        if isinstance(fact, PaymentMade):
            known = {(paid.transaction_id, paid.is_refunded) for paid in payments}
            if (fact.transaction_id, fact.is_refunded) not in known:
                payments.append(fact)
        if isinstance(fact, PaymentsRemoved):
            payments = [
                paid for paid in payments if not fact.takes(paid.visitor_id, paid.transaction_id, paid.at)
            ]
    return payments


@given(facts=_FACTS, instant=_instants)
def test_a_removal_takes_what_it_names_and_nothing_else(facts: list[Fact], instant: int) -> None:
    written = sorted((fact for fact in facts if fact.written <= instant), key=lambda fact: fact.written)

    changes = changes_at(facts, instant)

    assert list(changes.goals) == _goals(written)
    assert list(changes.payments) == sorted(_payments(written), key=lambda paid: paid.at)


def test_a_thousand_removals_from_a_full_log_cost_no_long_time() -> None:
    goals = [
        GoalReached(written=0, event_id=str(number), visitor_id=f"v{number % 50}", name=f"goal_{number % 7}")
        for number in range(9_000)
    ]
    removals = [GoalsRemoved(written=0, visitor_id=f"v{number % 50}", name="none") for number in range(1_000)]
    facts: list[Fact] = [*goals, *removals]

    # Comparing each goal with each removal would take thirty times as long.
    assert_cheap(lambda: changes_at(facts, 0), 2_000_000)
    assert len(changes_at(facts, 0).goals) == len(goals)
