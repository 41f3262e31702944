"""The facts that are written through the API about one website, and the changes that they cause."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeAlias

from msgspec import Struct

from mock_server.instants import MINUTE
from mock_server.world.site import LONGEST_SESSION_MINUTES
from mock_server.world.standing import Standing

LONGEST_IDLE = 30 * MINUTE
"""The time without a page view after which a visit ends, in ms."""


class _Fact(Struct, frozen=True, kw_only=True):
    """A fact. `written` is the instant of the world at which it was written, in ms since the epoch."""

    written: int

    @property
    def subject(self) -> str:
        """The key by which a log finds the fact, made by the functions below; empty if no search needs it."""
        return ""


def transaction(transaction_id: str | None) -> str:
    """Returns the subject of facts about one transaction; None means facts about all transactions."""
    return "transactions" if transaction_id is None else f"transaction {transaction_id}"


def person(visitor_id: str) -> str:
    """Returns the subject of facts about a visitor's identity."""
    return f"person {visitor_id}"


class Client(Struct, frozen=True, kw_only=True):
    """A visitor's place and device, as a browser reports them; None is unknown. Sizes are in pixels."""

    country_code: str | None = None
    region: str | None = None
    city: str | None = None
    device: str | None = None
    os: str | None = None
    os_version: str | None = None
    browser: str | None = None
    browser_version: str | None = None
    vendor: str | None = None
    model: str | None = None
    width: int | None = None
    height: int | None = None


class PageViewed(_Fact, frozen=True, kw_only=True, tag="pageview"):
    """A page view that a browser reported at the instant `written`.

    Its visitor is not one of the world itself.

    `params` are the documented parameters of the page's URL. `click_id` is the click id of an advertisement,
    and `ad_click_id` the name of its parameter.
    """

    event_id: str
    visitor_id: str
    hostname: str
    path: str
    referrer: str | None = None
    params: Mapping[str, str] = {}
    ad_click_id: str | None = None
    click_id: str | None = None
    client: Client = Client()

    @property
    def subject(self) -> str:
        """The subject of facts about the visitor."""
        return person(self.visitor_id)


class LinkFollowed(_Fact, frozen=True, kw_only=True, tag="external_link"):
    """A link to another website that a visitor followed."""

    event_id: str
    visitor_id: str
    url: str
    text: str


class GoalReached(_Fact, frozen=True, kw_only=True, tag="goal"):
    """A custom goal that a visitor reached at the instant `written`.

    `is_server` is false if a browser sent it.
    """

    event_id: str
    visitor_id: str
    name: str
    description: str | None = None
    properties: Mapping[str, str] = {}
    is_server: bool = True


class PaymentMade(_Fact, frozen=True, kw_only=True, tag="payment"):
    """A payment, or its refund if `is_refunded`, at the instant `at`, which is not later than `written`.

    `visitor_id` is None if no visitor was named. `amount` is in major units of `currency`.
    """

    event_id: str
    transaction_id: str
    at: int
    amount: float
    currency: str
    visitor_id: str | None = None
    email: str | None = None
    name: str | None = None
    customer_id: str | None = None
    is_renewal: bool = False
    is_refunded: bool = False
    is_free_trial: bool = False
    is_server: bool = True

    @property
    def subject(self) -> str:
        """The subject of facts about the transaction."""
        return transaction(self.transaction_id)


class Identified(_Fact, frozen=True, kw_only=True, tag="identify"):
    """An identification of a visitor. `metadata` is added to the metadata of earlier identifications."""

    event_id: str
    profile_id: str
    visitor_id: str
    user_id: str
    metadata: Mapping[str, Any] = {}
    is_server: bool = True

    @property
    def subject(self) -> str:
        """The subject of facts about the visitor's identity."""
        return person(self.visitor_id)


class Removal(_Fact, frozen=True, kw_only=True):
    """The filters of a removal.

    The removal applies to all earlier facts and events that match every filter which is not None.

    `begin` and `end` are instants in ms, both included.
    """

    visitor_id: str | None = None
    begin: int | None = None
    end: int | None = None

    def covers(self, visitor_id: str | None, at: int) -> bool:
        """Returns whether the removal applies to a visitor's goal or payment at an instant."""
        if self.visitor_id is not None and visitor_id != self.visitor_id:
            return False
        return (self.begin is None or at >= self.begin) and at <= self.last

    @property
    def last(self) -> int:
        """The latest instant to which the removal applies."""
        return self.written if self.end is None else min(self.end, self.written)


class GoalsRemoved(Removal, frozen=True, kw_only=True, tag="goals_removed"):
    """A removal of goals. A `name` of None means goals of any name."""

    name: str | None = None

    def takes(self, visitor_id: str, name: str, at: int) -> bool:
        """Returns whether the removal applies to a goal that a visitor reached at an instant."""
        return self.name in (None, name) and self.covers(visitor_id, at)


class PaymentsRemoved(Removal, frozen=True, kw_only=True, tag="payments_removed"):
    """A removal of payments. With a `transaction_id`, only that payment and its refund are removed."""

    transaction_id: str | None = None

    @property
    def subject(self) -> str:
        """The subject of facts about the transaction, or about all transactions."""
        return transaction(self.transaction_id)

    def takes(self, visitor_id: str | None, transaction_id: str | None, at: int) -> bool:
        """Returns whether the removal applies to a payment at an instant.

        A `visitor_id` or a `transaction_id` of None is unknown.
        """
        return self.transaction_id in (None, transaction_id) and self.covers(visitor_id, at)


Fact: TypeAlias = (
    PageViewed | LinkFollowed | GoalReached | PaymentMade | Identified | GoalsRemoved | PaymentsRemoved
)

