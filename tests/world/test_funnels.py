"""Funnels count the visitors whose sessions reach one step after another, and agree with other reports."""

from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.instants import DAY, HOUR, MINUTE
from mock_server.world.past.kept import KeptPasts
from mock_server.world.past.table import SETTLING_MINUTES
from mock_server.world.reports.breakdown import breakdown
from mock_server.world.reports.filters import Filter
from mock_server.world.reports.funnels import Step, funnel
from mock_server.world.reports.goals import goals
from mock_server.world.reports.overview import overview
from mock_server.world.sessions import Session
from mock_server.world.walk import CUSTOM
from tests.sites import SITES
from tests.world.test_reports import (
    BEGIN,
    Asked,
    filters,
    instants,
    questions,
    seeds,
    select,
    sessions_of,
    short_questions,
)

Event = tuple[int, str, str]
"""An instant, `page` or `goal`, and the path or the name."""


def _steps_of(site: str) -> st.SearchStrategy[Step]:
    """Returns steps of one or more pages, or of a goal if the site has any."""
    paths, names = [page.path for page in SITES[site].pages], SITES[site].goal_names()
    some = st.lists(st.sampled_from(paths), min_size=1, max_size=4, unique=True)
    pages = some.map(lambda chosen: Step(paths=tuple(chosen)))
    return pages | st.sampled_from(names).map(lambda name: Step(goal=name)) if names else pages


def _funnel_of(asked: Asked, least: int = 2) -> st.SearchStrategy[tuple[Asked, list[Step]]]:
    return st.lists(_steps_of(asked.site), min_size=least, max_size=8).map(lambda steps: (asked, steps))


asked_funnels = questions().flatmap(_funnel_of)


def _events_of(session: Session, asked: Asked) -> Iterator[Event]:
    """Yields the events of a session that the period's reports count."""
    if session.start >= asked.begin:
        views = zip(session.walk.views, session.walk.pages, strict=True)
        yield from ((at, "page", page.path) for at, page in views if at <= asked.instant)
    for moment in session.walk.moments:
        if moment.kind == CUSTOM and moment.goal and asked.begin <= moment.at < asked.end:
            yield from [(moment.at, "goal", moment.goal.name)] if moment.at <= asked.instant else []


def _followed(asked: Asked, steps: list[Step]) -> list[int]:
    """Returns the number of visitors who reach each step, found session by session."""
    events: dict[str, list[Event]] = {}
    for session in sessions_of(asked._replace(begin=asked.begin - SETTLING_MINUTES * MINUTE)):
        events.setdefault(session.visitor_id, []).extend(_events_of(session, asked))
    reached = [followed_by(sorted(of_one), steps) for of_one in events.values()]
    return [sum(last >= step for last in reached) for step in range(1, len(steps) + 1)]


def followed_by(events: list[Event], steps: list[Step]) -> int:
    """Returns the last step that a visitor reached by some events, which are sorted."""
    reached, since = 0, -1
    for at, kind, name in events:
        if reached < len(steps) and at > since:
            step = steps[reached]
            if name == step.goal if kind == "goal" else name in step.paths:
                reached, since = reached + 1, at
    return reached


@pytest.mark.long
@given(short_questions.flatmap(_funnel_of))
def test_steps_are_reached_in_the_order_of_the_sessions(asked_funnel: tuple[Asked, list[Step]]) -> None:
    asked, steps = asked_funnel
    facts, chosen = select(asked)

    assert [step.visitors for step in funnel(facts, chosen, steps)] == _followed(asked, steps)


@pytest.mark.long
@settings(max_examples=4)  # each goes through the sessions of a day
@given(instants)
def test_steps_may_be_reached_in_several_sessions(instant: int) -> None:
    # A third of the visitors of edge_cases come back after a day.
    now = max(instant, BEGIN + 2 * DAY)
    asked = Asked(42, "edge_cases", now, now - 26 * HOUR, now + 1)
    [first, *others] = [page.path for page in SITES["edge_cases"].pages]
    steps = [Step((first,)), Step(tuple(others)), Step((first,)), Step((first, *others))]
    facts, chosen = select(asked)

    assert [step.visitors for step in funnel(facts, chosen, steps)] == _followed(asked, steps)


