"""Visitors and visits as values."""

from typing import NamedTuple

# The kinds of visitors; an id carries its kind, except for visitors who are known from written page views.
BORN, CAST, REGULAR, BOT, WRITTEN = range(5)

# The outcomes of a visit.
NOTHING, SIGNUP, PURCHASE = range(3)


class Visitor(NamedTuple):
    """The coordinates of a visitor, from which everything else follows.

    `minute` counts from the Unix epoch.
    """

    kind: int
    minute: int
    number: int


class Visit(NamedTuple):
    """One visit, without its pages.

    `start` and `duration` are in ms; `start + duration` is the instant of its last page view.
    """

    visitor: Visitor
    wave: int
    start: int
    duration: int
    outcome: int


class Past(NamedTuple):
    """A visitor's past before a visit: the number of visits, and whether they paid and were identified."""

    visits: int
    is_customer: bool
    is_identified: bool
