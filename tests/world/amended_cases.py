"""Worlds with facts, drawn at random, and the reports on them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st

from mock_server.instants import DAY, HOUR, MINUTE, SECOND
from mock_server.world.amended import AmendedWorld
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
from mock_server.world.reports.breakdown import breakdown
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.filters import Filter
from mock_server.world.reports.funnels import Step, funnel
from mock_server.world.reports.goals import goals
from mock_server.world.reports.parts import select as select_in
from mock_server.world.reports.properties import properties
from mock_server.world.reports.selection import Selection
from mock_server.world.reports.timeseries import totals
from mock_server.world.reports.visitors import visitors
from mock_server.world.visits import BOT
from mock_server.world.world import World
from tests.sites import SITES
from tests.world.test_reports import BEGIN, Asked, filters, world

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
    facts = draw(st.lists(drawn_fact([*who, *OWN], written, own), min_size=1, max_size=12))
    facts += draw(st.lists(browsed(written), max_size=8))
    return Case(asked, tuple(fact for fact in facts if not _is_early(fact, world(asked.seed, asked.site))))


def _is_early(fact: Fact, one: World) -> bool:
    """Returns whether a fact is about a visitor who comes later, and whose id nobody can know yet."""
    visitor_id = getattr(fact, "visitor_id", None)
    visitor = one.population.visitor_of(visitor_id) if visitor_id else None
    if visitor is None or visitor.kind == BOT:
        return False
    return not one.population.visits_of(visitor, fact.written)


@st.composite
def browsed(draw: st.DrawFn, written: st.SearchStrategy[int]) -> Fact:
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
def drawn_fact(
    draw: st.DrawFn, who: list[str | None], written: st.SearchStrategy[int], own: list[str]
) -> Fact:
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
        facts.append(draw(drawn_fact([session.visitor_id], written, [])))
    return Case(asked, tuple(facts))


def amended(case: Case) -> World:
    changes = case.changes
    return AmendedWorld(case.plain, changes) if changes else case.plain


def ask(case: Case, chosen: Iterable[Filter] = (), pasts: KeptPasts = PASTS) -> tuple[Facts, Selection]:
    asked = case.asked
    drawing, past = pasts.at(amended(case), asked.begin, asked.instant)
    return select_in(drawing, past, asked.begin, asked.end, list(chosen))


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
