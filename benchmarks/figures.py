"""What the benchmarks find: medians with their spread, held against a bound."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import NamedTuple


class Spread(NamedTuple):
    """Several takes of one figure: the median, the lowest and the highest."""

    middle: float
    low: float
    high: float


class Bound(NamedTuple):
    """What a figure has to be at least, or at most. An ambition is no duty."""

    limit: float
    is_least: bool
    is_ambition: bool = False

    def holds(self, value: float) -> bool:
        """Whether the value keeps the bound."""
        return value >= self.limit if self.is_least else value <= self.limit


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. A bound of None is a figure that is told only."""

    what: str
    found: Spread
    unit: str
    bound: Bound | None = None
    beside: str = ""
    """What the figure was made of."""

    @property
    def is_met(self) -> bool | None:
        """Whether the median keeps the bound; None where there is none."""
        return None if self.bound is None else self.bound.holds(self.found.middle)


@dataclass(frozen=True, slots=True)
class Gap:
    """A line of the table that could not be measured, and why."""

    what: str
    reason: str


Line = Row | Gap


def at_least(limit: float) -> Bound:
    """A lower bound."""
    return Bound(limit, is_least=True)


def at_most(limit: float) -> Bound:
    """An upper bound."""
    return Bound(limit, is_least=False)


def ambition(limit: float) -> Bound:
    """A lower bound that nobody has promised."""
    return Bound(limit, is_least=True, is_ambition=True)


def spread_of(values: Iterable[float]) -> Spread:
    """Median and extremes of at least one value."""
    taken = list(values)
    return Spread(median(taken), min(taken), max(taken))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """What ours is of theirs, round by round: both had the same machine to share in each."""
    return spread_of(one / other for one, other in zip(ours, theirs, strict=True))


def percentile(values: Sequence[float], percent: int) -> float:
    """What so many of a hundred values, of at least two, stay below."""
    return quantiles(values, n=100)[percent - 1]
