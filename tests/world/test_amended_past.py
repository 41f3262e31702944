"""Reports on a world with facts equal a recount of its sessions and facts, one by one."""

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from mock_server.instants import DAY, HOUR, MINUTE, SECOND
from mock_server.world.facts import Fact, GoalReached, GoalsRemoved, PageViewed
from mock_server.world.past.kept import KeptPasts
from mock_server.world.reports.breakdown import breakdown
from mock_server.world.reports.dimensions import referrer_of
from mock_server.world.reports.filters import Filter
from mock_server.world.reports.funnels import Step, funnel
from mock_server.world.reports.goals import exit_clicks, goals
from mock_server.world.reports.overview import overview, share
from mock_server.world.reports.period import Period, buckets_of, zone_of
from mock_server.world.reports.properties import properties, values
from mock_server.world.reports.timeseries import timeseries, totals
from mock_server.world.reports.visitors import visitors
from mock_server.world.sessions import Session
from mock_server.world.site import Page
from tests.sites import SITES
from tests.world.amended_cases import (
    LONG_PASTS,
    NAMES,
    OWN,
    Case,
    amended,
    ask,
    browsed,
    cases,
    few,
    figures,
    late_cases,
    some_filters,
)
from tests.world.recount import charges_of_period, completions_in, completions_of_period, sessions_between
from tests.world.test_funnels import followed_by
from tests.world.test_reports import BEGIN, PARTITIONS, Asked, select, world


@few
@given(cases())
def test_overview_and_totals_equal_a_recount(case: Case) -> None:
    facts, chosen = ask(case)
    charges = charges_of_period(case)
    came = {session.visitor_id for session in sessions_between(case, case.asked.begin, case.asked.end)}
    paid = {one.session.visitor_id for one in charges if one.session and not one.is_refund}

    told = totals(facts, chosen)

    assert told["payments"] == sum(not one.is_refund for one in charges)
    assert told["revenue"] == facts.amount(sum(one.amount for one in charges))
    assert told["revenueBreakdown"] == {
        "new": facts.amount(sum(c.amount for c in charges if not c.is_renewal and not c.is_refund)),
        "renewal": facts.amount(sum(c.amount for c in charges if c.is_renewal)),
        "refund": facts.amount(-sum(c.amount for c in charges if c.is_refund)),
    }
    sessions = sessions_between(case, case.asked.begin, case.asked.end)
    lengths = [session.latest_view(case.asked.instant) - session.start for session in sessions]
    views = [session.views_until(case.asked.instant) for session in sessions]
    assert told["visitors"] == len(came)
    assert told["sessions"] == len(sessions)
    assert told["pageviews"] == sum(views)
    assert told["bounce_rate"] == share(views.count(1), len(views))
    assert told["avg_session_duration"] == (round(sum(lengths) / len(lengths), 2) if lengths else 0)
    assert told["conversion_rate"] == share(len(came & paid), len(came))