Happened: TypeAlias = GoalReached | PaymentMade | Identified
"""A fact that is about a visitor at an instant, and is neither a page view nor a link."""
Facts: TypeAlias = tuple[Fact, ...]
"""Facts about one website, in the order in which they were written."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A visitor's data from all identifications up to an instant; the first was at `identified_at`."""

    profile_id: str
    user_id: str
    metadata: Mapping[str, Any]
    identified_at: int


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes that facts cause in the world at an instant.

    They are all facts that were written up to the instant and not removed again. Goals and payments are
    sorted by their instant. Removals apply to goals and payments of the world itself, too.
    """

    views: Mapping[str, Sequence[PageViewed]] = field(default_factory=dict)
    """The page views of each visitor, by visitor id, in the order in which they were written."""
    links: Mapping[str, Sequence[LinkFollowed]] = field(default_factory=dict)
    """The links that each visitor followed, by visitor id."""
    goals: Sequence[GoalReached] = ()
    payments: Sequence[PaymentMade] = ()
    identified: Mapping[str, Sequence[Identified]] = field(default_factory=dict)
    """The identifications of each visitor, by visitor id, in the order in which they were written."""
    happened: Sequence[Happened] = ()
    """Goals, payments and identifications, sorted by their instant; equal ones in the order of the facts."""
    goals_removed: Sequence[GoalsRemoved] = ()
    payments_removed: Sequence[PaymentsRemoved] = ()

    def __bool__(self) -> bool:
        """Returns whether there is any change."""
        happened = (self.views, self.links, self.goals, self.payments, self.identified)
        return any((*happened, self.goals_removed, self.payments_removed))


def changes_at(facts: Iterable[Fact], instant: int) -> Changes:
    """Returns the changes that facts cause at an instant.

    Facts take effect in the order of the instants at which they were written. Facts of one instant keep the
    order of `facts`, which is the order in which they were written.
    """
    written: list[Fact] = sorted(
        (fact for fact in facts if fact.written <= instant), key=lambda fact: fact.written
    )
    if not written:
        return Changes()
    views: dict[str, list[PageViewed]] = {}
    links: dict[str, list[LinkFollowed]] = {}
    goals: Standing[GoalReached] = Standing()
    payments: Standing[PaymentMade] = Standing()
    transactions: dict[tuple[str, bool], int] = {}
    identified: dict[str, list[Identified]] = {}
    goals_removed: list[GoalsRemoved] = []
    payments_removed: list[PaymentsRemoved] = []
    for fact in written:
        match fact:
            case PageViewed():
                views.setdefault(fact.visitor_id, []).append(fact)
            case LinkFollowed():
                links.setdefault(fact.visitor_id, []).append(fact)
            case GoalReached():
                goals.add(fact, fact.written, fact.visitor_id, fact.name)
            case PaymentMade():
                # A transaction that is written several times is one payment.
                key = fact.transaction_id, fact.is_refunded
                if transactions.get(key) not in payments:
                    transactions[key] = payments.add(fact, fact.at, fact.visitor_id, fact.transaction_id)
            case Identified():
                identified.setdefault(fact.visitor_id, []).append(fact)
            case GoalsRemoved():
                goals_removed.append(fact)
                goals.remove(fact.visitor_id, fact.name, fact.begin, fact.last)
            case PaymentsRemoved():
                payments_removed.append(fact)
                payments.remove(fact.visitor_id, fact.transaction_id, fact.begin, fact.last)
    return Changes(
        views,
        links,
        list(goals),
        sorted(payments, key=lambda payment: payment.at),
        identified,
        _in_order(written, chain(goals, payments, *identified.values())),
        goals_removed,
        payments_removed,
    )


def _in_order(written: Iterable[Fact], standing: Iterable[Happened]) -> list[Happened]:
    """Returns the facts that stand, sorted by their instant, then in the order of `written`."""
    there = {fact.event_id for fact in standing}
    events = (fact for fact in written if isinstance(fact, GoalReached | PaymentMade | Identified))
    return sorted((fact for fact in events if fact.event_id in there), key=instant_of)


def instant_of(fact: Happened) -> int:
    """Returns the instant of a goal, a payment or an identification, in ms."""
    return fact.at if isinstance(fact, PaymentMade) else fact.written


def visits_among(views: Sequence[PageViewed]) -> list[list[PageViewed]]:
    """Returns the page views of one visitor grouped by visit, oldest first.

    A visit ends after 30 idle minutes, and after 45 minutes at the latest, as all visits of a world do.
    """
    visits: list[list[PageViewed]] = []
    for view in views:
        latest = visits[-1] if visits else None
        if (
            latest is None
            or view.written - latest[-1].written > LONGEST_IDLE
            or view.written - latest[0].written > LONGEST_SESSION_MINUTES * MINUTE
        ):
            visits.append([view])
        else:
            latest.append(view)
    return visits


def profile_at(
    identified: Sequence[Identified], instant: int, plain: Profile | None = None
) -> Profile | None:
    """Returns a visitor's data from all identifications up to an instant; None before the first one.

    `plain` is the data that the world itself has of the visitor at that instant, or None.
    """
    said = [Profile(fact.profile_id, fact.user_id, fact.metadata, fact.written) for fact in identified]
    known = sorted(
        (one for one in (plain, *said) if one is not None and one.identified_at <= instant),
        key=lambda one: one.identified_at,
    )
    if not known:
        return None
    metadata: dict[str, Any] = {}
    for one in known:
        metadata |= one.metadata
    return Profile(known[0].profile_id, known[-1].user_id, metadata, known[0].identified_at)
