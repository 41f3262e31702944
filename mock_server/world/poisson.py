"""The Poisson distribution, by which visitors are born and buy."""

from math import exp
from statistics import NormalDist

from mock_server.world.chance import UNIT_32

# Above this rate a normal distribution is as good.
LIMIT = 30.0
LEAST_CHANCE = UNIT_32 / 8


def poisson(rate: float, u: float) -> int:
    """Returns the number that u in [0, 1) stands for in a Poisson distribution.

    It adds up the chances of 0, 1, 2, … until they exceed u, or the rest is negligible. Above a rate of 30 it
    takes a normal distribution.
    """
    if rate > LIMIT:
        return max(0, round(NormalDist(rate, rate**0.5).inv_cdf(min(max(u, 1e-12), 1 - 1e-12))))
    term = total = exp(-rate)
    count = 0
    while total <= u:
        count += 1
        if count >= rate and term <= LEAST_CHANCE:
            break
        term *= rate / count
        total += term
    return count
