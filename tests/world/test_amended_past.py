"""Reports on a world with facts equal a recount of its sessions and facts, one by one."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from mock_server.instants import DAY, HOUR, MINUTE, SECOND
from mock_server.resources.worlds import Worlds
from mock_server.world.amended import AmendedWorld
from mock_server.world.currencies import convert
from mock_server.world.facts import (
    Changes,
    Client,
    Fact,
    GoalReached,
    GoalsRemoved,
    LinkFollowed,
    PageViewed,
    PaymentMade,
    PaymentsRemoved,
    changes_at,
)
from mock_server.world.past.kept import KeptPasts
from mock_server.world.past.table import SETTLING_MINUTES, Rows
from mock_server.world.reports.breakdown import breakdown
from mock_server.world.reports.dimensions import referrer_of
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.filters import Filter
from mock_server.world.reports.funnels import Step, funnel
from mock_server.world.reports.goals import exit_clicks, goals
from mock_server.world.reports.overview import overview, share
from mock_server.world.reports.parts import select as select_in
from mock_server.world.reports.period import Period, buckets_of, zone_of
from mock_server.world.reports.properties import properties, values
from mock_server.world.reports.selection import Selection
from mock_server.world.reports.timeseries import timeseries, totals
from mock_server.world.reports.visitors import visitors
from mock_server.world.sessions import Session
from mock_server.world.site import Page
from mock_server.world.visits import BOT
from mock_server.world.walk import CUSTOM
from mock_server.world.world import World
from tests.sites import SITES
from tests.world.test_funnels import followed_by
from tests.world.test_reports import BEGIN, PARTITIONS, Asked, filters, select, world

NAMES = ("signup", "mock:goal", "other_goal", "checkout")
NOBODY = "00000000-0000-4000-8000-000000000000"
OWN = ("aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002")
LINKS = ("https://example.org/", "https://example.net/a?b=1")
CURRENCIES = ("USD", "EUR", "JPY", "KWD")
PASTS, LONG_PASTS = KeptPasts(), KeptPasts()
# The steps of a clock in ms: it stands still, runs, is set forward, and is set back.
STEPS = (0, SECOND, SECOND, 20 * SECOND, 16 * MINUTE, -SECOND, -20 * MINUTE)
# Each example goes through the sessions of hours.
few = settings(max_examples=settings().max_examples // 3)
seeds = st.sampled_from([42, 2**40])
sites = st.sampled_from(["demo", "edge_cases", "no_revenue", "quiet", "shop"])
some_filters = filters | st.sampled_from(
    [
        (Filter("goal", "is", ("mock:goal",)),),
        (Filter("goal", "is", ("SIGNUP", "other_goal")),),
        (Filter("goal", "is_not", ("mock:goal", "signup")),),
    ]
)


class Case(NamedTuple):
    """A world, an instant and a period to report on, and the facts that were written about the world."""

    asked: Asked
    facts: tuple[Fact, ...]

    @property
    def plain(self) -> World:
        """The world without facts."""
        return world(self.asked.seed, self.asked.site)

    @property
    def changes(self) -> Changes:
        """The changes that the facts cause at the instant of the question."""
        return changes_at(self.facts, self.asked.instant)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draws a period of up to two hours, and facts that are written before, during and after it."""
    day = draw(st.sampled_from([2, 27, 238, 341]))
    instant = BEGIN + day * DAY + draw(st.integers(0, DAY))
    end = instant + 1 - draw(st.sampled_from([0, 0, HOUR, DAY]))
    asked = Asked(draw(seeds), draw(sites), instant, end - draw(st.integers(1, 2 * HOUR)), end)
    who = draw(st.lists(_visitors(asked), min_size=1, max_size=4))
    one = world(asked.seed, asked.site)
    own = [one.payment_id(payment) for payment in one.payments(min(asked.end, instant))][:2]
    written = st.one_of(
        st.integers(asked.begin - HOUR, asked.end + HOUR),
        st.integers(max(BEGIN, asked.begin - 40 * DAY), instant + HOUR),
    )
    facts = draw(st.lists(_facts([*who, *OWN], written, own), min_size=1, max_size=12))
    facts += draw(st.lists(_browsed(written), max_size=8))
    return Case(asked, tuple(fact for fact in facts if not _is_early(fact, world(asked.seed, asked.site))))


