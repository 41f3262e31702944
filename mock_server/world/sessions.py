"""The sessions: walks over the site's pages, with goals on the way."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from math import ceil
from struct import Struct
from typing import Any, NamedTuple

from mock_server.instants import MINUTE
from mock_server.world.chance import UNIT_16, WALK, Chance, Choice, nth, words
from mock_server.world.persona import Persona, Personas
from mock_server.world.population import Population
from mock_server.world.properties import Properties
from mock_server.world.site import Funnel, Goal, Page, Site, Source
from mock_server.world.visits import CAST, NOTHING, PURCHASE, REGULAR, SIGNUP, Past, Visit
from mock_server.world.walk import (
    CUSTOM,
    EXTERNAL_LINK,
    IDENTIFY,
    LINGER,
    NEVER,
    PAYMENT,
    VIEW,
    Moment,
    Walk,
    goal_delay,
    view_instants,
)

MOST_VIEWS = 40
FIRST_PROPERTY_WORD = MOST_VIEWS + 1
"""The number of the random word that selects the properties of goals on a visit's first page view."""

# The first word of a visit holds the coins of its source, its entry and its number of views. Each page view
# has its own word, with coins for the length of the stay, the link, the goal and the goal's time. After the
# words of all possible page views, each page view has another word for the goal's properties.
_COINS = Struct("<4H8x")
CAST_DWELL = 4.5 * MINUTE
"""The mean time in ms between page views of the cast on duty, which must never look inactive."""
LONGEST_DWELL = 29 * MINUTE
"""The length of the longest visit that may have only two page views, in ms.

With three page views, a gap is at most 65 % of 44 minutes, and so shorter than the 30 minutes that end a
visit.
"""


class Identity(NamedTuple):
    """The identity of an identified visitor."""

    display_name: str
    user_id: str


class Customer(NamedTuple):
    """The name and the e-mail address of a visitor who has paid."""

    name: str
    email: str


