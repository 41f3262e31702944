"""The goals and payments that facts add to a website's past, and their visits, as columns."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mock_server.world.currencies import minor_units
from mock_server.world.facts import Changes, GoalReached, PaymentMade, instant_of
from mock_server.world.past.coins import Column
from mock_server.world.past.drawing import Drawing
from mock_server.world.past.growing import columns_of
from mock_server.world.past.sets import GoalSets
from mock_server.world.past.vocabulary import PageViews
from mock_server.world.population import Population
from mock_server.world.site import Money
from mock_server.world.visits import Visit

USUAL_CURRENCY, USUAL_DECIMALS = "USD", 2
"""The currency, with its decimals, in which payments of a website that sells nothing are counted."""

# The memory of a goal or payment in addition to its columns, in bytes.
_EACH = 400


class WrittenGoal(NamedTuple):
    """A goal's name, with the properties with which it was completed."""

    name: str
    properties: Mapping[str, str]


class WrittenGoals(NamedTuple):
    """Goals as columns: the index of the visit, the instant, and the number of the goal."""

    visit: Column
    at: Column
    goal: Column


class WrittenPayments(NamedTuple):
    """Payments as columns: the index of the visit or -1, the instant, the amount in minor units, the kind.

    The amount of a refund is below 0.
    """

    visit: Column
    at: Column
    amount: Column
    is_renewal: Column
    is_refund: Column


class Written:
    """The goals and payments that facts add to a website's past, for all instants with the same changes."""

    def __init__(self, drawing: Drawing, changes: Changes, elsewhere: Container[str] = ()) -> None:
        """Finds the visits of the goals and payments, in a tenth of a millisecond for each of them.

        `elsewhere` are the ids of events that belong to visitors who are known from page views.
        """
        self.changes = changes
        own = drawing.walks.goals
        people = drawing.population
        goals = [(visit, goal) for goal in changes.goals if (visit := _visit_of(people, goal))]
        paid = [
            (_visit_of(people, one), one)
            for one in changes.payments
            if not one.is_free_trial and one.event_id not in elsewhere
        ]
        found = {visit for visit, _ in (*goals, *paid) if visit is not None}
        self.visits: list[Visit] = sorted(found, key=lambda visit: (visit.start, visit.visitor))
        """The visits, each once, sorted by their start."""
        index: dict[Visit | None, int] = {visit: n for n, visit in enumerate(self.visits)} | {None: -1}
        facts: list[GoalReached | PaymentMade] = [*changes.goals, *changes.payments]
        self.visitor_ids = {fact.visitor_id for fact in facts if fact.visitor_id is not None}
        """The ids of all visitors with written goals or payments."""
        self.latest = max((fact.written for fact in facts), default=0)
        """The instant at which the last of these facts was written."""
        self.stretch = drawing.stretch_of(self.visits)
        self._drawing = drawing
        self._views: PageViews | None = None
        targets = {target_key(goal): WrittenGoal(goal.name, goal.properties) for _, goal in goals}
        self.targets: Sequence[WrittenGoal] = list(targets.values())
        """All goals with their properties, each once; their numbers follow the website's own goals."""
        number = {key: len(own) + n for n, key in enumerate(targets)}
        self.goals = WrittenGoals(
            _visit_numbers(goals, index),
            np.array([goal.written for _, goal in goals], np.int64),
            np.array([number[target_key(goal)] for _, goal in goals], np.uint16),
        )
        self.payments = _payments_of(paid, index, drawing.site.money)
        own_names = {target.name: n for n, target in enumerate(own) if target.name is not None}
        further = dict.fromkeys(target.name for target in self.targets if target.name not in own_names)
        self.further_names: Sequence[str] = list(further)
        """The names of written goals that the website itself does not have.

        Their numbers in sets follow the numbers of its own goals.
        """
        in_sets = own_names | {name: len(own) + n for n, name in enumerate(further)}
        sets: dict[int, set[int]] = {}
        for visit, goal in goals:
            sets.setdefault(index[visit], set()).add(in_sets[goal.name])
        self.sets = GoalSets(drawing.walks.goal_masks, [frozenset(one) for one in sets.values()])
        self.with_goals = np.array(sorted(sets), np.int32)
        """The indices in `visits` of the visits with goals."""
        self.set_numbers = np.array([self.sets.number_of(frozenset(sets[n])) for n in sorted(sets)], np.int64)
        """The number of the set of each visit with goals."""

    @property
    def nbytes(self) -> int:
        """The approximate size in bytes."""
        stretch = (*columns_of(self.stretch.visits), *columns_of(self.stretch.courses))
        views = columns_of(self._views) if self._views else []
        columns: int = sum(column.nbytes for column in (*stretch, *views, *self.goals, *self.payments))
        return columns + _EACH * (len(self.goals.at) + len(self.payments.at))

    def page_views(self) -> PageViews:
        """Returns the page views of all `visits`, each with the index of its visit."""
        if self._views is None:
            self._views = self._drawing.walks.views(self.stretch.visits)
        return self._views


def _visit_numbers(facts: Iterable[tuple[Visit | None, object]], index: Mapping[Visit | None, int]) -> Column:
    """Returns the index of each fact's visit."""
    return np.array([index[visit] for visit, _ in facts], np.int32)


def _payments_of(
    paid: Sequence[tuple[Visit | None, PaymentMade]], index: Mapping[Visit | None, int], money: Money | None
) -> WrittenPayments:
    """Returns payments as columns; `index` has the index of each visit."""
    payments = [payment for _, payment in paid]
    return WrittenPayments(
        _visit_numbers(paid, index),
        np.array([payment.at for payment in payments], np.int64),
        np.array([minor_of(payment, money) for payment in payments], np.int64),
        np.array([payment.is_renewal and not payment.is_refunded for payment in payments], bool),
        np.array([payment.is_refunded for payment in payments], bool),
    )


def _visit_of(population: Population, fact: GoalReached | PaymentMade) -> Visit | None:
    """Returns the visitor's latest visit that had begun by the time of a fact, or else the first visit.

    Returns None if the visitor had no visit when the fact was written.
    """
    if fact.visitor_id is None:
        return None
    visits = visits_of(population, fact.visitor_id, fact.written)
    begun = [visit for visit in visits if visit.start <= instant_of(fact)] or visits[:1]
    return begun[-1] if begun else None


def visits_of(population: Population, visitor_id: str, until: int) -> Sequence[Visit]:
    """Returns the visits of a visitor that have started by an instant, oldest first; none for unknown ids."""
    visitor = population.visitor_of(visitor_id)
    return [] if visitor is None else population.visits_of(visitor, until)


def minor_of(payment: PaymentMade, money: Money | None) -> int:
    """Returns the amount of a payment in minor units of a website's currency; negative for a refund."""
    minor = minor_units(payment.amount, payment.currency, money)
    return -minor if payment.is_refunded else minor


def target_key(goal: GoalReached) -> tuple[str, Iterable[tuple[str, str]]]:
    """Returns the key by which completions are numbered: the goal's name and the properties."""
    return goal.name, tuple(sorted(goal.properties.items()))