def _is_early(fact: Fact, one: World) -> bool:
    """Returns whether a fact is about a visitor who comes later, and whose id nobody can know yet."""
    visitor_id = getattr(fact, "visitor_id", None)
    visitor = one.population.visitor_of(visitor_id) if visitor_id else None
    if visitor is None or visitor.kind == BOT:
        return False
    return not one.population.visits_of(visitor, fact.written)


@st.composite
def _browsed(draw: st.DrawFn, written: st.SearchStrategy[int]) -> Fact:
    """Draws page views and followed links that browsers sent, of visitors who are not the world's own."""
    visitor_id, at = draw(st.sampled_from(OWN)), draw(written)
    event_id = f"{draw(st.integers(0, 2**64)):024x}"
    if draw(st.integers(0, 3)) == 0:
        url = draw(st.sampled_from(LINKS))
        return LinkFollowed(written=at, event_id=event_id, visitor_id=visitor_id, url=url, text="out")
    return PageViewed(
        written=at,
        event_id=event_id,
        visitor_id=visitor_id,
        hostname=draw(st.sampled_from(["localhost", "codefa.st"])),
        path=draw(st.sampled_from(["/", "/pricing", "/é b"])),
        referrer=draw(st.sampled_from([None, "https://www.google.com/", "https://blog.example.org/post"])),
        params=draw(st.sampled_from([{}, {"utm_source": "news", "ref": "x"}])),
        client=draw(
            st.sampled_from([Client(), Client(country_code="FR", device="mobile", browser="Firefox")])
        ),
    )


@st.composite
def _visitors(draw: st.DrawFn, asked: Asked) -> str | None:
    """Draws a visitor of the period, of the days before, or of long ago; or nobody."""
    one = world(asked.seed, asked.site)
    back = draw(st.sampled_from([0, 0, 0, HOUR, DAY, 30 * DAY]))
    minute = max(BEGIN, draw(st.integers(asked.begin, asked.end)) - back) // MINUTE
    found = [session for n in range(40) for session in one.sessions_started(minute - n)]
    if draw(st.integers(0, 9)) == 0 or not found:
        return draw(st.sampled_from([None, NOBODY, *SITES[asked.site].bots[:1]]))
    return draw(st.sampled_from(found)).visitor_id


@st.composite
def _facts(draw: st.DrawFn, who: list[str | None], written: st.SearchStrategy[int], own: list[str]) -> Fact:
    """Draws facts. `own` are the ids of the world's own payments."""
    visitor_id, at = draw(st.sampled_from(who)), draw(written)
    kind = draw(st.sampled_from(["goal", "goal", "goal", "payment", "payment", "goals", "payments"]))
    event_id = f"{draw(st.integers(0, 2**64)):024x}"
    if kind == "goal" and visitor_id is not None:
        held = draw(st.dictionaries(st.sampled_from(["plan", "é"]), st.sampled_from("ab"), max_size=2))
        name = draw(st.sampled_from(NAMES))
        return GoalReached(written=at, event_id=event_id, visitor_id=visitor_id, name=name, properties=held)
    if kind == "payment":
        return PaymentMade(
            written=at,
            event_id=event_id,
            transaction_id=draw(st.sampled_from("abcdef")),
            at=at - draw(st.sampled_from([0, 0, HOUR, DAY])),
            amount=draw(st.sampled_from([0.5, 19.99, 4_900.0])),
            currency=draw(st.sampled_from(CURRENCIES)),
            visitor_id=visitor_id,
            is_renewal=draw(st.booleans()),
            is_refunded=draw(st.sampled_from([False, False, True])),
            is_free_trial=draw(st.sampled_from([False, False, False, True])),
        )
    whose = draw(st.sampled_from([None, visitor_id]))
    span = draw(st.sampled_from([(None, None), (at - HOUR, at), (at - DAY, at - HOUR)]))
    if kind == "payments":
        transaction = draw(st.sampled_from([None, "a", "b", *own]))
        return PaymentsRemoved(
            written=at, visitor_id=whose, transaction_id=transaction, begin=span[0], end=span[1]
        )
    goal = draw(st.sampled_from([None, *NAMES]))
    return GoalsRemoved(written=at, visitor_id=whose, name=goal, begin=span[0], end=span[1])


