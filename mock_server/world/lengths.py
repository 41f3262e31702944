"""How long visits last."""

from math import exp, log1p

from mock_server.instants import MINUTE, SECOND
from mock_server.world.site import LONGEST_SESSION_MINUTES, Funnel, Site

# Linger on the last page included, a session ends within 45 minutes of its start.
_LONGEST = (LONGEST_SESSION_MINUTES - 1) * MINUTE
_SHORTEST = 5 * SECOND


def duration(site: Site, u: float) -> int:
    """The time from first to last page view that u in [0, 1) stands for; 0 for a visit of one page."""
    bounce = site.visits.bounce
    if u < bounce:
        return 0
    length = int(-log1p(-(u - bounce) / (1 - bounce)) * site.visits.minutes * MINUTE)
    return min(max(length, _SHORTEST), _LONGEST)


def mean_minutes(site: Site) -> float:
    """The mean of `duration` in minutes."""
    mean = site.visits.minutes
    return (1 - site.visits.bounce) * mean * (1 - exp(-_LONGEST / MINUTE / mean))


def shortest(funnel: Funnel | None) -> int:
    """How long a visit lasts at least that takes a funnel: about 40 s a page."""
    return (len(funnel.path) + 1) * 40_000 if funnel else 0
