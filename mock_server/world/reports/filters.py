"""The filters of reports: how they are read, and which rows they match."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import ge, le

import numpy as np

from contract_tests.quoting import quoted
from mock_server.world.past.chosen import ChainedRows
from mock_server.world.past.coins import Column
from mock_server.world.past.masks import Masks
from mock_server.world.past.table import Rows
from mock_server.world.reports.dimensions import Dimension, Dimensions, column_of

IS, IS_NOT, CONTAINS, DOES_NOT_CONTAIN, GTE, LTE = (
    "is",
    "is_not",
    "contains",
    "does_not_contain",
    "gte",
    "lte",
)
VISIT_COUNT = "visit_count"
_COMMON = (IS, IS_NOT)
_OPERATORS = {
    "page": (*_COMMON, CONTAINS, DOES_NOT_CONTAIN),
    "entry_page": (*_COMMON, CONTAINS, DOES_NOT_CONTAIN),
    VISIT_COUNT: (*_COMMON, GTE, LTE),
}
_NEGATIVE = (IS_NOT, DOES_NOT_CONTAIN)
NAMES = (
    *("country", "region", "city", "device", "browser", "os", "referrer"),
    *("page", "entry_page", "hostname", "goal"),
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "ref", "source", "via"),
    VISIT_COUNT,
)
"""The names of filters, which follow `filter_` in parameters."""


_NUMBER = re.compile(r"[0-9]{1,9}")


class FilterError(ValueError):
    """An error in a filter; its text describes the problem."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter for visits whose dimension has, or does not have, one of some values."""

    name: str
    operator: str
    values: tuple[str, ...]


def filter_of(name: str, text: str) -> Filter:
    """Returns the filter for a text such as `value,value` or `op:value,value`.

    Raises FilterError. If the text before a colon is not an operator, it belongs to the value.
    """
    head, colon, rest = text.partition(":")
    operator, listed = (head, rest) if colon and head in _ALL_OPERATORS else (IS, text)
    allowed = _OPERATORS.get(name, _COMMON)
    if operator not in allowed:
        raise FilterError(
            f"filter_{name}: {quoted(operator)} is not one of the operators {', '.join(allowed)}"
        )
    values = values_of(listed)
    if name == VISIT_COUNT and not all(map(_NUMBER.fullmatch, values)):
        advice = f"; the operators are {', '.join(allowed)}" if ":" in listed else ""
        raise FilterError(f"filter_{name}: {quoted(listed[:80])} is not a number of visits{advice}")
    return Filter(name, operator, values)


def values_of(text: str) -> tuple[str, ...]:
    """Returns the values of a text such as `value,value`, each once, without blanks around them."""
    return tuple(dict.fromkeys(value for part in text.split(",") if (value := part.strip())))


_ALL_OPERATORS = {IS, IS_NOT, CONTAINS, DOES_NOT_CONTAIN, GTE, LTE}

Matcher = Callable[[Rows | ChainedRows], Column]
"""A function that returns a flag for each row."""


class Matching:
    """The filters of a request, compiled for the rows of one site."""

    def __init__(self, filters: Sequence[Filter], dimensions: Dimensions, masks: dict[str, Masks]) -> None:
        """`masks` are the sets of the columns `pages` and `goals`."""
        self._matchers = [_matcher(one, dimensions, masks) for one in filters]
        self.are_of_visitors = all(
            one.name != VISIT_COUNT and dimensions[one.name].is_of_visitors for one in filters
        )
        """Whether the filters always match either all visits of a visitor or none of them."""
        self.are_of_goals = any(one.name == "goal" for one in filters)
        """Whether there is a filter by goals."""

    def __bool__(self) -> bool:
        return bool(self._matchers)

    def __call__(self, rows: Rows | ChainedRows) -> Column:
        """Returns, for each row, whether it matches all filters."""
        flags = np.ones(len(rows), bool)
        for matcher in self._matchers:
            flags &= matcher(rows)
        return flags


def _matcher(one: Filter, dimensions: Dimensions, masks: dict[str, Masks]) -> Matcher:
    if one.name == VISIT_COUNT:
        return _count_matcher(one)
    dimension = dimensions[one.name]
    wanted = _wanted(one, dimension)
    is_negative = one.operator in _NEGATIVE
    if dimension.is_a_set:
        numbers = np.flatnonzero(wanted).tolist()
        sets = masks[dimension.column]
        return lambda rows: sets.have_any(column_of(rows, dimension), numbers) != is_negative
    allowed = wanted != is_negative
    return lambda rows: allowed[column_of(rows, dimension)]


def _count_matcher(one: Filter) -> Matcher:
    counts = [int(value) for value in one.values]
    if one.operator in (GTE, LTE):
        compare = ge if one.operator == GTE else le
        return lambda rows: np.logical_or.reduce(
            [compare(rows.number, count) for count in counts] or [np.zeros(len(rows), bool)]
        )
    return lambda rows: np.isin(rows.number, counts) != (one.operator == IS_NOT)


def _wanted(one: Filter, dimension: Dimension) -> Column:
    """Returns a flag for each number of the dimension's column: whether the filter names its value.

    The flags are the same for an operator and its negation.
    """
    values = {value.casefold() for value in one.values}
    if one.operator in (CONTAINS, DOES_NOT_CONTAIN):
        found = [any(value in (name or "").casefold() for value in values) for name in dimension.values]
    else:
        found = [
            name is not None
            and not values.isdisjoint({name.casefold(), *(a.casefold() for a in aliases if a)})
            for name, aliases in zip(dimension.values, dimension.aliases, strict=True)
        ]
    return np.array(found, bool)
