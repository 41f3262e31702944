"""How many of something happen in a minute."""

from bisect import bisect_right
from functools import lru_cache
from math import exp
from statistics import NormalDist

from mock_server.world.chance import UNIT_32

# Above this rate a normal distribution is as good.
_LIMIT = 30.0


def poisson(rate: float, u: float) -> int:
    """The number that u in [0, 1) stands for in a Poisson distribution; a normal one above a rate of 30."""
    if rate > _LIMIT:
        return max(0, round(NormalDist(rate, rate**0.5).inv_cdf(min(max(u, 1e-12), 1 - 1e-12))))
    return bisect_right(_sums(rate), u)


@lru_cache(1024)
def _sums(rate: float) -> list[float]:
    """The chances of at most 0, 1, 2, … up to where the rest does not count."""
    term = exp(-rate)
    sums = [term]
    while len(sums) < rate or term > UNIT_32 / 8:
        term *= rate / len(sums)
        sums.append(sums[-1] + term)
    return sums
