"""The numbering of visitors without gaps, so that a column can have a value for each visitor."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from mock_server.world.past.births import Births
from mock_server.world.past.coins import Column
from mock_server.world.past.growing import GrowingColumn
from mock_server.world.past.visits import Visits
from mock_server.world.population import Population
from mock_server.world.residents import EARLY, LEAD, SHIFT, STAGGER
from mock_server.world.visits import BORN, CAST, REGULAR, Visit, Visitor

_STRIDE = 24 * 60


class Numbers(Protocol):
    """The numbers of visitors, from 0 to before `count`."""

    @property
    def count(self) -> int:
        """The count of visitors who have a number."""

    def of(self, visits: Visits) -> Column:
        """Returns the visitor's number for each visit; -1 for a visitor who was born too early."""

    def visitor(self, number: int) -> Visitor:
        """Returns the visitor who has a number."""


class VisitorNumbers:
    """Numbers a website's visitors: first its regulars, then the others in the order of their first minute.

    Within a minute, the members of the cast come last.
    """

    def __init__(self, population: Population, all_births: Births, first: int) -> None:
        """Visitors who were born before the minute `first` get no number."""
        self._all_births = all_births
        self._first = self._last = first
        self._regulars = population.residents.regulars
        roles = len(population.site.cast)
        self._phases = [role * STAGGER % SHIFT for role in range(roles)]
        self._ranks = np.array(
            [self._phases[:role].count(self._phases[role]) for role in range(roles)], np.int64
        )
        self._in_phase = np.array([self._phases.count(phase) for phase in range(SHIFT)])
        # The number of the first visitor of each minute, and at the end the next free number.
        self._begins = GrowingColumn(np.array([len(self._regulars)], np.int32))

    @property
    def count(self) -> int:
        """The count of visitors who have a number."""
        return int(self._begins.values[-1])

    @property
    def nbytes(self) -> int:
        """The size in bytes."""
        return self._begins.nbytes

    def cover(self, last: int) -> None:
        """Assigns numbers to all visitors who come before the minute `last`."""
        last += LEAD + EARLY + 1
        if last <= self._last:
            return
        minutes = np.arange(self._last, last + _STRIDE)
        births = self._all_births.among(self._last, last + _STRIDE)
        slots = births + self._in_phase[minutes % SHIFT]
        self._begins.extend(self.count + np.cumsum(slots))
        self._last = last + _STRIDE

    def of(self, visits: Visits) -> Column:
        """Returns the visitor's number for each visit; -1 for a visitor who was born too early."""
        has_number = (visits.minute >= self._first) | (visits.kind == REGULAR)
        minute = np.clip(visits.minute - self._first, 0, len(self._begins) - 2)
        number = visits.number
        cast = np.flatnonzero(visits.kind == CAST)
        if len(cast):
            number = number.copy()
            number[cast] = self._births(minute[cast]) + self._ranks[number[cast]]
        numbers = np.where(visits.kind == REGULAR, visits.number, self._begins.values[minute] + number)
        return np.where(has_number, numbers, -1).astype(np.int32)

    def visitor(self, number: int) -> Visitor:
        """Returns the visitor who has a number."""
        if number < len(self._regulars):
            return self._regulars[number]
        index = int(np.searchsorted(self._begins.values, number, side="right")) - 1
        minute, rest = self._first + index, number - int(self._begins.values[index])
        births = int(self._births(np.array([index]))[0])
        if rest < births:
            return Visitor(BORN, minute, rest)
        roles = [role for role, phase in enumerate(self._phases) if phase == minute % SHIFT]
        return Visitor(CAST, minute, roles[rest - births])

    def _births(self, indices: Column) -> Column:
        """Returns the number of births in each minute; minutes are given as indices into `_begins`."""
        begins = self._begins.values
        births: Column = (
            begins[indices + 1] - begins[indices] - self._in_phase[(indices + self._first) % SHIFT]
        )
        return births


class MoreNumbers:
    """The numbers of visitors, with further numbers for visitors who came before the table begins."""

    def __init__(self, plain: Numbers, visits: Sequence[Visit], numbers: Column) -> None:
        self._plain = plain
        old = [visit.visitor for visit, number in zip(visits, numbers.tolist(), strict=True) if number < 0]
        self._further = list(dict.fromkeys(old))
        self._numbers = {visitor: plain.count + n for n, visitor in enumerate(self._further)}

    @property
    def count(self) -> int:
        """The count of visitors who have a number."""
        return self._plain.count + len(self._further)

    def of(self, visits: Visits) -> Column:
        """Returns the visitor's number for each visit; -1 for a visitor who was born too early."""
        numbers = self._plain.of(visits)
        for n in np.flatnonzero(numbers < 0).tolist():
            visitor = Visitor(int(visits.kind[n]), int(visits.minute[n]), int(visits.number[n]))
            numbers[n] = self._numbers.get(visitor, -1)
        return numbers

    def visitor(self, number: int) -> Visitor:
        """Returns the visitor who has a number."""
        further = number - self._plain.count
        return self._plain.visitor(number) if further < 0 else self._further[further]