class Session:
    """One visit of one visitor. Persona and pages are computed on first use."""

    def __init__(self, sessions: "Sessions", visit: Visit) -> None:
        """`kept` is a cache in which higher layers store values that they made from this session."""
        self._sessions = sessions
        self.visit = visit
        self.start = visit.start
        self.last_view = visit.start + visit.duration
        self.kept: dict[Any, Any] = {}

    @cached_property
    def _state(self) -> int:
        return self._sessions.state(self.visit)

    @cached_property
    def _first_word(self) -> int:
        return nth(self._state, 0)

    @cached_property
    def visitor_id(self) -> str:
        """The visitor's UUID."""
        return self._sessions.population.id_of(self.visit.visitor)

    @cached_property
    def persona(self) -> Persona:
        """The persona of the visitor."""
        return self._sessions.personas.of(self.visit.visitor)

    @cached_property
    def past(self) -> Past:
        """The visitor's earlier visits and payments."""
        return self._sessions.population.past_of(self.visit)

    @cached_property
    def walk(self) -> Walk:
        """The whole course of this session, including its future."""
        return self._sessions.walk(self.visit, self.past, self._state, self._first_word)

    @cached_property
    def source(self) -> Source:
        """The source of this session."""
        return self._sessions.source(self.visit, self._first_word)

    @cached_property
    def first_source(self) -> Source:
        """The source of the visitor's first session."""
        return self._sessions.first_source(self.visit) if self.visit.wave else self.source

    def views_until(self, instant: int) -> int:
        """Returns the number of page views up to an instant."""
        return bisect_right(self.walk.views, instant)

    def has_view(self, after: int, until: int) -> bool:
        """Returns whether a page is viewed in (after, until]."""
        if self.start > until or self.last_view <= after:
            return False
        if self.start > after or self.last_view <= until:
            return True
        return self.views_until(until) > self.views_until(after)

    def happenings(self, after: int, until: int) -> list[Moment]:
        """Returns all events in (after, until], including page views."""
        if self.start > until or self.last_view + LINGER <= after:
            return []
        views, pages, moments = self.walk[:3]
        return [
            *(
                Moment(views[n], VIEW, pages[n], None, n)
                for n in range(bisect_right(views, after), bisect_right(views, until))
            ),
            *(moment for moment in moments if after < moment.at <= until),
        ]

    def address_of(self, page: Page) -> str:
        """Returns the hostname and the path of a page of this session."""
        return self._sessions.site.hostname_of(page.path) + page.path

    def properties_of(self, moment: Moment) -> dict[str, str]:
        """Returns the properties with which a goal is completed at a moment of this session, by name."""
        if moment.goal is None or moment.kind != CUSTOM:
            return {}
        return self._sessions.properties.of(
            moment.goal.name, nth(self._state, FIRST_PROPERTY_WORD + moment.view) & 0xFFFFFFFF
        )

    def latest_view(self, instant: int) -> int:
        """Returns the instant of the latest page view up to an instant."""
        if self.last_view <= instant:
            return self.last_view
        return self.walk.views[self.views_until(instant) - 1]

    def next_view(self, instant: int) -> int:
        """Returns the instant of the first page view after an instant; NEVER if there is none."""
        if self.start > instant:
            return self.start
        return NEVER if self.last_view <= instant else self.walk.views[self.views_until(instant)]

    def steady_until(self, instant: int) -> int:
        """Returns the instant until which page, customer and identification do not change, or NEVER."""
        walk = self.walk
        changes = (self.next_view(instant), walk.identified_at, walk.paid_at)
        return min((at for at in changes if at is not None and at > instant), default=NEVER)

    def is_customer(self, instant: int) -> bool:
        """Returns whether the visitor has paid at or before an instant of this session."""
        paid_at = self.walk.paid_at
        return self.past.is_customer or (paid_at is not None and paid_at <= instant)

    def is_identified(self, instant: int) -> bool:
        """Returns whether the visitor was identified at or before an instant of this session."""
        identified_at = self.walk.identified_at
        return self.past.is_identified or (identified_at is not None and identified_at <= instant)

    def identity(self, instant: int) -> Identity | None:
        """Returns the visitor's identity at an instant of this session; None if not identified."""
        if not self.is_identified(instant):
            return None
        return Identity(self.persona.person.name, self.persona.user_id)

    def customer(self, instant: int) -> Customer | None:
        """Returns the visitor as a customer at an instant of this session; None if nothing was paid."""
        if not self.is_customer(instant):
            return None
        return Customer(self.persona.person.name, self.persona.email)


