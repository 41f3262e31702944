"""The plain stranger, in either revision, and the visitors of its website."""


# ruff: noqa: D102 - Stranger describes each method, and a subclass's docstring says how it differs

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any, ClassVar, NamedTuple
from urllib.parse import unquote

Json = Any


KEY, ACCOUNT, WEBSITE_ID = "df_stranger", "dft_stranger", "5f0b3c4d2e1a001234567890"


VISITOR = "/visitors/"


_UUID_V4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)


_WINDOW = 600


_PLACES = (
    ("Denver", "US-CO", "US", "United States"),
    ("Seosan City", "KR-44", "KR", "South Korea"),
    ("Kraków", "PL-12", "PL", "Poland"),
)


_SYSTEMS = (
    ("Chrome", "Mac OS", "desktop"),
    ("Mobile Safari", "iOS", "mobile"),
    ("Firefox", "Linux", "desktop"),
)


PARAMS = ("ref", "source", "via", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


_BASELINE = {"baselineConversionRate": 0.01, "baselineAverageValue": 99.5}


class Answer(NamedTuple):
    """An answer, without the headers `Date` and `Content-Length`."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Person:
    """A visitor. Instants are in seconds since the epoch; None if something has not happened."""

    number: int
    pages: tuple[tuple[float, str], ...]
    visits: int = 1
    first: float = 0
    identified: float | None = None
    paid: float | None = None
    place: tuple[str, str, str, str] = _PLACES[0]
    system: tuple[str, str, str] = _SYSTEMS[0]
    before: tuple[tuple[float, str], ...] = field(default=())
    """The page views of earlier visits."""

    @property
    def id(self) -> str:
        """A UUID of version 4."""
        return f"{self.number & 0xFFFFFFFF:08x}-1234-4abc-8def-{self.number:012x}"

    @property
    def began(self) -> float:
        """The instant at which the latest visit started."""
        return self.pages[0][0]

    def until(self, t: float) -> "Person":
        """Returns the person without what happens after an instant; the visit must have begun by then."""
        return replace(
            self,
            pages=tuple(page for page in self.pages if page[0] <= t),
            identified=self.identified if self.identified is not None and self.identified <= t else None,
            paid=self.paid if self.paid is not None and self.paid <= t else None,
        )


class Stranger:
    """The plain server, with all of revision 2026-02.

    Every `period` seconds a visitor comes and views four pages.
    """

    period: ClassVar[float] = 100
    realtime_window: ClassVar[int] = 300

    # -- time ---------------------------------------------------------------------------------------

    def now(self) -> float:
        """Returns the instant by the server's clock."""
        return time.time()

    def date(self, t: float) -> str | None:
        """Returns the `Date` of an answer; None to send no `Date`."""
        return formatdate(t, usegmt=True)

    def stamp(self, t: float) -> str:
        """Returns an instant as the server writes it."""
        return datetime.fromtimestamp(t, UTC).isoformat(timespec="milliseconds")[:23] + "Z"

    # -- the website ----------------------------------------------------------------------------------

    def people(self, t: float) -> list[Person]:
        """Returns the visitors with a page view in the last ten minutes."""
        last = int(t / self.period)
        born = (new_person(n, n * self.period) for n in range(last - int(700 / self.period), last + 1))
        known = (person.until(t) for person in born if person.began <= t)
        return [person for person in known if person.pages[-1][0] > t - _WINDOW]

    def find(self, visitor_id: str, t: float) -> Person | None:
        """Returns the visitor with an id; None for an unknown one, or one who has left."""
        return next((p for p in self.people(t) if p.id == visitor_id.lower()), None)

    # -- answers ----------------------------------------------------------------------------------------

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Returns the answer to a GET; `path` is below the API's base."""
        t, route = self.now(), self.route(path)
        if route is None:
            return self.unknown_route(path)
        problem = self.refusal(query, headers)
        return self.refused(*problem) if problem else self.found(path, query, t)

    def written(
        self, _method: str, _path: str, _query: Mapping[str, str], _headers: Mapping[str, str], _body: bytes
    ) -> Answer:
        """Returns the answer to a POST or a DELETE."""
        return self.refused(405, "Method not allowed")

    def route(self, path: str) -> str | None:
        """Returns the route of a path; None if no route matches."""
        known = ("/analytics/realtime", "/analytics/realtime/map")
        return path if path in known else VISITOR if path.startswith(VISITOR) else None

    def refusal(self, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str] | None:
        """Returns the status and message of a refusal; None if the credentials suffice."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token not in (KEY, ACCOUNT):
            return 401, "Invalid API key"
        if token == ACCOUNT and "websiteId" not in query:
            return 400, "websiteId is required"
        if token == ACCOUNT and query["websiteId"] != WEBSITE_ID:
            return 404, "Website not found"
        return None

    def found(self, path: str, query: Mapping[str, str], t: float) -> Answer:
        """Returns the answer to a request whose credentials suffice."""
        if path.startswith(VISITOR):
            visitor_id = unquote(path.removeprefix(VISITOR))
            if not _UUID_V4.fullmatch(visitor_id):
                return self.refused(400, "visitorId must be a UUID v4")
            person = self.find(visitor_id, t)
            return self.told(self.profile(person, t)) if person else self.refused(404, "Visitor not found")
        if path.endswith("/map"):
            return self.told(self.map(t))
        if query.get("fields", "visitors") != "visitors":
            return self.refused(400, "Invalid fields")
        return self.told(self.realtime(t))

    def told(self, data: Json) -> Answer:
        """Returns a successful answer."""
        return Answer(200, json.dumps({"status": "success", "data": data}).encode())

    def refused(self, code: int, message: str) -> Answer:
        """Returns an error in its envelope."""
        return Answer(
            code, json.dumps({"status": "error", "error": {"code": code, "message": message}}).encode()
        )

    def unknown_route(self, _path: str) -> Answer:
        """Returns the answer to a path that the API does not have."""
        return self.refused(404, "Not found")

    def realtime(self, t: float) -> Json:
        """Returns the `data` of the counter."""
        return [{"visitors": sum(p.pages[-1][0] > t - self.realtime_window for p in self.people(t))}]

    def map(self, t: float) -> Json:
        """Returns the `data` of the map."""
        people = self.people(t)
        events = sorted(self.events(people, t), key=lambda event: str(event["timestamp"]), reverse=True)
        return {
            "count": len(people),
            "visitors": [self.visitor(person, t) for person in people],
            "conversionMetrics": _BASELINE,
            "hasConversionPredictions": True,
            "recentEvents": events,
            "recentPayments": [self.payment(p) for p in people[::-1] if (p.paid or 0) > t - _WINDOW],
        }

    def visitor(self, person: Person, _t: float) -> Json:
        """Returns a visitor on the map."""
        city, region, code, _ = person.place
        browser, system, device = person.system
        name = f"Customer {person.number}" if person.paid else None
        return {
            "visitorId": person.id,
            "location": {"city": city, "region": region, "countryCode": code},
            "system": {"browser": {"name": browser}, "os": {"name": system}, "device": {"type": device}},
            "currentUrl": person.pages[-1][1],
            "referrer": "https://news.example/?q=1" if person.number % 2 else None,
            "sessionStartTime": self.stamp(person.began),
            "visitCount": person.visits,
            "params": dict.fromkeys(PARAMS),
            "latitude": 39.7391,
            "longitude": -104.9866,
            "isCustomer": person.paid is not None,
            "customerName": name,
            "customerEmail": f"c{person.number}@example.com" if person.paid else None,
            "profileData": {
                "displayName": f"User {person.number}" if person.identified else None,
                "userId": f"user_{person.number}" if person.identified else None,
                "hasProfile": person.identified is not None,
                "isRandomName": person.identified is None,
            },
            "conversionLikelihood": {
                "score": 100 if person.paid else 65,
                "confidence": 0.763,
                "isBaseline": False,
                "dimensionMatches": ["device", "country"],
                "raw": {"conversionRate": 0.0056, "averageValue": 246.98, "expectedValue": 1.37},
            },
        }

    def events(self, people: list[Person], t: float) -> Iterator[Json]:
        """Yields the events of the last ten minutes."""
        for person in people:
            for at, path in person.pages:
                if at > t - _WINDOW:
                    yield self.event(person, at, "pageview", path)
            if person.paid and person.paid > t - _WINDOW:
                yield {**self.event(person, person.paid, "payment", "/pricing"), "amount": 49}

    def event(self, person: Person, at: float, kind: str, path: str) -> Json:
        """Returns an event."""
        return {
            "_id": f"{_object_id(at, person)}{len(kind):02x}",
            "type": kind,
            "visitorId": person.id,
            "timestamp": self.stamp(at),
            "path": path,
            "countryCode": person.place[2],
            "extraData": {},
            "referrer": None,
            "customerName": None,
            "amount": None,
            "displayName": None,
        }

    def payment(self, person: Person) -> Json:
        """Returns a payment."""
        assert person.paid is not None, "payers only"
        return {
            "_id": f"{_object_id(person.paid, person)}ff",
            "type": "payment_received",
            "timestamp": self.stamp(person.paid),
            "name": f"Customer {person.number}",
            "email": f"c{person.number}@example.com",
            "amount": 49,
            "currency": "USD",
            "renewal": False,
            "displayName": None,
            "isNew": True,
            "visible": True,
        }

    def profile(self, person: Person, t: float) -> Json:
        """Returns the `data` of a profile."""
        city, region, code, country = person.place
        browser, system, device = person.system
        pages = (*person.before, *person.pages)
        told = [
            (person.identified, "signup", "manual", "custom"),
            (person.paid, "Pro", "payment_provider", "payment"),
        ]
        goals = [
            {"name": name, "origin": origin, "type": kind, "timestamp": self.stamp(at)}
            for at, name, origin, kind in told
            if at is not None
        ]
        return {
            "visitorId": person.id,
            "identity": {
                "country": country,
                "countryCode": code,
                "region": region,
                "city": city,
                "params": dict.fromkeys(PARAMS),
                "adClickIds": {"gclid": "Cj0KCQiA"},
                "browser": {"name": browser, "version": "133.0.0.0"},
                "os": {"name": system, "version": "10.15.7"},
                "device": {"type": device, "vendor": "Apple", "model": "Macintosh"},
                "viewport": {"width": 1728, "height": 998},
            },
            "activity": {
                "visitCount": person.visits,
                "pageViewCount": len(pages),
                "timeSinceFirstVisit": int((t - person.first) * 1000),
                "timeSinceCurrentVisit": int((t - person.began) * 1000),
                "firstVisitAt": self.stamp(person.first),
                "lastVisitAt": self.stamp(person.began),
                "currentUrl": f"stranger.example{person.pages[-1][1]}",
                "completedGoals": goals,
                "visitedPages": [
                    {"url": f"stranger.example{p}", "timestamp": self.stamp(at)} for at, p in pages
                ],
            },
            "profile": self.identified(person),
            "prediction": None
            if person.paid
            else {"score": 65, "conversionRate": 0.0056, "expectedValue": 1.37, "confidence": 0.763},
        }

    def identified(self, person: Person) -> Json:
        """Returns the profile of an identified visitor; None for an anonymous one."""
        if person.identified is None:
            return None
        user_id, at = f"user_{person.number}", self.stamp(person.identified)
        return {"userId": user_id, "metadata": {"plan": "pro"}, "identifiedAt": at}


def _object_id(at: float, person: Person) -> str:
    """Returns the first 22 digits of an event's id: its second, its visitor, its microsecond."""
    return f"{int(at):08x}{person.number & 0xFFFFFFFF:08x}{int(at * 1_000_000) & 0xFFFFFF:06x}"


def new_person(number: int, born: float) -> Person:
    """Returns a visitor who comes at an instant; for every third visitor it is the second visit."""
    visits, path = number % 3 // 2 + 1, ("/", "/pricing", "/blog/emoji-🎉", "/docs?page=2")
    first = born - 86_400 * (visits - 1)
    return Person(
        number,
        tuple((born + 20 * n, path[n]) for n in range(4)),
        visits,
        first,
        born + 5 if number % 2 else None,
        born + 30 if number % 4 == 1 else None,
        _PLACES[number % 3],
        _SYSTEMS[number // 3 % 3],
        () if visits == 1 else ((first, "/"),),
    )


class June(Stranger):
    """Speaks revision 2026-06, with only those members that its example shows."""

    realtime_window = 600

    def map(self, t: float) -> Json:
        people = self.people(t)
        return {
            "count": len(people),
            "visitors": [self.visitor(person, t) for person in people],
            "hasConversionPredictions": False,
            "recentEvents": [],
            "recentPayments": [],
        }

    def visitor(self, person: Person, _t: float) -> Json:
        return {
            "visitorId": person.id,
            "location": {"city": person.place[0], "countryCode": person.place[2]},
            "system": {"browser": person.system[0], "device": person.system[2]},
            "currentUrl": person.pages[-1][1],
        }
