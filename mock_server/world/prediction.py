"""How likely a visitor is to convert: the site's baseline, lifted by what is known of them."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from mock_server.site import Lift, Prediction, Source
from mock_server.world.persona import Persona

BASELINE_SCORE = 50
CUSTOMER_SCORE = 100

_NO_LIFT = Lift()


class Likelihood(NamedTuple):
    """A prediction. `score` 0-100, `confidence` 0-1, values in the site's currency."""

    score: int
    confidence: float
    matches: tuple[str, ...]
    conversion_rate: float
    average_value: float
    expected_value: float


class Predictor:
    """The conversion model of one website."""

    def __init__(self, model: Prediction) -> None:
        """Visitors who have in common what the model looks at share one prediction."""
        self._model = model
        self._likelihood = lru_cache(4096)(self._compute)

    def predict(self, persona: Persona, first_source: Source) -> Likelihood:
        """The prediction for a visitor whose first session came from `first_source`; the same for life."""
        device = persona.device
        country = persona.place.country_code
        return self._likelihood(device.type, device.os, device.browser, country, first_source.referrer)

    def _compute(self, *known: str | None) -> Likelihood:
        device, os, browser, country, referrer = (value or "" for value in known)
        model = self._model
        lifts = {
            "device": model.device.get(device),
            "os": model.os.get(os),
            "browser": model.browser.get(browser),
            "country": model.country.get(country),
            "referrer": model.referrer.get(urlsplit(referrer).hostname or ""),
        }
        matches = tuple(dimension for dimension, lift in lifts.items() if lift is not None)
        rate, value = model.conversion_rate, model.average_value
        for lift in lifts.values():
            rate *= (lift or _NO_LIFT).rate
            value *= (lift or _NO_LIFT).value
        rate = min(rate, 1.0)
        return Likelihood(
            _score(rate * value, model.conversion_rate * model.average_value),
            round(0.2 + 0.78 * (1 - 0.6 ** len(matches)), 3),
            matches,
            round(rate, 4),
            round(value, 2),
            round(rate * value, 2),
        )


def _score(expected: float, baseline: float) -> int:
    """50 for the baseline itself, towards 99 for what is worth more; only customers have 100."""
    if expected + baseline <= 0:
        return BASELINE_SCORE
    return min(max(round(100 * expected / (expected + baseline)), 1), 99)
