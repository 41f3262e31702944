"""A website of the reference server, with visitors who come, act and leave as time passes."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from tests.kit.reference.habits import ALL, CURRENCIES, NONE, Website

WINDOW = 600
_HALF_A_MINUTE = 30
_MOST_STEPS = 30
_PLACES = (
    ("Denver", "US-CO", "US", "United States", 39.7391, -104.9866),
    ("서산", "KR-44", "KR", "South Korea", 36.7817, 126.4522),
    ("Kraków", "PL-12", "PL", "Poland", 50.0614, 19.9366),
    ("Suva", "FJ-C", "FJ", "Fiji", -18.1416, 178.4419),
    ("Anchorage", "US-AK", "US", "United States", 61.2181, -149.9003),
)
_SYSTEMS = (
    ("Chrome", "133.0.0.0", "Mac OS", "10.15.7", "desktop", "Apple", "Macintosh", 1728, 998),
    ("Mobile Safari", "18.3", "iOS", "18.3.1", "mobile", "Apple", "iPhone", 390, 844),
    ("Firefox", "135.0", "Linux", "6.8", "desktop", "Dell", "XPS", 1920, 1080),
)
_PATHS = ("/", "/pricing", "/docs?page=2", "/blog/🎉", "/a/b/c#d", "/%E2%82%AC")
_REFERRERS = (None, "https://news.example/?q=1", "https://t.example/")
_CUSTOM = ("custom", "external_link", "scroll_to_end")


class Goal(NamedTuple):
    """A goal of a visitor: its instant, the type of its event, its name, and its unique number."""

    at: float
    kind: str
    name: str
    number: int


class Payment(NamedTuple):
    """A payment. A `currency` of None means the website's currency."""

    at: float
    amount: float
    is_renewal: bool
    currency: str | None = None


@dataclass(slots=True)
class Person:
    """A visitor. Instants are Unix seconds; lists are in the order in which things happened."""

    id: str
    number: int
    place: tuple[str, str, str, str, float, float]
    system: tuple[str, str, str, str, str, str, str, int, int]
    referrer: str | None
    first: float
    began: float
    visits: int
    pages: list[tuple[float, str]]
    goals: list[Goal] = field(default_factory=list)
    paid: list[Payment] = field(default_factory=list)
    identified: float | None = None
    user_id: str | None = None
    """The user id that was sent to the server; None if the visitor is identified without one."""
    metadata: dict[str, Any] | None = None
    is_here: bool = True

    @property
    def name(self) -> str:
        """The name under which a customer, or an identified visitor, is known."""
        return f"Zoë {self.number}"


class Site:
    """A website with its visitors. `move` brings it to a later instant."""

    def __init__(self, website: Website, chance: random.Random, t: float) -> None:
        """`t` is the instant at which it begins, with as many visitors as the website has."""
        self._website = website
        self._chance = chance
        self._t = t
        self.known: dict[str, Person] = {}
        self.transactions: dict[str, tuple[Person | None, Payment]] = {}
        self.users: dict[str, tuple[str, dict[str, Any]]] = {}
        self._goals = 0
        self._waiting: list[tuple[float, Callable[[], object]]] = []
        for _ in range(website.crowd):
            self._come(t - chance.random() ** 2 * 1500)

    def people(self, t: float, window: float = WINDOW) -> list[Person]:
        """Returns the visitors who have not left, with a page view within `window` seconds before `t`."""
        return [p for p in self.known.values() if p.is_here and p.pages[-1][0] > t - window]

    def goal(self, t: float, kind: str, name: str) -> Goal:
        """Returns a new goal."""
        self._goals += 1
        return Goal(t, kind, name, self._goals)

    def later(self, t: float, change: Callable[[], object]) -> None:
        """Calls `change` when the website is moved to an instant; at once if the instant has passed."""
        if t <= self._t:
            change()
        else:
            self._waiting.append((t, change))

    def move(self, t: float) -> None:
        """Moves the website on to an instant. An earlier instant changes nothing."""
        due = [change for at, change in self._waiting if at <= t]
        self._waiting = [(at, change) for at, change in self._waiting if at > t]
        for change in due:
            change()
        passed, self._t = t - self._t, max(t, self._t)
        expected = self._website.moves * self._website.crowd * passed / _HALF_A_MINUTE
        times = int(expected) + (self._chance.random() < expected % 1) if expected > 0 else 0
        here = self.people(t) if times else []
        for _ in range(min(times, _MOST_STEPS)):
            self._step(here, t)

    def _step(self, here: list[Person], t: float) -> None:
        """Lets a random visitor come, leave or act.

        `here` are the visitors who were there before the first step of this instant.
        """
        kind = self._chance.choice(("come", "go", "view", "back", "act")) if here else "come"
        person = self._chance.choice(here) if here else None
        if person is None or kind == "come":
            self._come(t)
        elif kind == "go":
            person.is_here = False
        elif kind == "view":
            person.pages.append((t, self._chance.choice(_PATHS)))
        elif kind == "back":
            gone = [p for p in self.known.values() if not p.is_here]
            if gone and self._website.returning != NONE:
                self._return(self._chance.choice(gone), t)
        else:
            self._act(person, t)

    def _return(self, person: Person, t: float) -> None:
        person.is_here, person.began, person.visits = True, t, person.visits + 1
        person.pages.append((t, "/back"))

    def _come(self, t: float) -> None:
        """Adds a visitor who came at an instant, with everything that the visitor has done until now."""
        chance = self._chance
        visits = 1 + chance.randrange(1, 9) if self._is(self._website.returning) else 1
        first = t if visits == 1 else t - 86_400 * chance.uniform(visits, 300)
        person = Person(
            id=str(UUID(int=chance.getrandbits(128), version=4)),
            number=len(self.known) + 1,
            place=chance.choice(_PLACES),
            system=chance.choice(_SYSTEMS),
            referrer=chance.choice(_REFERRERS),
            first=first,
            began=t,
            visits=visits,
            pages=[(at, chance.choice(_PATHS)) for at in self._times(first, t, visits)],
        )
        self.known[person.id] = person
        # The latest page view of the first visitors is less than ten minutes old.
        until = max(t, self._t - chance.random() * WINDOW * 0.99)
        if until > t:
            person.pages.append((until, chance.choice(_PATHS)))
        if self._is(self._website.identified):
            person.identified = chance.uniform(t, until)
        if self._is(self._website.paying):
            self._pay(person, chance.uniform(t, until))
        while chance.random() < 0.3:
            self._act(person, max(until, person.goals[-1].at if person.goals else 0))

    def _times(self, first: float, t: float, visits: int) -> list[float]:
        """Returns the instants at which visits began: the `first`, random ones, and the last at `t`."""
        between = [self._chance.uniform(first, t) for _ in range(visits - 2)]
        return [first, *sorted(between), t] if visits > 1 else [t]

    def _is(self, share: str) -> bool:
        return share == ALL or (share != NONE and self._chance.random() < 0.4)

    def _act(self, person: Person, t: float) -> None:
        person.goals.append(self.goal(t, self._chance.choice(_CUSTOM), "newsletter"))

    def _pay(self, person: Person, at: float) -> None:
        decimals = CURRENCIES[self._website.currency]
        amount = (
            round(self._chance.uniform(0.5, 900), decimals) if decimals else self._chance.randrange(1, 90_000)
        )
        person.paid.append(Payment(at, amount, self._chance.random() < 0.3))
