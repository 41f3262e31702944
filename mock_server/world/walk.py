"""The course of a session: its page views, and the events between them."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from mock_server.instants import SECOND
from mock_server.world.site import Goal, Page

# The kinds of moments in a session.
VIEW, CUSTOM, EXTERNAL_LINK, IDENTIFY, PAYMENT = range(5)
NEVER = 1 << 62
"""An instant that is later than any other."""
LINGER = 50 * SECOND
"""The longest time on a page, in ms, even on the last one."""
DWELL_BASE, DWELL_SPREAD = 7 * 65_536, 6
"""The weight of a page view in the length of its visit: DWELL_BASE + DWELL_SPREAD · a coin of 16 bits."""


class Moment(NamedTuple):
    """An event at an instant on a page; `goal` is None if no goal is reached.

    `view` is the number of the page view, counted from 0.
    """

    at: int
    kind: int
    page: Page
    goal: Goal | None
    view: int


class Walk(NamedTuple):
    """The course of a session.

    `views` are the instants at which `pages` are viewed; `moments` are all other events. The other members
    are None if the session has no such event.
    """

    views: list[int]
    pages: list[Page]
    moments: list[Moment]
    identified_at: int | None
    paid_at: int | None


def goal_delay(stay: Any, coin: Any) -> Any:
    """Returns the time in ms from a page view to its goal: 10 to 90 % of the stay.

    Arguments are numbers or columns.
    """
    return stay * (65_536 + 8 * coin) // (10 * 65_536)


def view_instants(start: int, duration: int, coins: Sequence[int]) -> list[int]:
    """Returns the instants of page views, with uneven gaps.

    The first view is at the start, the last at the end.
    """
    if not coins:
        return [start]
    sums = list(accumulate(DWELL_BASE + DWELL_SPREAD * coin for coin in coins))
    return [start, *(start + part * duration // sums[-1] for part in sums)]