def amended(case: Case) -> World:
    changes = case.changes
    return AmendedWorld(case.plain, changes) if changes else case.plain


def ask(case: Case, chosen: Iterable[Filter] = (), pasts: KeptPasts = PASTS) -> tuple[Facts, Selection]:
    asked = case.asked
    drawing, past = pasts.at(amended(case), asked.begin, asked.instant)
    return select_in(drawing, past, asked.begin, asked.end, list(chosen))


# -- the recount ---------------------------------------------------------------------------------------


class Completion(NamedTuple):
    """A custom goal that a visitor reached, in one of their sessions."""

    session: Session
    at: int
    name: str
    properties: dict[str, str]


class Charge(NamedTuple):
    """A payment, or a refund with a negative `amount`, in minor units.

    `session` is None if the payment belongs to no visitor.
    """

    session: Session | None
    at: int
    amount: int
    is_renewal: bool
    is_refund: bool


def sessions_between(case: Case, begin: int, end: int) -> list[Session]:
    minutes = range(begin // MINUTE, end // MINUTE + 1)
    started = [session for minute in minutes for session in case.plain.sessions_started(minute)]
    started += own_sessions(case)
    return [session for session in started if begin <= session.start < min(end, case.asked.instant + 1)]


def own_sessions(case: Case) -> list[Session]:
    """Returns the sessions of the visitors who are known from page views."""
    one = amended(case)
    return [session for visitor_id in OWN for session in one.sessions_of(visitor_id, case.asked.instant)]


def session_of(case: Case, visitor_id: str | None, at: int, written: int) -> Session | None:
    if visitor_id in OWN:
        own = [session for session in own_sessions(case) if session.visitor_id == visitor_id]
        return max((s for s in own if s.start <= at), key=lambda s: s.start, default=own[0] if own else None)
    visitor = visitor_id and case.plain.population.visitor_of(visitor_id)
    visits = case.plain.population.visits_of(visitor, written) if visitor else []
    begun = [visit for visit in visits if visit.start <= at] or visits[:1]
    return case.plain.sessions.of(begun[-1]) if begun else None


def completions_in(case: Case, sessions: Iterable[Session]) -> Iterator[Completion]:
    """Yields the goals of some sessions up to the instant of the question."""
    changes = case.changes
    sessions = list(sessions)
    for session in sessions:
        for moment in session.walk.moments:
            if moment.kind == CUSTOM and moment.goal and moment.at <= case.asked.instant:
                name = moment.goal.name
                if not any(r.takes(session.visitor_id, name, moment.at) for r in changes.goals_removed):
                    yield Completion(session, moment.at, name, session.properties_of(moment))
    starts = {session.visit for session in sessions}
    for goal in changes.goals:
        found = session_of(case, goal.visitor_id, goal.written, goal.written)
        if found and found.visit in starts:
            yield Completion(found, goal.written, goal.name, dict(goal.properties))


def completions_of_period(case: Case) -> list[Completion]:
    asked = case.asked
    near = sessions_between(case, asked.begin - SETTLING_MINUTES * MINUTE, asked.end)
    others = {
        found.visit: found
        for goal in case.changes.goals
        if (found := session_of(case, goal.visitor_id, goal.written, goal.written))
    }
    every = {session.visit: session for session in near} | others
    return [one for one in completions_in(case, every.values()) if asked.begin <= one.at < asked.end]


def charges_of_period(case: Case) -> list[Charge]:
    asked, changes, ledger = case.asked, case.changes, case.plain.ledger
    found = []
    if ledger:
        money = SITES[asked.site].money
        assert money is not None
        near = sessions_between(case, asked.begin - SETTLING_MINUTES * MINUTE, asked.end)
        purchases = [payment for session in near if (payment := ledger.purchase(session))]
        minutes = range(asked.begin // MINUTE, asked.end // MINUTE + 1)
        renewals = [payment for minute in minutes for payment in ledger.renewals_in(minute)]
        for payment in (*purchases, *renewals):
            assert payment.session is not None
            row, who = case.plain.payment_id(payment), payment.session.visitor_id
            if not any(r.takes(who, r.transaction_id and row, payment.at) for r in changes.payments_removed):
                amount = round(payment.amount * 10**money.decimals)
                found.append(Charge(payment.session, payment.at, amount, payment.is_renewal, is_refund=False))
    for fact in changes.payments:
        if not fact.is_free_trial:
            session = session_of(case, fact.visitor_id, fact.at, fact.written)
            amount = minor(case, fact)
            is_renewal = fact.is_renewal and not fact.is_refunded
            signed = -amount if fact.is_refunded else amount
            found.append(Charge(session, fact.at, signed, is_renewal, fact.is_refunded))
    return [one for one in found if asked.begin <= one.at < min(asked.end, asked.instant + 1)]


def minor(case: Case, fact: PaymentMade) -> int:
    money = SITES[case.asked.site].money
    amount = convert(fact.amount, fact.currency, money)
    in_minor: int = round(amount * 10 ** (money.decimals if money else 2))
    return in_minor


# -- reports -------------------------------------------------------------------------------------------


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


@few
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
    st.lists(_browsed(st.integers(0, HOUR)), min_size=1),
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


@st.composite
def late_cases(draw: st.DrawFn) -> Case:
    """Draws questions that include visits of the month before, because of their goals or payments."""
    site, instant = draw(st.sampled_from(["demo", "shop"])), BEGIN + 34 * DAY
    asked = Asked(42, site, instant, instant + 1 - draw(st.integers(1, HOUR)), instant + 1)
    one, who = world(42, site), []
    for back in draw(st.lists(st.integers(2 * HOUR, 33 * DAY), min_size=1, max_size=4)):
        minute = (instant - back) // MINUTE
        sessions = [session for n in range(30) for session in one.sessions_started(minute - n)]
        buyers = [session for session in sessions if session.walk.paid_at]
        who.append(draw(st.sampled_from(buyers or sessions)))
    facts = []
    for session in draw(st.lists(st.sampled_from(who), min_size=1, max_size=6)):
        written = st.integers(asked.begin, instant) | st.integers(session.start, session.start + HOUR)
        facts.append(draw(_facts([session.visitor_id], written, [])))
    return Case(asked, tuple(facts))


@pytest.mark.long
@settings(max_examples=settings().max_examples // 4)  # each draws a table
@given(late_cases(), some_filters)
def test_a_table_that_begins_after_a_visit_tells_the_same(case: Case, chosen_by: tuple[Filter, ...]) -> None:
    LONG_PASTS.at(case.plain, BEGIN, case.asked.instant)

    told = figures(*ask(case, chosen_by, KeptPasts()))

    assert told == figures(*ask(case, chosen_by, LONG_PASTS))


# -- what does not change ------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([1, 2, 3], id="the clock runs"),
        pytest.param([2, 1, 3, 2], id="the clock is set back", marks=pytest.mark.long),
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


def figures(facts: Facts, chosen: Selection) -> list[Any]:
    """Returns the figures of reports, without the currency."""
    return [
        {**totals(facts, chosen), "currency": None},
        goals(facts, chosen),
        properties(facts, chosen, "signup"),
        breakdown(facts, chosen, "country"),
        visitors(facts, chosen, 0, 50, goal="signup", is_customer=None),
        visitors(facts, chosen, 0, 50, goal=None, is_customer=True),
        funnel(facts, chosen, [Step(paths=("/",)), Step(goal="signup")]),
    ]
