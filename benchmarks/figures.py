"""The figures of the benchmarks: medians with their spread, compared with a bound."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import NamedTuple


class Spread(NamedTuple):
    """The median, the lowest and the highest of several measurements."""

    middle: float
    low: float
    high: float


class Bound(NamedTuple):
    """A lower or upper bound of a figure. An ambition is a bound that need not be met."""

    limit: float
    is_least: bool
    is_ambition: bool = False

    def holds(self, value: float) -> bool:
        """Returns whether a value meets the bound."""
        return value >= self.limit if self.is_least else value <= self.limit


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; a figure whose bound is None is only reported."""

    what: str
    found: Spread
    unit: str
    bound: Bound | None = None
    beside: str = ""
    """The measurements from which the figure was computed, as a text."""

    @property
    def is_met(self) -> bool | None:
        """Whether the median meets the bound; None if there is no bound."""
        return None if self.bound is None else self.bound.holds(self.found.middle)


@dataclass(frozen=True, slots=True)
class Gap:
    """A line of the table that could not be measured, with the reason."""

    what: str
    reason: str


Line = Row | Gap


def at_least(limit: float) -> Bound:
    """Returns a lower bound."""
    return Bound(limit, is_least=True)


def at_most(limit: float) -> Bound:
    """Returns an upper bound."""
    return Bound(limit, is_least=False)


def ambition(limit: float) -> Bound:
    """Returns a lower bound that need not be met."""
    return Bound(limit, is_least=True, is_ambition=True)


def spread_of(values: Iterable[float]) -> Spread:
    """Returns the median and the extremes of at least one value."""
    taken = list(values)
    return Spread(median(taken), min(taken), max(taken))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Returns our figures as shares of theirs, round by round, since both are measured in the same rounds."""
    return spread_of(one / other for one, other in zip(ours, theirs, strict=True))


def percentile(values: Sequence[float], percent: int) -> float:
    """Returns a percentile of at least two values."""
    return quantiles(values, n=100)[percent - 1]
