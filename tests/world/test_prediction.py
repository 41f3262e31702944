"""The conversion model: the effect of each dimension on the baseline."""

import pytest

from mock_server.world.persona import Device, Person, Persona, Place
from mock_server.world.prediction import Likelihood, Predictor
from mock_server.world.site import Lift, Prediction, Source

NOWHERE = Place(None, None, None, None, 0.0, 0.0, "en")
PARIS = NOWHERE._replace(country_code="FR")
NO_DEVICE = Device(None, None, None, None, None, None, None, None, None)
PHONE = NO_DEVICE._replace(type="mobile", os="iOS", browser="Safari")
DIRECT = Source(weight=1)
SEARCH = Source(weight=1, referrer="https://www.google.com/search?q=x")
MODEL = Prediction(
    conversion_rate=0.01,
    average_value=100,
    device={"mobile": Lift(rate=2, value=0.5)},
    os={"iOS": Lift(rate=3)},
    browser={"Safari": Lift(value=7)},
    country={"FR": Lift(rate=0.5)},
    referrer={"www.google.com": Lift(rate=4, value=2)},
)


def _prediction(place: Place, device: Device, source: Source, model: Prediction = MODEL) -> Likelihood:
    persona = Persona(place, device, Person("Jane", "jane", ""), "", "", is_withheld=False)
    return Predictor(model).predict(persona, source)


def test_without_anything_known_it_is_the_baseline() -> None:
    assert _prediction(NOWHERE, NO_DEVICE, DIRECT) == Likelihood(50, 0.2, (), 0.01, 100, 1.0)


@pytest.mark.parametrize(
    ("place", "device", "source", "expected"),
    [
        pytest.param(NOWHERE, NO_DEVICE._replace(type="mobile"), DIRECT, ("device", 0.02, 50), id="device"),
        pytest.param(NOWHERE, NO_DEVICE._replace(os="iOS"), DIRECT, ("os", 0.03, 100), id="os"),
        pytest.param(
            NOWHERE, NO_DEVICE._replace(browser="Safari"), DIRECT, ("browser", 0.01, 700), id="browser"
        ),
        pytest.param(PARIS, NO_DEVICE, DIRECT, ("country", 0.005, 100), id="country"),
        pytest.param(NOWHERE, NO_DEVICE, SEARCH, ("referrer", 0.04, 200), id="referrer"),
    ],
)
def test_each_dimension_lifts_rate_and_value(
    place: Place, device: Device, source: Source, expected: tuple[str, float, float]
) -> None:
    found = _prediction(place, device, source)

    assert (*found.matches, found.conversion_rate, found.average_value) == expected
    assert found.confidence == 0.512


def test_lifts_multiply_and_are_named_in_their_order() -> None:
    found = _prediction(PARIS, PHONE, SEARCH)

    assert found.matches == ("device", "os", "browser", "country", "referrer")
    assert (found.conversion_rate, found.average_value, found.expected_value) == (0.12, 700, 84.0)
    assert (found.score, found.confidence) == (99, 0.919)


@pytest.mark.parametrize(
    ("rate", "value", "score"),
    [(1, 1, 50), (3, 1, 75), (1, 3, 75), (0.25, 1, 20), (1e6, 1e3, 99), (1e-6, 1e-3, 1)],
)
def test_score_compares_with_the_baseline(rate: float, value: float, score: int) -> None:
    model = Prediction(conversion_rate=1e-9, average_value=100, os={"iOS": Lift(rate=rate, value=value)})

    assert _prediction(NOWHERE, PHONE, DIRECT, model).score == score


def test_rate_is_never_above_one_and_a_baseline_of_nothing_stays_in_the_middle() -> None:
    sure = Prediction(conversion_rate=0.9, average_value=10, os={"iOS": Lift(rate=5)})
    nothing = Prediction(conversion_rate=0, average_value=0, os={"iOS": Lift(rate=5)})

    assert _prediction(NOWHERE, PHONE, DIRECT, sure)[3:] == (1.0, 10, 10.0)
    assert _prediction(NOWHERE, PHONE, DIRECT, nothing).score == 50
