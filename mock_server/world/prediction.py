"""How likely a visitor is to convert: the site's baseline, lifted by what is known of them."""

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
    matches: list[str]
    conversion_rate: float
    average_value: float
    expected_value: float


def predict(model: Prediction, persona: Persona, first_source: Source) -> Likelihood:
    """The prediction for a visitor, whose first session came from `first_source`. It is the same for life."""
    host = urlsplit(first_source.referrer).hostname if first_source.referrer else None
    known = {
        "device": model.device.get(persona.device.type or ""),
        "os": model.os.get(persona.device.os or ""),
        "browser": model.browser.get(persona.device.browser or ""),
        "country": model.country.get(persona.place.country_code or ""),
        "referrer": model.referrer.get(host or ""),
    }
    matches = [dimension for dimension, lift in known.items() if lift is not None]
    rate, value = model.conversion_rate, model.average_value
    for lift in known.values():
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
