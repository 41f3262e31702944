"""Sets of goals as masks: which numbers they have, also if rows are chosen by range, number or flag."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.world.past.masks import Masks
from mock_server.world.past.sets import GoalSets, MarkedMasks, chained

Sets = list[tuple[frozenset[int], frozenset[int] | None, frozenset[int]]]
"""For each row: the goals of its mask, which of them remain (None means all), and additional goals."""

goals = st.frozensets(st.integers(0, 9), max_size=4)
rows = st.lists(
    st.tuples(goals, st.none() | goals, st.frozensets(st.integers(0, 99), max_size=3)), max_size=9
)


def _column(sets: GoalSets, one: Sets) -> MarkedMasks:
    own = Masks(10)

    def masks_of(some: list[frozenset[int]]) -> Any:
        pairs = [(row, number) for row, numbers in enumerate(some) for number in numbers]
        columns = np.array(pairs, np.int64).reshape(-1, 2)
        return own.of_rows(columns[:, 0], columns[:, 1], len(some))

    marked = [n for n, (_, left, further) in enumerate(one) if left is not None or further]
    left = [one[n][0] if one[n][1] is None else one[n][1] or frozenset() for n in marked]
    return MarkedMasks(
        masks_of([numbers for numbers, _, _ in one]),
        np.array(marked, np.int64),
        masks_of(left),
        np.array([sets.number_of(one[n][2]) for n in marked], np.int64),
    )


def _have(one: Sets, numbers: list[int]) -> list[bool]:
    return [bool(((own if left is None else left) | further) & set(numbers)) for own, left, further in one]


@given(rows, rows, st.lists(st.integers(0, 99), max_size=3, unique=True), st.data())
def test_marked_masks_have_the_goals_that_are_left_and_further_ones(
    first: Sets, second: Sets, numbers: list[int], data: st.DataObject
) -> None:
    both = [*first, *second]
    sets = GoalSets(Masks(10), [one for _, _, one in both])
    column = chained([_column(sets, first), _column(sets, second)])
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(both))] * 2)))
    some = data.draw(st.lists(st.integers(0, len(both) - 1), max_size=9)) if both else []

    whole = _have(both, numbers)

    assert sets.have_any(column, numbers).tolist() == whole
    assert sets.have_any(column[begin:end], numbers).tolist() == whole[begin:end]
    assert sets.have_any(column[np.array(some, np.int64)], numbers).tolist() == [whole[n] for n in some]
    flags = np.array(whole, bool)
    assert sets.have_any(column[flags], numbers).tolist() == [True] * int(flags.sum())


@pytest.mark.parametrize("size", [1, 8, 9, 16, 17, 32, 33, 64, 65, 130])
@given(data=st.data())
def test_masks_have_the_numbers_of_their_runs_however_many_there_are(size: int, data: st.DataObject) -> None:
    masks, number = Masks(size), st.integers(0, size - 1)
    runs = data.draw(st.lists(st.lists(st.tuples(number, st.booleans()), min_size=1, max_size=4), max_size=9))
    wanted = data.draw(st.lists(number, max_size=3, unique=True))
    numbers, flags = (np.array([pair[n] for run in runs for pair in run], np.int64) for n in (0, 1))
    lengths = np.array([len(run) for run in runs], np.int64)
    first, rows = np.cumsum(lengths) - lengths, np.repeat(np.arange(len(runs)), lengths)

    chosen = [{one for one, is_chosen in run if is_chosen} for run in runs]
    every = [{one for one, _ in run} for run in runs]
    for sets, made in (
        (chosen, masks.of_runs(numbers, first, flags == 1)),
        (every, masks.of_runs(numbers, first)),
        (every, masks.of_rows(rows, numbers, len(runs))),
    ):
        assert masks.have_any(made, wanted).tolist() == [not one.isdisjoint(wanted) for one in sets]
        assert masks.counts(made).tolist() == [sum(n in one for one in sets) for n in range(size)]


@pytest.mark.parametrize("numbers", [[], [3], [3, 50]])
def test_masks_without_marks_are_read_as_they_are(numbers: list[int]) -> None:
    own = Masks(10)
    masks = own.of_rows(np.array([0, 2]), np.array([3, 4]), 3)

    assert GoalSets(own, []).have_any(masks, numbers).tolist() == [bool(numbers), False, False]