def _old_and_new() -> Case:
    """Returns a case in which visitors of the last month and of the last hour reach a goal, in turn."""
    one, instant = world(42, "demo"), BEGIN + 34 * DAY
    backs = (50 * MINUTE, 30 * DAY, 40 * MINUTE, 20 * DAY, 30 * MINUTE, 10 * DAY, 20 * MINUTE, 5 * DAY)
    facts = []
    for n, back in enumerate(backs):
        minutes = ((instant - back) // MINUTE - lapse for lapse in range(60))
        session = next(session for minute in minutes for session in one.sessions_started(minute))
        facts.append(
            GoalReached(
                written=instant - n * SECOND,
                event_id=f"{n:024x}",
                visitor_id=session.visitor_id,
                name="mock:goal",
                properties={},
            )
        )
    return Case(Asked(42, "demo", instant, instant - HOUR, instant + 1), tuple(reversed(facts)))


@few
@example(_old_and_new())
@given(cases())
def test_goals_equal_a_recount(case: Case) -> None:
    facts, chosen = ask(case)
    reached = completions_of_period(case)

    told = {row["goal"]: (row["completions"], row["visitors"]) for row in goals(facts, chosen)}

    counts = Counter(one.name for one in reached)
    assert told == {
        name: (count, len({one.session.visitor_id for one in reached if one.name == name}))
        for name, count in counts.items()
    }


@few
@given(cases())
def test_links_are_clicked_by_whoever_was_there_before(case: Case) -> None:
    asked = case.asked
    clicks: Counter[str] = Counter()
    visitors_of: dict[str, set[str]] = {}
    for visitor_id, links in case.changes.links.items():
        for link in links:
            is_known = visitor_id in case.changes.views
            if is_known and asked.begin <= link.written < min(asked.end, asked.instant + 1):
                clicks[link.url] += 1
                visitors_of.setdefault(link.url, set()).add(visitor_id)
    plain = {row["url"]: row for row in exit_clicks(*select(asked))}

    told = {row["url"]: row for row in exit_clicks(*ask(case))}

    assert told.keys() == plain.keys() | clicks.keys()
    for url, row in told.items():
        before = plain.get(url, {"clicks": 0, "visitors": 0})
        assert row["clicks"] == before["clicks"] + clicks[url]
        assert row["visitors"] == before["visitors"] + len(visitors_of.get(url, ()))


@few
@given(cases(), st.sampled_from(NAMES))
def test_properties_equal_a_recount(case: Case, goal: str) -> None:
    facts, chosen = ask(case)
    reached = [one for one in completions_of_period(case) if one.name == goal]

    told = {row["propertyName"]: row["completions"] for row in properties(facts, chosen, goal)}

    assert told == Counter(name for one in reached for name in one.properties)
    for name in told:
        counted = {row["value"]: row["completions"] for row in values(facts, chosen, goal, name)}
        assert counted == Counter(one.properties[name] for one in reached if name in one.properties)


@few
@given(cases(), st.sampled_from([name for name in PARTITIONS if name != "entry_page"]), some_filters)
def test_each_partition_adds_up_to_the_overview(
    case: Case, dimension: str, chosen_by: tuple[Filter, ...]
) -> None:
    facts, chosen = ask(case, chosen_by)

    rows, whole = breakdown(facts, chosen, dimension), overview(facts, chosen)

    for name in ("visitors", "payments"):
        assert sum(row[name] for row in rows) == whole[name]
    assert round(sum(row["revenue"] for row in rows), 3) == round(whole["revenue"], 3)


@few
@given(cases())
def test_a_payment_belongs_to_the_country_and_the_referrer_of_its_visit(case: Case) -> None:
    facts, chosen = ask(case)
    expected: Counter[str] = Counter()
    for one in charges_of_period(case):
        place = one.session.persona.place.country if one.session else None
        expected[place or "Unknown"] += one.amount

    told = {row["value"]: row["revenue"] for row in breakdown(facts, chosen, "country") if row["revenue"]}

    assert told == {place: facts.amount(amount) for place, amount in expected.items() if amount}


def _values(session: Session, seen: Iterable[Page], dimension: str) -> set[str]:
    """Returns the values that a session has in a dimension; `seen` are the pages viewed so far."""
    addresses = [session.address_of(page).partition("/") for page in seen]
    match dimension:
        case "country":
            return {session.persona.place.country or "Unknown"}
        case "device":
            return {session.persona.device.type or "Unknown"}
        case "referrer":
            return {referrer_of(session.source) or "Direct/None"}
        case "utm_source":
            return {value for value in [session.source.params.get("utm_source")] if value}
        case "address":
            return {f"/{path} {hostname}" for hostname, _, path in addresses}
        case _:
            return {hostname for hostname, _, _ in addresses}


@few
@given(
    cases(),
    st.sampled_from(["country", "device", "referrer", "utm_source", "address", "hostname"]),
    st.lists(browsed(st.integers(0, HOUR)), min_size=1),
)
def test_a_breakdown_counts_whoever_is_known_from_page_views(
    case: Case, dimension: str, browsed: list[Fact]
) -> None:
    asked = case.asked
    end = min(asked.end, asked.instant + 1)
    browsed = [structs.replace(one, written=end - 1 - one.written) for one in browsed]
    case = Case(asked, (*case.facts, *browsed))
    of_visitors: dict[str, list[set[str]]] = {}
    for session in sorted(sessions_between(case, asked.begin, asked.end), key=lambda one: one.start):
        seen = session.walk.pages[: session.views_until(asked.instant)]
        of_visitors.setdefault(session.visitor_id, []).append(_values(session, seen, dimension))
    expected: Counter[str] = Counter()
    for of_one in of_visitors.values():
        first = next(filter(None, of_one), set())
        expected.update(set().union(*of_one) if dimension in ("address", "hostname") else first)

    told = {row["value"]: row["visitors"] for row in breakdown(*ask(case), dimension) if row["visitors"]}

    assert told == expected


@few
@given(cases(), st.lists(st.sampled_from(NAMES), min_size=1, max_size=2))
def test_a_filter_for_goals_counts_the_sessions_and_payments_with_them(case: Case, names: list[str]) -> None:
    sessions = sessions_between(case, case.asked.begin, case.asked.end)
    charges = charges_of_period(case)
    passing = {one.session.visit for one in completions_in(case, sessions) if one.name in names}
    bought_in = [one.session for one in charges if one.session]
    of_buyers = {one.session.visit for one in completions_in(case, bought_in) if one.name in names}

    facts, chosen = ask(case, [Filter("goal", "is", tuple(names))])
    told, others = overview(facts, chosen), overview(*ask(case, [Filter("goal", "is_not", tuple(names))]))

    paid = [one for one in charges if one.session and one.session.visit in of_buyers]
    assert told["sessions"] == len(passing)
    assert others["sessions"] == len(sessions) - len(passing)
    assert told["payments"] == sum(not one.is_refund for one in paid)
    assert told["revenue"] == facts.amount(sum(one.amount for one in paid))


@pytest.mark.parametrize("is_named", [True, False], ids=["of one visitor", "of everybody"])
def test_a_filter_for_a_goal_leaves_out_the_visits_that_lost_it(is_named: bool) -> None:
    instant = BEGIN + 27 * DAY
    plain = Case(Asked(42, "demo", instant, instant - 6 * HOUR, instant + 1), ())
    sessions = sessions_between(plain, plain.asked.begin, plain.asked.end)
    reached = [one for one in completions_in(plain, sessions) if one.name == "signup"]
    who = reached[0].session.visitor_id if is_named else None
    removal = GoalsRemoved(written=instant, name="signup", visitor_id=who)

    told = overview(*ask(Case(plain.asked, (removal,)), [Filter("goal", "is", ("signup",))]))

    kept = {one.session.visit for one in reached if is_named and one.session.visitor_id != who}
    assert told["sessions"] == len(kept)
    assert len(kept) < len({one.session.visit for one in reached})


@few
@given(cases(), some_filters, st.sampled_from(["hour", "day"]))
def test_buckets_add_up_to_the_totals(case: Case, chosen_by: tuple[Filter, ...], interval: str) -> None:
    facts, chosen = ask(case, chosen_by)
    buckets = buckets_of(Period(case.asked.begin, case.asked.end, zone_of("UTC")), interval)

    rows, whole = timeseries(facts, chosen, buckets), totals(facts, chosen)

    for name in ("sessions", "payments", "pageviews"):
        assert sum(row[name] for row in rows) == whole[name]
    assert round(sum(row["revenue"] for row in rows), 3) == round(whole["revenue"], 3)
    for kind in ("new", "renewal", "refund"):
        added = sum(row["revenueBreakdown"][kind] for row in rows)
        assert round(added, 3) == round(whole["revenueBreakdown"][kind], 3)


@few
@given(cases())
def test_the_list_tells_customers_as_profiles_do(case: Case) -> None:
    facts, chosen = ask(case)
    one = amended(case)

    for flag in (True, False):
        for row in visitors(facts, chosen, 0, 50, goal=None, is_customer=flag).visitors:
            visitor_id = one.session(row.visitor, row.start).visitor_id
            latest = one.sessions_of(visitor_id, case.asked.instant)[-1]
            assert latest.is_customer(case.asked.instant) == flag


@few
@given(cases())
def test_the_list_of_a_goal_has_those_who_reached_it(case: Case) -> None:
    facts, chosen = ask(case)
    reached = completions_of_period(case)

    for goal in NAMES:
        listed = visitors(facts, chosen, 0, 1_000, goal=goal, is_customer=None)
        latest = {c.session.visitor_id: c.at for c in sorted(reached, key=lambda c: c.at) if c.name == goal}
        rows = [(amended(case).session(row.visitor, row.start), row) for row in listed.visitors]
        assert {session.visitor_id: row.last_seen_at for session, row in rows} == latest
        assert listed.total == len(latest)
        assert all(
            session.start <= row.last_seen_at for session, row in rows if session.visitor_id not in OWN
        )


@few
@given(cases(), st.data())
def test_funnels_equal_a_recount(case: Case, data: st.DataObject) -> None:
    paths = [page.path for page in SITES[case.asked.site].pages]
    of_pages = st.lists(st.sampled_from(paths), min_size=1, max_size=3).map(lambda some: Step(tuple(some)))
    of_goals = st.sampled_from(NAMES).map(lambda name: Step(goal=name))
    steps = data.draw(st.lists(of_pages | of_goals, min_size=1, max_size=4))
    events: dict[str, list[tuple[int, str, str]]] = {}
    for session in sessions_between(case, case.asked.begin, case.asked.end):
        views = zip(session.walk.views, session.walk.pages, strict=True)
        events.setdefault(session.visitor_id, []).extend(
            (at, "page", page.path) for at, page in views if at <= case.asked.instant
        )
    for one in completions_of_period(case):
        events.setdefault(one.session.visitor_id, []).append((one.at, "goal", one.name))

    facts, chosen = ask(case)
    told = funnel(facts, chosen, steps)

    last = {visitor_id: followed_by(sorted(of_one), steps) for visitor_id, of_one in events.items()}
    charges = [one for one in charges_of_period(case) if one.session]
    for n, step in enumerate(told, 1):
        assert step.visitors == sum(reached >= n for reached in last.values())
        paid = (c.amount for c in charges if c.session and last.get(c.session.visitor_id, 0) >= n)
        assert step.revenue == facts.amount(sum(paid))


@pytest.mark.parametrize("minutes", [0, 1, 90], ids="{} minutes later".format)
def test_a_goal_before_the_first_visit_counts_in_a_funnel(minutes: int) -> None:
    begin, end = BEGIN + 2 * DAY, BEGIN + 2 * DAY + HOUR + SECOND
    goal = GoalReached(written=end - SECOND, event_id="0" * 24, visitor_id=OWN[0], name="mock:goal")
    written = end + minutes * MINUTE
    seen = PageViewed(written=written, event_id="1" * 24, visitor_id=OWN[0], hostname="localhost", path="/")

    told = funnel(
        *ask(Case(Asked(42, "demo", end + 3 * HOUR, begin, end), (goal, seen))), [Step(goal=goal.name)]
    )

    assert [step.visitors for step in told] == [1]


@pytest.mark.long
@settings(max_examples=settings().max_examples // 4)  # each draws a table
@given(late_cases(), some_filters)
def test_a_table_that_begins_after_a_visit_tells_the_same(case: Case, chosen_by: tuple[Filter, ...]) -> None:
    LONG_PASTS.at(case.plain, BEGIN, case.asked.instant)

    told = figures(*ask(case, chosen_by, KeptPasts()))

    assert told == figures(*ask(case, chosen_by, LONG_PASTS))
