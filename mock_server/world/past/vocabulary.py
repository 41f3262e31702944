"""The vocabulary of a past: the values behind the numbers in its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from mock_server.world.chance import Choice
from mock_server.world.past.coins import Column
from mock_server.world.past.masks import Masks
from mock_server.world.past.personas import System
from mock_server.world.persona import Place
from mock_server.world.site import Goal, Source


class Address(NamedTuple):
    """The address of a page."""

    hostname: str
    path: str


class Target(NamedTuple):
    """The target of a goal: a custom goal's name, or the URL of a link; the other one is None."""

    name: str | None
    url: str | None

    @classmethod
    def of(cls, goal: Goal) -> "Target":
        """Returns the target of a goal."""
        return cls(None, goal.url) if goal.type == "external_link" else cls(goal.name, None)


@dataclass(frozen=True)
class Vocabulary:
    """The values behind the numbers of each column; a number is the index of its value in a list."""

    places: Sequence[Place]
    systems: Sequence[System]
    sources: Sequence[Source]
    pages: Sequence[Address]
    goals: Sequence[Target]
    page_sets: Masks
    goal_sets: Masks
    properties: Mapping[str, Mapping[str, Choice[str]]] = field(default_factory=dict)
    """The choices among the values of each property, by goal and property."""


@dataclass(frozen=True, slots=True)
class PageViews:
    """Page views as columns: the index of the visit, the number of the page, and the instant in ms."""

    row: Column
    page: Column
    at: Column


class Drawn(Protocol):
    """A computed past: it returns page views, and the values behind the numbers in columns."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The values behind the numbers in the columns."""

    def page_views(self, first: int, last: int) -> PageViews:
        """Returns the page views of the visits that start from the minute `first` to before `last`.

        `row` is the index of a page view's visit among these visits.
        """

    def minutes_at_once(self, first: int) -> int:
        """Returns the largest number of minutes, from `first` on, that are drawn at once."""
