"""Strangers who answer with the examples of the documentation."""

# ruff: noqa: D102 - Stranger describes each method, and a subclass's docstring says how it differs

import json
from dataclasses import replace

from tests.kit.strangers.plain import Json, Person, Stranger


class Documentation02(Stranger):
    """Answers with the examples of the pages of 2026-02, and with a clock of that day.

    The map counts two visitors and lists one.
    """

    _at = 1_770_355_650.0  # 2026-02-06T05:27:30Z
    _person = Person(1, ((_at - 10, "/pricing"),), 1, _at - 10)

    def now(self) -> float:
        return self._at

    def find(self, visitor_id: str, _t: float) -> Person | None:
        return self._person if visitor_id == "b971cbbf-7ce2-4925-902b-8f95a5fb3449" else None

    def profile(self, person: Person, t: float) -> Json:
        return {**super().profile(person, t), "visitorId": "b971cbbf-7ce2-4925-902b-8f95a5fb3449"}

    def realtime(self, _t: float) -> Json:
        return [{"visitors": 42}]

    def map(self, _t: float) -> Json:
        return json.loads(_PAGE_002)


class Documentation06(Documentation02):
    """Answers with the examples of the pages of 2026-06."""

    def find(self, visitor_id: str, _t: float) -> Person | None:
        return self._person if visitor_id == "a3ab2331-989f-4cfa-91c6-2461c9e3c6bd" else None

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(replace(person, place=("Paris", "FR-IDF", "FR", "France")), t)
        return {**told, "visitorId": "a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"}

    def map(self, _t: float) -> Json:
        return json.loads(_PAGE_001)


_PAGE_001 = """{"count": 2, "visitors": [{"visitorId": "a3ab2331-989f-4cfa-91c6-2461c9e3c6bd",
 "location": {"city": "Paris", "countryCode": "FR"}, "system": {"browser": "Chrome", "device": "desktop"},
 "currentUrl": "/pricing"}], "hasConversionPredictions": false, "recentEvents": [], "recentPayments": []}"""


_PAGE_002 = """{"count": 2, "visitors": [{"visitorId": "b971cbbf-7ce2-4925-902b-8f95a5fb3449",
 "location": {"city": "Denver", "region": "US-CO", "countryCode": "US"},
 "system": {"browser": {"name": "Chrome"}, "os": {"name": "Mac OS"}, "device": {"type": "desktop"}},
 "currentUrl": "/pricing", "referrer": null, "sessionStartTime": "2026-02-06T05:27:20.000Z", "visitCount": 1,
 "params": {"ref": null, "source": null, "via": null, "utm_source": null, "utm_medium": null,
  "utm_campaign": null, "utm_content": null, "utm_term": null},
 "latitude": 39.7391, "longitude": -104.9866, "isCustomer": false,
 "customerName": null, "customerEmail": null,
 "profileData": {"displayName": null, "userId": null, "hasProfile": false, "isRandomName": true},
 "conversionLikelihood": {"score": 65, "confidence": 0.763, "isBaseline": false,
  "dimensionMatches": ["device", "os", "browser", "country", "referrer"],
  "raw": {"conversionRate": 0.0056, "averageValue": 246.98, "expectedValue": 1.37}}}],
 "conversionMetrics": {"baselineConversionRate": 0.0044, "baselineAverageValue": 243.63},
 "hasConversionPredictions": true,
 "recentEvents": [{"_id": "69857bb827ddefd472fb2b09", "type": "pageview",
  "visitorId": "b971cbbf-7ce2-4925-902b-8f95a5fb3449", "timestamp": "2026-02-06T05:27:20.000Z",
  "path": "/pricing", "countryCode": "US", "extraData": {}, "referrer": null, "customerName": null,
  "amount": null, "displayName": null}],
 "recentPayments": [{"_id": "69857bb827ddefd472fb2b12", "type": "payment_received",
  "timestamp": "2026-02-06T05:26:10.000Z", "name": "Jane Doe", "email": "jane@example.com", "amount": 49,
  "currency": "USD", "renewal": false, "displayName": null, "isNew": false, "visible": true}]}"""