@given(asked_funnels, filters)
def test_neither_a_step_nor_a_filter_raises_a_number(
    asked_funnel: tuple[Asked, list[Step]], chosen_by: tuple[Filter, ...]
) -> None:
    asked, steps = asked_funnel

    narrowed, whole = funnel(*select(asked, chosen_by), steps), funnel(*select(asked), steps)

    for reached in (narrowed, whole):
        assert [step.visitors for step in reached] == sorted((s.visitors for s in reached), reverse=True)
        assert [step.revenue for step in reached] == sorted((s.revenue for s in reached), reverse=True)
    assert all(less.visitors <= more.visitors for less, more in zip(narrowed, whole, strict=True))
    assert all(less.revenue <= more.revenue for less, more in zip(narrowed, whole, strict=True))
    assert whole[0].revenue <= overview(*select(asked))["revenue"]


@given(questions().flatmap(partial(_funnel_of, least=1)), filters)
def test_the_first_step_has_the_visitors_of_its_pages_or_its_goal(
    asked_funnel: tuple[Asked, list[Step]], chosen_by: tuple[Filter, ...]
) -> None:
    asked, [first, *others] = asked_funnel
    facts, chosen = select(asked, chosen_by)
    any_page = Step(tuple(page.path for page in SITES[asked.site].pages))
    one_page = Step(first.paths[:1], first.goal)

    visitors = {row["value"]: row["visitors"] for row in breakdown(facts, chosen, "page")}
    visitors |= {row["goal"]: row["visitors"] for row in goals(facts, chosen)}
    name = first.goal or first.paths[0]
    assert funnel(facts, chosen, [one_page, *others])[0].visitors == visitors.get(name, 0)
    assert funnel(facts, chosen, [any_page, *others])[0].visitors == overview(facts, chosen)["visitors"]


@pytest.mark.long
@settings(max_examples=4)  # each makes 24 reports
@given(seeds, st.sampled_from(["demo", "shop"]))
def test_goals_of_visits_that_reach_beyond_the_period_do_not_count(seed: int, site: str) -> None:
    begin, names = BEGIN + 30 * DAY, SITES[site].goal_names()[:2]
    for hour in range(24):
        asked = Asked(seed, site, begin + 2 * DAY, begin + hour * HOUR, begin + (hour + 1) * HOUR)
        facts, chosen = select(asked)
        visitors = {row["goal"]: row["visitors"] for row in goals(facts, chosen)}

        for name in names:
            assert funnel(facts, chosen, [Step(goal=name)])[0].visitors == visitors.get(name, 0)


@pytest.mark.long
@given(asked_funnels, filters, st.integers(SETTLING_MINUTES * MINUTE, 40 * DAY))
def test_a_funnel_of_what_is_over_is_the_same_later(
    asked_funnel: tuple[Asked, list[Step]], chosen_by: tuple[Filter, ...], lapse: int
) -> None:
    asked, steps = asked_funnel
    now = asked._replace(instant=asked.end + SETTLING_MINUTES * MINUTE)
    later = now._replace(instant=now.instant + lapse)

    assert funnel(*select(now, chosen_by), steps) == funnel(*select(later, chosen_by), steps)


@pytest.mark.long
@settings(max_examples=settings().max_examples // 4)  # each draws the past several times
@given(asked_funnels, filters, st.lists(st.integers(-2 * DAY, 2 * DAY), min_size=1, max_size=3))
def test_what_was_asked_before_changes_no_funnel(
    asked_funnel: tuple[Asked, list[Step]], chosen_by: tuple[Filter, ...], others: list[int]
) -> None:
    asked, steps = asked_funnel
    used = KeptPasts()
    for lapse in others:
        other = asked._replace(instant=asked.instant + lapse, begin=asked.begin + lapse)
        funnel(*select(other, chosen_by, used), steps)

    fresh = funnel(*select(asked, chosen_by, KeptPasts()), steps)
    assert funnel(*select(asked, chosen_by, used), steps) == fresh
