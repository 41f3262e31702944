"""The goals of visits as sets: masks of a website's own goals, and of those that facts add the few sets."""

from collections.abc import Sequence

import numpy as np

from mock_server.world.past.coins import Column
from mock_server.world.past.masks import Masks


class GoalSets(Masks):
    """Columns of sets of goals: the words of a mask, then the number of another set, which has any numbers.

    So a column stays narrow however many names of goals there are. Set 0 is empty.
    """

    def __init__(self, own: Masks, sets: Sequence[frozenset[int]]) -> None:
        """`own` are the masks of the website's own goals."""
        super().__init__(own.size)
        self._own = own
        self._sets = list(dict.fromkeys([frozenset[int](), *sets]))
        self._places = {one: n for n, one in enumerate(self._sets)}
        self._wide = np.promote_types(own.empty(0).dtype, np.min_scalar_type(len(self._sets)))

    def number_of(self, one: frozenset[int]) -> int:
        """Returns the number of a set."""
        return self._places[one]

    def of_masks(self, masks: Column) -> Column:
        """Returns a copy of a column of masks with the empty set beside each."""
        # The values of each word lie side by side, as they are read word by word.
        column = np.zeros((self.words + 1, len(masks)), self._wide).T
        column[:, :-1] = masks
        return column

    def have_any(self, masks: Column, numbers: list[int]) -> Column:
        """Returns, for each set, whether it contains any of these numbers."""
        found = self._own.have_any(masks, [number for number in numbers if number < self.size])
        has_any = np.array([not one.isdisjoint(numbers) for one in self._sets])
        if has_any.any():
            # Few visits have another set.
            there = np.flatnonzero(masks[:, -1] != 0)
            found[there] |= has_any[masks[there, -1]]
        return found
