"""Strangers whose clocks, dates and forms of instants differ."""

# ruff: noqa: D102 - Stranger describes each method, and a subclass's docstring says how it differs

import time
from datetime import UTC, datetime, timedelta, timezone

from tests.kit.strangers.plain import Answer, Json, Person, Stranger

_MONTH = 30 * 86_400


class SlowClock(Stranger):
    """Has a clock that is three minutes slow."""

    def now(self) -> float:
        return time.time() - 180


class FastClock(Stranger):
    """Has a clock that is three minutes fast."""

    def now(self) -> float:
        return time.time() + 180


class SlowClockWithoutDate(Stranger):
    """Has a clock that is a month slow, and sends no `Date`."""

    def now(self) -> float:
        return time.time() - _MONTH

    def date(self, _t: float) -> str | None:
        return None


class FastClockWithoutDate(Stranger):
    """Has a clock that is a month fast, and sends no `Date`."""

    def now(self) -> float:
        return time.time() + _MONTH

    def date(self, _t: float) -> str | None:
        return None


class Precise(Stranger):
    """Writes all numbers with a decimal point; scores, durations and lengths have fractions."""

    def told(self, data: Json) -> Answer:
        return super().told(_with_points(data))

    def visitor(self, person: Person, t: float) -> Json:
        told = super().visitor(person, t)
        told["conversionLikelihood"]["score"] = 100 if person.paid else 64.5
        return told

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        told["identity"]["viewport"] = {"width": 411.428, "height": 731.5}
        told["activity"]["timeSinceFirstVisit"] += 0.25
        return told


class Eastern(Stranger):
    """Writes times with an offset and without milliseconds, and ids and country codes in the other case."""

    def stamp(self, t: float) -> str:
        east = timezone(timedelta(hours=5, minutes=30))
        return datetime.fromtimestamp(int(t), east).isoformat()

    def visitor(self, person: Person, t: float) -> Json:
        told = super().visitor(person, t)
        told["location"]["countryCode"] = told["location"]["countryCode"].lower()
        return {**told, "visitorId": person.id.upper()}


class Local(Stranger):
    """Writes times in a local time without an offset."""

    def stamp(self, t: float) -> str:
        return (
            datetime.fromtimestamp(t + 7 * 3600, UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
        )


class WithClocksOfDevices(Stranger):
    """Takes the time of the first visit from the device, whose clock may be two minutes off."""

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        off = (person.number % 3 - 1) * 120 + 0.4
        told["activity"] |= {
            "firstVisitAt": self.stamp(person.first + off),
            "timeSinceFirstVisit": int((t - person.first - off) * 1000),
        }
        return told


def _with_points(value: Json) -> Json:
    """Returns a value in which each integer is a float, such as 5.0 for 5."""
    if isinstance(value, dict):
        return {name: _with_points(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_with_points(part) for part in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
