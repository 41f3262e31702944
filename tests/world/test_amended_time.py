"""Reports on a world with facts as its clock goes on: what changes at which second, and what does not."""

from dataclasses import fields
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.instants import DAY, HOUR, MINUTE, SECOND
from mock_server.resources.worlds import Worlds
from mock_server.world.facts import Fact, GoalReached, GoalsRemoved, PageViewed, PaymentMade, PaymentsRemoved
from mock_server.world.past.kept import KeptPasts
from mock_server.world.past.table import Rows
from mock_server.world.reports.filters import Filter
from mock_server.world.reports.funnels import Step, funnel
from mock_server.world.reports.goals import goals
from mock_server.world.reports.overview import overview
from mock_server.world.reports.parts import select as select_in
from mock_server.world.sessions import Session
from tests.sites import SITES
from tests.world.amended_cases import NOBODY, OWN, PASTS, STEPS, Case, ask, cases, few, figures, some_filters
from tests.world.recount import Completion, completions_in
from tests.world.test_reports import BEGIN, Asked, select, world


@pytest.mark.long
@settings(max_examples=settings().max_examples // 5)  # each draws several tables
@given(cases(), some_filters, st.lists(st.sampled_from(STEPS), min_size=2, max_size=5))
def test_the_next_seconds_tell_what_a_new_past_tells(
    case: Case, chosen_by: tuple[Filter, ...], steps: list[int]
) -> None:
    worlds, pasts, instant = Worlds(case.asked.seed, SITES), KeptPasts(), case.asked.instant
    for step in steps:
        instant += step
        one = worlds.world_with(case.facts, case.asked.seed, case.asked.site, instant)
        drawing, past = pasts.at(one, case.asked.begin, instant)

        told = figures(*select_in(drawing, past, case.asked.begin, instant + 1, list(chosen_by)))

        now = case.asked._replace(instant=instant, end=instant + 1)
        assert told == figures(*ask(Case(now, case.facts), chosen_by, KeptPasts()))


def session_with_two_goals() -> tuple[Session, list[Completion]]:
    """Returns a session in which two different goals are reached within minutes, and these goals."""
    one = world(42, "demo")
    for minute in range((BEGIN + 27 * DAY) // MINUTE, (BEGIN + 28 * DAY) // MINUTE):
        for session in one.sessions_started(minute):
            asked = Asked(42, "demo", session.start + HOUR, session.start, session.start + HOUR)
            first, *others = [*completions_in(Case(asked, ()), [session]), None]
            second = others[0] if others else None
            if first and second and first.name != second.name and second.at - first.at > 3 * MINUTE:
                return session, [first, second]
    raise AssertionError("no session of this day has two goals")


@pytest.mark.long
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([1, 2, 3], id="the clock runs"),
        pytest.param([2, 1, 3, 2], id="the clock is set back"),
    ],
)
def test_goals_and_removals_count_from_their_second_on(steps: list[int]) -> None:
    session, (first, second) = session_with_two_goals()
    begin = session.start - 2 * HOUR
    instants = {1: first.at + 2 * SECOND, 2: second.at, 3: second.at + 3 * HOUR}
    removal = GoalsRemoved(written=first.at + SECOND, visitor_id=session.visitor_id)
    further = GoalsRemoved(written=first.at + SECOND, begin=session.start - 6 * HOUR)
    seen = PageViewed(
        written=session.start, event_id="1" * 24, visitor_id=OWN[0], hostname="localhost", path="/"
    )
    paid = PaymentMade(
        written=session.start,
        at=session.start,
        event_id="2" * 24,
        transaction_id="a",
        amount=5.0,
        currency="USD",
        visitor_id=session.visitor_id,
    )
    logs = [(seen, paid, removal), (seen, paid, further), (seen, paid)]
    filters = [Filter("goal", "is", (first.name,)), Filter("goal", "is", (second.name,))]
    filters += [Filter("goal", "is_not", (second.name,)), Filter("page", "is", ("/",))]
    worlds, pasts = Worlds(42, SITES), KeptPasts()
    for instant, log in product([instants[step] for step in steps], logs):
        one, new = worlds.world_with(log, 42, "demo", instant), KeptPasts()
        for matching, end in product(filters, [session.start, instant + 1]):
            drawing, past = pasts.at(one, begin, instant)

            asked = select_in(drawing, past, begin, end, [matching])

            expected = ask(Case(Asked(42, "demo", instant, begin, end), log), [matching], new)
            assert overview(*asked) == overview(*expected)
            assert goals(*asked) == goals(*expected)


