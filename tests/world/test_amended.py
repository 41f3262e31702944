"""The world with facts: the same invariants hold, and only the visitors of the facts change."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.contract.document import REVISIONS
from mock_server.instants import HOUR, MINUTE, SECOND
from mock_server.world.facts import Fact, GoalReached, GoalsRemoved, PaymentMade, PaymentsRemoved
from mock_server.world.world import World
from tests.invariants import check_picture, take_picture
from tests.world.test_world import asking, instants, seeds, world
from tests.world.writing import facts_about
from tests.world.written_facts import Json, amended, map_of, profile_of

sites = st.sampled_from(["demo", "edge_cases", "quiet", "shop"])


@given(st.data(), seeds, sites, instants, st.sampled_from(REVISIONS))
@settings(max_examples=settings().max_examples // 2)
def test_all_answers_agree_with_facts(
    data: st.DataObject, seed: int, site: str, instant: int, revision: str
) -> None:
    plain = world(seed, site)
    instant = instant // SECOND * SECOND
    facts = data.draw(facts_about(plain, instant))

    check_picture(take_picture(asking(amended(plain, facts, instant), instant, revision), instant, 8))


@given(st.data(), seeds, sites, instants)
@settings(max_examples=settings().max_examples // 2)
def test_what_was_written_and_removed_leaves_no_trace(
    data: st.DataObject, seed: int, site: str, instant: int
) -> None:
    plain = world(seed, site)
    instant = instant // SECOND * SECOND
    facts = tuple(
        fact
        for fact in data.draw(facts_about(plain, instant))
        if isinstance(fact, PaymentMade) or (isinstance(fact, GoalReached) and fact.name != "signup")
    )
    removals: list[Fact] = [
        PaymentsRemoved(written=instant, transaction_id=fact.transaction_id)
        if isinstance(fact, PaymentMade)
        else GoalsRemoved(written=instant, name=fact.name)
        for fact in facts
        if isinstance(fact, PaymentMade | GoalReached)
    ]

    again = amended(plain, (*facts, *removals), instant)

    assert map_of(again, instant) == map_of(plain, instant)
    for fact in facts:
        assert fact.visitor_id is not None
        found = profile_of(again, fact.visitor_id, instant)
        assert found == profile_of(plain, fact.visitor_id, instant)


@given(st.data(), seeds, sites, instants)
@settings(max_examples=settings().max_examples // 2)
def test_facts_change_only_the_visitors_whom_they_are_about(
    data: st.DataObject, seed: int, site: str, instant: int
) -> None:
    plain = world(seed, site)
    instant = instant // SECOND * SECOND
    facts = data.draw(facts_about(plain, instant))
    about = {getattr(fact, "visitor_id", None) for fact in facts}

    before, after = map_of(plain, instant), map_of(amended(plain, facts, instant), instant)

    def others(rows: list[Json]) -> list[Json]:
        return [row for row in rows if row["visitorId"] not in about]

    assert others(after["visitors"]) == others(before["visitors"])
    kept = len(others(after["recentEvents"]))
    assert others(after["recentEvents"]) == others(before["recentEvents"])[:kept]


@given(st.data(), seeds, sites, instants, st.integers(0, HOUR // MINUTE))
@settings(max_examples=settings().max_examples // 2)
def test_a_fact_is_unknown_before_it_is_written(
    data: st.DataObject, seed: int, site: str, instant: int, minutes: int
) -> None:
    plain = world(seed, site)
    instant = instant // SECOND * SECOND
    facts = data.draw(facts_about(plain, instant))
    earlier = instant - minutes * MINUTE
    known = tuple(fact for fact in facts if fact.written <= earlier)

    assert map_of(amended(plain, facts, earlier), earlier) == map_of(amended(plain, known, earlier), earlier)


@given(st.data(), seeds, sites, instants, st.lists(st.integers(0, 300), max_size=6))
@settings(max_examples=settings().max_examples // 2)
def test_a_world_that_went_on_is_the_same_as_a_new_one(
    data: st.DataObject, seed: int, site: str, instant: int, steps: list[int]
) -> None:
    plain = world(seed, site)
    instant = instant // SECOND * SECOND
    facts = data.draw(facts_about(plain, instant))
    one = amended(plain, facts, instant)
    for step in steps:
        instant += step * SECOND
        assert map_of(one, instant) == map_of(amended(World(seed, plain.site), facts, instant), instant)
