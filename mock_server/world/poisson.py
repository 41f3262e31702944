"""The Poisson distribution, from which the numbers of births and purchases are drawn."""

from math import exp
from statistics import NormalDist

from mock_server.world.chance import UNIT_32

# The rate above which a normal distribution is used instead.
LIMIT = 30.0
LEAST_CHANCE = UNIT_32 / 8


def poisson(rate: float, u: float) -> int:
    """Returns the Poisson number of a rate for a uniform `u` in [0, 1).

    It is the least count whose cumulative probability exceeds `u`; the sum ends earlier if the remaining
    probability is negligible. Above a rate of 30 it is the rounded quantile of a normal distribution.
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
