"""The lengths of visits."""

from math import exp, log1p

from mock_server.instants import MINUTE, SECOND
from mock_server.world.site import LONGEST_SESSION_MINUTES, Funnel, Site

# A session, with the time on its last page, ends within 45 minutes of its start.
LONGEST = (LONGEST_SESSION_MINUTES - 1) * MINUTE
SHORTEST = 5 * SECOND


def duration(site: Site, u: float) -> int:
    """Returns the time in ms from the first page view to the last one, for a random `u` in [0, 1).

    It is 0 for a visit of one page.
    """
    bounce = site.visits.bounce
    if u < bounce:
        return 0
    length = int(-log1p(-(u - bounce) / (1 - bounce)) * site.visits.minutes * MINUTE)
    return min(max(length, SHORTEST), LONGEST)


def mean_minutes(site: Site) -> float:
    """Returns the mean of `duration` in minutes."""
    mean = site.visits.minutes
    return (1 - site.visits.bounce) * mean * (1 - exp(-LONGEST / MINUTE / mean))


def shortest(funnel: Funnel | None) -> int:
    """Returns the least length of a visit that goes through a funnel, in ms: about 40 s for each page."""
    return (len(funnel.path) + 1) * 40_000 if funnel else 0