def test_a_purchase_counts_for_a_written_goal_from_its_second_on() -> None:
    minutes = range((BEGIN + 27 * DAY) // MINUTE, (BEGIN + 28 * DAY) // MINUTE)
    sessions = (session for minute in minutes for session in world(42, "demo").sessions_started(minute))
    session, paid_at = next((one, one.walk.paid_at) for one in sessions if one.walk.paid_at)
    log = (
        GoalReached(
            written=session.start, event_id="1" * 24, visitor_id=session.visitor_id, name="other_goal"
        ),
    )
    worlds, pasts, filters = Worlds(42, SITES), KeptPasts(), [Filter("goal", "is", ("other_goal",))]
    told = []
    for instant in (paid_at - 1, paid_at, paid_at + 3 * HOUR, paid_at - 1, paid_at, paid_at + 3 * HOUR):
        drawing, past = pasts.at(worlds.world_with(log, 42, "demo", instant), session.start, instant)

        found = overview(*select_in(drawing, past, session.start, instant + 1, filters))

        told.append(found["payments"])

    assert told == [0, 1, 1, 0, 1, 1]


@few
@given(cases(), some_filters)
def test_goals_and_payments_add_no_visits(case: Case, chosen_by: tuple[Filter, ...]) -> None:
    happened = tuple(fact for fact in case.facts if not isinstance(fact, PageViewed))
    others = tuple(one for one in chosen_by if one.name != "goal")
    names = ("visitors", "sessions", "pageviews", "bounce_rate", "avg_session_duration", "new_visitors")

    told, plain = overview(*ask(Case(case.asked, happened), others)), overview(*select(case.asked, others))

    assert {name: told[name] for name in names} == {name: plain[name] for name in names}


@pytest.mark.long
@few
@given(cases())
def test_what_was_written_later_is_not_known_yet(case: Case) -> None:
    later = tuple(fact for fact in case.facts if fact.written > case.asked.instant)

    told = figures(*ask(Case(case.asked, later)))

    assert told == figures(*select(case.asked))


@pytest.mark.long
@few
@given(cases())
def test_what_was_removed_again_never_was(case: Case) -> None:
    now = case.asked.instant
    made = tuple(
        fact
        for fact in case.facts
        if fact.written <= now and isinstance(fact, GoalReached | PaymentMade) and fact.visitor_id != NOBODY
    )
    names = [fact.name for fact in made if isinstance(fact, GoalReached)]
    fresh = tuple(f for f in made if isinstance(f, PaymentMade) or f.name not in ("signup", "checkout"))
    removals: list[Fact] = [
        GoalsRemoved(written=now, name=name) for name in names if name not in ("signup", "checkout")
    ]
    removals += [PaymentsRemoved(written=now, transaction_id=letter) for letter in "abcdef"]

    told = figures(*ask(Case(case.asked, (*fresh, *removals))))

    assert told == figures(*select(case.asked))


@few
@given(cases(), some_filters)
def test_the_columns_that_others_read_stay_as_they_are(case: Case, chosen_by: tuple[Filter, ...]) -> None:
    before = columns_of(case)

    facts, chosen = ask(case, chosen_by)
    figures(facts, chosen)
    funnel(facts, chosen, [Step(goal="signup")])

    assert columns_of(case) == before


def columns_of(case: Case) -> list[bytes]:
    """Returns the bytes of all columns of the past without facts."""
    past = PASTS.at(case.plain, case.asked.begin, case.asked.instant)[1]
    assert isinstance(past.buyers, Rows)
    records = (past.rows, past.goals, past.buyers, past.payments)
    return [getattr(record, field.name).tobytes() for record in records for field in fields(record)]