class Sessions:
    """The sessions of one website."""

    def __init__(self, chance: Chance, site: Site, population: Population, personas: Personas) -> None:
        """The site's weights are turned into choices."""
        self._chance = chance
        self.site = site
        self.population = population
        self.personas = personas
        pages = {page.path: page for page in site.pages}
        self.entries = Choice((page, page.entry) for page in site.pages)
        self.next = {
            page.path: Choice((pages[target], weight) for target, weight in page.links.items())
            for page in site.pages
        }
        self.goal_bounds = {
            page.path: [round(part * 65_536) for part in accumulate(goal.chance for goal in page.goals)]
            for page in site.pages
        }
        """For each page, the random numbers below which its goals are reached."""
        self.sources = Choice((source, source.weight) for source in site.sources)
        self.direct = Source(weight=0)
        self.properties = Properties(site)
        self._funnels: dict[int, Funnel] = {}
        if site.signup:
            self._funnels[SIGNUP] = site.signup
        if site.money:
            self._funnels[PURCHASE] = site.money.purchase
        self._funnel_pages: dict[int, list[Page]] = {
            NOTHING: [],
            **{outcome: [pages[path] for path in funnel.path] for outcome, funnel in self._funnels.items()},
        }

    def of(self, visit: Visit) -> Session:
        """Returns the session of a visit."""
        return Session(self, visit)

    def source(self, visit: Visit, word: int) -> Source:
        """Returns the source of a visit whose first word is `word`. Regulars always type the address."""
        if visit.visitor.kind == REGULAR:
            return self.direct
        return self.sources.pick((word & 0xFFFF) * UNIT_16)

    def first_source(self, visit: Visit) -> Source:
        """Returns the source of the same visitor's first visit."""
        first = visit._replace(wave=0)
        return self.source(first, nth(self.state(first), 0))

    def outcome(self, visit: Visit, past: Past) -> int:
        """Returns the outcome of a visit. Nobody signs up twice or buys a second subscription."""
        if visit.outcome == SIGNUP and past.is_identified:
            return NOTHING
        if visit.outcome == PURCHASE and past.is_customer and self.site.money and self.site.money.renewal:
            return NOTHING
        return visit.outcome

    def walk(self, visit: Visit, past: Past, state: int, first: int) -> Walk:
        """Returns the course of a visit.

        `state` and `first` are its state and its first word. Each page view has its own random numbers.
        """
        outcome = self.outcome(visit, past)
        ending = self._funnel_pages[outcome]
        count = self._count(visit, (first >> 32 & 0xFFFF) * UNIT_16, len(ending))
        dwells, links, goals, delays = zip(*_COINS.iter_unpack(words(state, count, 1)), strict=True)
        views = view_instants(visit.start, visit.duration, dwells[: count - 1])
        pages = self._pages(visit, first >> 16 & 0xFFFF, links[1 : count - len(ending)]) + ending
        moments: list[Moment] = []
        for n, page in enumerate(pages):
            if page.goals and not (outcome and n + 1 == count):
                stay = min(views[n + 1] - views[n] if n + 1 < count else LINGER, LINGER)
                moments += self._goal_on(page, n, views[n], stay, goals[n], delays[n])
        if outcome == NOTHING:
            return Walk(views, pages, moments, None, None)
        finale = self._finale(outcome, past, views, pages[-1])
        times = {moment.kind: moment.at for moment in finale}
        return Walk(views, pages, moments + finale, times.get(IDENTIFY), times.get(PAYMENT))

    def state(self, visit: Visit) -> int:
        """Returns the state from which all random numbers of a visit follow."""
        kind, minute, number = visit.visitor
        return nth(self._chance.state(WALK, minute, visit.wave, kind), number)

    def _count(self, visit: Visit, u: float, ending: int) -> int:
        """Returns the number of page views."""
        if visit.duration == 0:
            return 1
        minutes = visit.duration / MINUTE
        count = 2 + int(minutes * self.site.visits.views_per_minute * (0.5 + u))
        dwell = CAST_DWELL if visit.visitor.kind == CAST else LONGEST_DWELL
        return min(max(count, 1 + ceil(visit.duration / dwell), ending + 1), MOST_VIEWS)

    def _pages(self, visit: Visit, entry: int, links: Sequence[int]) -> list[Page]:
        """Returns the pages of a walk along links; `entry` and `links` are random numbers of 16 bits."""
        if visit.visitor.kind == REGULAR:
            page = self.site.page(self.site.regulars[visit.visitor.number].entry)
        else:
            page = self.entries.pick(entry * UNIT_16)
        pages = [page]
        for coin in links:
            page = self.next[page.path].pick(coin * UNIT_16)
            pages.append(page)
        return pages

    def _goal_on(self, page: Page, view: int, at: int, stay: int, coin: int, delay: int) -> list[Moment]:
        """Returns a list with the goal that is reached on a page view.

        The list is empty without a goal. The goal is reached after 10 to 90 % of the stay.
        """
        number = bisect_right(self.goal_bounds[page.path], coin)
        if number == len(page.goals):
            return []
        goal = page.goals[number]
        kind = EXTERNAL_LINK if goal.type == "external_link" else CUSTOM
        return [Moment(at + goal_delay(stay, delay), kind, page, goal, view)]

    def _finale(self, outcome: int, past: Past, views: Sequence[int], page: Page) -> list[Moment]:
        """Returns the events at the end of a funnel: its goal, the identification, the payment."""
        funnel = self._funnels[outcome]
        at, view = views[-1], len(views) - 1
        moments: list[Moment] = []
        if funnel.goal:
            goal = Goal(name=funnel.goal, chance=1, description=funnel.description)
            moments.append(Moment(at + LINGER // 5, CUSTOM, page, goal, view))
        if funnel.identifies and not past.is_identified:
            moments.append(Moment(at + LINGER // 4, IDENTIFY, page, None, view))
        if outcome == PURCHASE:
            moments.append(Moment(at + LINGER // 2, PAYMENT, page, None, view))
        return moments
