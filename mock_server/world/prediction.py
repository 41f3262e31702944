"""The prediction of a visitor's conversion: the site's baseline, changed by the visitor's traits."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from mock_server.world.persona import Persona
from mock_server.world.site import Lift, Prediction, Source

BASELINE_SCORE = 50
CUSTOMER_SCORE = 100

DIMENSIONS = ("device", "os", "browser", "country", "referrer")


class Likelihood(NamedTuple):
    """A prediction: `score` is from 0 to 100, `confidence` from 0 to 1; values are in the site's currency."""

    score: int
    confidence: float
    matches: tuple[str, ...]
    conversion_rate: float
    average_value: float
    expected_value: float


class Predictor:
    """The conversion model of one website."""

    def __init__(self, model: Prediction) -> None:
        """All values are computed on first use."""
        self._model = model

    def predict(self, persona: Persona, first_source: Source) -> Likelihood:
        """Returns the prediction for a visitor whose first session came from `first_source`.

        The prediction never changes.
        """
        model, device = self._model, persona.device
        lifts = (
            model.device.get(device.type or ""),
            model.os.get(device.os or ""),
            model.browser.get(device.browser or ""),
            model.country.get(persona.place.country_code or ""),
            model.referrer.get(_host(first_source.referrer)),
        )
        return _likelihood(model.conversion_rate, model.average_value, lifts)


@lru_cache(256)
def _host(referrer: str | None) -> str:
    return urlsplit(referrer or "").hostname or ""


@lru_cache(4096)
def _likelihood(base_rate: float, base_value: float, lifts: tuple[Lift | None, ...]) -> Likelihood:
    """Returns the baseline multiplied by lifts, which are in the order of DIMENSIONS."""
    matches = tuple(name for name, lift in zip(DIMENSIONS, lifts, strict=True) if lift is not None)
    rate, value = base_rate, base_value
    for lift in lifts:
        if lift is not None:
            rate *= lift.rate
            value *= lift.value
    rate = min(rate, 1.0)
    return Likelihood(
        _score(rate * value, base_rate * base_value),
        round(0.2 + 0.78 * (1 - 0.6 ** len(matches)), 3),
        matches,
        round(rate, 4),
        round(value, 2),
        round(rate * value, 2),
    )


def _score(expected: float, baseline: float) -> int:
    """Returns a score: 50 for the baseline, up to 99 for a higher value; only customers have 100."""
    if expected + baseline <= 0:
        return BASELINE_SCORE
    return min(max(round(100 * expected / (expected + baseline)), 1), 99)
