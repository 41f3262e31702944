"""The number of events in a minute, compared with the Poisson distribution."""

from math import exp, factorial

import pytest

from mock_server.world.poisson import poisson


@pytest.mark.parametrize("rate", [0.05, 1.0, 7.5, 30.0])
def test_number_is_that_of_the_distribution(rate: float) -> None:
    below = 0.0
    for number in range(60):
        above = below + exp(-rate) * rate**number / factorial(number)
        if above - below > 1e-6:
            assert poisson(rate, (below + above) / 2) == number
        below = above


@pytest.mark.parametrize(("rate", "spread"), [(30.5, 5.5), (100.0, 10.0), (4_000.0, 63.0)])
def test_large_rate_has_mean_and_spread_of_its_own(rate: float, spread: float) -> None:
    numbers = [poisson(rate, (n + 0.5) / 2_000) for n in range(2_000)]

    mean = sum(numbers) / len(numbers)
    assert mean == pytest.approx(rate, abs=0.1)
    assert (sum((number - mean) ** 2 for number in numbers) / len(numbers)) ** 0.5 == pytest.approx(
        spread, rel=0.02
    )


@pytest.mark.parametrize("rate", [0.0, 1e-12, 29.0, 31.0, 31.5, 50_000.0])
def test_number_is_never_below_nothing_and_grows_with_the_coin(rate: float) -> None:
    numbers = [poisson(rate, u) for u in (0.0, 1e-13, 0.25, 0.5, 0.75, 1 - 1e-13)]

    assert numbers[0] >= 0
    assert numbers == sorted(numbers)


def test_nothing_happens_at_a_rate_of_nothing() -> None:
    assert poisson(0.0, 0.999_999) == 0
