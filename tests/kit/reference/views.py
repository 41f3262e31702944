"""Counter, map and profile of the reference server, from the people of a website."""

import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tests.kit.reference.habits import JUNE, Habits
from tests.kit.reference.site import WINDOW, Person, Site

Json = Any

_PARAMS = ("ref", "source", "via", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
_EASTERN = timezone(timedelta(hours=5, minutes=30))
_LIKELY = {"conversionRate": 0.0056, "averageValue": 246.98, "expectedValue": 1.37}


class Views:
    """The views of a website's visitors: counter, map and profile. Instants are Unix seconds."""

    def __init__(self, habits: Habits) -> None:
        """`habits` decide which members the answers contain."""
        self._habits = habits
        self._wording = habits.wording

    def realtime(self, site: Site, t: float) -> Json:
        """Returns the `data` of the counter. In revision 2026-06 it counts all visitors on the map."""
        is_short = self._habits.revision != JUNE and self._habits.counts_minutes == 5
        return [{"visitors": len(site.people(t, WINDOW / 2 if is_short else WINDOW))}]

    def map(self, site: Site, t: float, *, has_model: bool, is_unknown: bool) -> Json:
        """Returns the `data` of the map."""
        people = site.people(t)
        told = {
            "count": len(people),
            "visitors": [
                self._visitor(p, has_model=has_model, is_unknown=is_unknown)
                for p in people[: self._wording.most_listed]
            ],
            "hasConversionPredictions": has_model,
            "recentEvents": _newest_first(_events(site, t)),
            "recentPayments": _newest_first(self._payments(site, t)),
        }
        if has_model:
            told["conversionMetrics"] = {"baselineConversionRate": 0.0044, "baselineAverageValue": 243}
        return told

    def _visitor(self, person: Person, *, has_model: bool, is_unknown: bool) -> Json:
        city, region, code, _, latitude, longitude = person.place
        is_june = self._habits.revision == JUNE
        browser, _, system, _, device, *_ = person.system
        told: dict[str, Json] = {
            "visitorId": person.id,
            "location": {"city": city, "region": region, "countryCode": code},
            "system": {"browser": browser, "os": system, "device": device}
            if is_june
            else {"browser": {"name": browser}, "os": {"name": system}, "device": {"type": device}},
            "currentUrl": person.pages[-1][1],
            "profileData": {
                "displayName": person.name if person.identified else None,
                "userId": _user_id(person) if person.identified else None,
                "hasProfile": person.identified is not None,
                "isRandomName": person.identified is None,
            },
        }
        if has_model:
            told["conversionLikelihood"] = _likelihood(person, is_unknown=is_unknown)
        if not is_june:
            told |= {
                "referrer": person.referrer,
                "sessionStartTime": _stamp(person.began, "milliseconds"),
                "visitCount": person.visits,
                "params": _params(person),
                "isCustomer": bool(person.paid),
                "customerName": person.name if person.paid else None,
                "customerEmail": f"z{person.number}@shop.example" if person.paid else None,
                **self._coordinates(latitude, longitude),
            }
        return told

    def _coordinates(self, latitude: float, longitude: float) -> dict[str, Json]:
        kind = self._wording.coordinates
        if kind == "absent":
            return {}
        if kind == "null":
            return {"latitude": None, "longitude": None}
        if kind == "integers":
            return {"latitude": round(latitude), "longitude": round(longitude)}
        return {"latitude": latitude, "longitude": longitude}

    def _payments(self, site: Site, t: float) -> Iterator[Json]:
        for person in site.known.values():
            for n, (at, amount, is_renewal, currency) in enumerate(person.paid):
                if at > t - WINDOW:
                    yield {
                        "_id": _object_id(at, person, f"payment_received {n}"),
                        "type": "payment_received",
                        "timestamp": _stamp(at, "milliseconds"),
                        "name": person.name,
                        "email": f"z{person.number}@shop.example",
                        "amount": amount,
                        "currency": currency or self._habits.website.currency,
                        "renewal": is_renewal,
                        "displayName": None,
                        "isNew": not is_renewal,
                        "visible": True,
                    }

    def profile(self, person: Person, t: float, *, has_model: bool, is_unknown: bool) -> Json:
        """Returns the `data` of a visitor's profile."""
        city, region, code, country, *_ = person.place
        browser, version, system, system_version, device, vendor, model, width, height = person.system
        return {
            "visitorId": person.id,
            "identity": {
                "country": country,
                "countryCode": code,
                "region": region,
                "city": city,
                "params": _params(person),
                "adClickIds": {"gclid": "Cj0"} if person.number % 3 == 0 else {},
                "browser": {"name": browser, "version": version},
                "os": {"name": system, "version": system_version},
                "device": {"type": device, "vendor": vendor, "model": model},
                "viewport": {"width": width, "height": height},
            },
            "activity": self._activity(person, t),
            "profile": self._identified(person),
            "prediction": _prediction(person, is_unknown=is_unknown) if has_model else None,
        }

    def _activity(self, person: Person, t: float) -> Json:
        pages = person.pages[-self._wording.most_pages :]
        goals = self._goals(person)
        told = {
            "visitCount": person.visits,
            "pageViewCount": len(person.pages),
            "timeSinceFirstVisit": round((t - person.first) * 1000),
            "timeSinceCurrentVisit": round((t - person.began) * 1000),
            "firstVisitAt": self._stamp(person.first),
            "lastVisitAt": self._stamp(person.began),
            "currentUrl": f"shop.example{person.pages[-1][1]}",
            "visitedPages": [
                {"url": f"shop.example{path}", "timestamp": self._stamp(at)} for at, path in pages
            ],
        }
        wanted = self._wording.goals
        if self._habits.revision == JUNE or wanted != "completedCustomGoals":
            told["completedGoals"] = [
                {"name": name, "origin": origin, "type": kind, "timestamp": self._stamp(at)}
                for at, name, origin, kind in goals
            ]
        if self._habits.revision != JUNE and wanted != "completedGoals":
            told["completedCustomGoals"] = [
                {"name": name, "description": None, "isServer": False, "timestamp": self._stamp(at)}
                for at, name, origin, _ in goals
                if origin == "manual"
            ]
        return told

    def _goals(self, person: Person) -> list[tuple[float, str, str, str]]:
        reached = [(at, name, "manual", kind) for at, kind, name, _ in person.goals]
        bought = [
            (at, "Pro", "payment_provider", "subscription_lifecycle" if is_renewal else "payment")
            for at, _, is_renewal, _ in person.paid
        ]
        return sorted((*reached, *bought), reverse=self._wording.goals_fall)

    def _identified(self, person: Person) -> Json:
        if person.identified is None:
            return None
        at = self._stamp(person.identified)
        return {
            "userId": _user_id(person),
            "metadata": {"plan": "pro", "seats": 3} if person.metadata is None else person.metadata,
            "identifiedAt": at,
        }

    def _stamp(self, t: float) -> str:
        return _stamp(t, self._wording.stamp)


def _stamp(t: float, form: str) -> str:
    at = datetime.fromtimestamp(int(t * 1000) / 1000, UTC)
    plain = at.replace(tzinfo=None)
    forms = {
        "milliseconds": f"{plain.isoformat(timespec='milliseconds')}Z",
        "seconds": f"{plain.isoformat(timespec='seconds')}Z",
        "microseconds": f"{plain.isoformat(timespec='microseconds')}Z",
        "zero offset": at.isoformat(timespec="milliseconds"),
        "eastern": at.astimezone(_EASTERN).isoformat(timespec="seconds"),
        "small letters": f"{plain.isoformat(timespec='milliseconds')}z".lower(),
    }
    return forms[form]


def _newest_first(rows: Iterable[Json]) -> list[Json]:
    return sorted(rows, key=lambda row: str(row["timestamp"]), reverse=True)


def _events(site: Site, t: float) -> Iterator[Json]:
    """Yields the events of the last ten minutes, including those of visitors who have left."""
    for person in site.known.values():
        happened = [
            *((at, "pageview", path, None, n) for n, (at, path) in enumerate(person.pages)),
            *((goal.at, goal.kind, None, None, goal.number) for goal in person.goals),
            *((paid.at, "payment", "/pricing", paid.amount, n) for n, paid in enumerate(person.paid)),
            *([(person.identified, "identify", None, None, 0)] if person.identified else []),
        ]
        names = {goal.number: goal.name for goal in person.goals}
        for at, kind, path, amount, n in happened:
            if t - WINDOW < at <= t:
                yield {
                    "_id": _object_id(at, person, f"{kind} {n}"),
                    "type": kind,
                    "visitorId": person.id,
                    "timestamp": _stamp(at, "milliseconds"),
                    "path": path,
                    "countryCode": person.place[2],
                    "extraData": {"eventName": names[n]} if kind == "custom" else {},
                    "referrer": person.referrer,
                    "customerName": person.name if kind == "payment" else None,
                    "amount": amount,
                    "displayName": None,
                }


def _object_id(at: float, person: Person, what: str) -> str:
    """Returns the id of an event, made from its second, its visitor and its kind."""
    return f"{int(at * 1000) // 1000:08x}{person.number:08x}{zlib.crc32(what.encode()):08x}"


def _user_id(person: Person) -> str:
    return person.user_id or f"user_{person.number}"


def _params(person: Person) -> Json:
    return {name: "x" if name == "utm_source" and person.number % 2 else None for name in _PARAMS}


def _likelihood(person: Person, *, is_unknown: bool) -> Json:
    return {
        "score": 100 if person.paid else 50 if is_unknown else 20 + person.number % 60,
        "confidence": 0.1 if is_unknown else 0.763,
        "isBaseline": is_unknown and not person.paid,
        "dimensionMatches": [] if is_unknown else ["device", "country"],
        "raw": _LIKELY,
    }


def _prediction(person: Person, *, is_unknown: bool) -> Json:
    if person.paid:
        return None
    score = _likelihood(person, is_unknown=is_unknown)["score"]
    return {"score": score, "conversionRate": 0.0056, "expectedValue": 1.37, "confidence": 0.763}
