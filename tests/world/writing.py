"""Random facts about the visitors of a world, for tests."""

from hypothesis import strategies as st

from mock_server.instants import HOUR, SECOND
from mock_server.world.facts import Fact, GoalReached, Identified, PaymentMade
from mock_server.world.world import World

GOALS = ("signup", "mock:goal", "other_goal")
_ids = st.integers(0, 2**64 - 1).map(lambda number: f"{number:024x}")
_names = st.sampled_from(["Jane Doe", "王小明", "<b>"])


@st.composite
def facts_about(draw: st.DrawFn, world: World, instant: int, most: int = 8) -> tuple[Fact, ...]:
    """Draws facts that were written in the hour before an instant, each about a visitor who was active then.

    Transactions have different ids, and no two facts are of one second.
    """
    facts: list[Fact] = []
    seconds = draw(st.lists(st.integers(0, HOUR // SECOND), min_size=1, max_size=most, unique=True))
    for n, second in enumerate(seconds):
        written = instant - second * SECOND
        active = world.shown(written, _ids_of)
        if not active:
            continue
        visitor_id = draw(st.sampled_from(active))
        facts.append(draw(_fact_about(visitor_id, written, n)))
    return tuple(facts)


@st.composite
def _fact_about(draw: st.DrawFn, visitor_id: str, written: int, number: int) -> Fact:
    kind = draw(st.sampled_from(["goal", "payment", "identify"]))
    event_id = f"{written // SECOND & 0xFFFFFFFF:08x}{number:016x}"
    if kind == "goal":
        return GoalReached(
            written=written,
            event_id=event_id,
            visitor_id=visitor_id,
            name=draw(st.sampled_from(GOALS)),
            properties=draw(st.dictionaries(st.sampled_from(["plan", "source"]), _names, max_size=2)),
        )
    if kind == "payment":
        return PaymentMade(
            written=written,
            event_id=event_id,
            transaction_id=f"transaction {number}",
            at=written,
            amount=draw(st.sampled_from([0.5, 12.0, 4_900.0])),
            currency="USD",
            visitor_id=visitor_id,
            name=draw(st.none() | _names),
            is_renewal=draw(st.booleans()),
            is_refunded=draw(st.sampled_from([False, False, True])),
        )
    return Identified(
        written=written,
        event_id=event_id,
        profile_id=draw(_ids),
        visitor_id=visitor_id,
        user_id=draw(st.sampled_from(["u1", "u2"])),
        metadata=draw(st.dictionaries(st.sampled_from(["name", "email", "plan"]), _names, max_size=2)),
    )


def _ids_of(_world: World, session: object, _instant: int) -> tuple[int, str]:
    return 1 << 62, session.visitor_id  # type: ignore[attr-defined]
