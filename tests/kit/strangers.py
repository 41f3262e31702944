"""Correct servers that strangers could have written: small, unlike the mock, and true to the pages.

Each is a class. `Stranger` is the plain one, with all of revision 2026-02; the docstring of a subclass names
every difference from its parent. Nothing here imports the mock or the kit.
"""

# ruff: noqa: D102 - Stranger describes each method, and a subclass's docstring says how it differs

import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

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
_PARAMS = ("ref", "source", "via", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
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
        born = (_person(n, n * self.period) for n in range(last - int(700 / self.period), last + 1))
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
            "params": dict.fromkeys(_PARAMS),
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
                "params": dict.fromkeys(_PARAMS),
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


def _person(number: int, born: float) -> Person:
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


class EmptyWebsite(Stranger):
    """Has no visitors."""

    def people(self, _t: float) -> list[Person]:
        return []


class NoModel(Stranger):
    """Has no conversion model, and so neither metrics nor likelihoods."""

    def map(self, t: float) -> Json:
        told = {**super().map(t), "hasConversionPredictions": False}
        del told["conversionMetrics"]
        for visitor in told["visitors"]:
            del visitor["conversionLikelihood"]
        return told

    def profile(self, person: Person, t: float) -> Json:
        return {**super().profile(person, t), "prediction": None}


class OnlyCustomersScored(June):
    """Has no conversion model. Customers have a score of 100, other visitors have null."""

    def visitor(self, person: Person, t: float) -> Json:
        likelihood = {"score": 100} if person.paid else None
        return {**super().visitor(person, t), "conversionLikelihood": likelihood}


class Busy(Stranger):
    """Has visitors who come, leave, return or view another page at every request."""

    realtime_window = 600

    def __init__(self) -> None:
        self._chance = random.Random(7)
        self._known: dict[int, Person] = {}
        self._here: set[int] = set()

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        t = self.now()
        for number in range(20):
            if self._chance.random() < 0.3:
                self._move(number, t)
        return super().answer(path, query, headers)

    def _move(self, number: int, t: float) -> None:
        person = self._known.get(number)
        if number in self._here and self._chance.random() < 0.5:
            self._here.discard(number)
        elif person is None:
            self._known[number] = replace(_person(number, t), pages=((t, "/"),), visits=1, first=t, before=())
            self._here.add(number)
        elif number in self._here:
            self._known[number] = replace(person, pages=(*person.pages, (t, f"/{int(t * 1000) % 97}")))
        else:
            before = (*person.before, *person.pages)
            self._known[number] = replace(
                person, pages=((t, "/back"),), visits=person.visits + 1, before=before
            )
            self._here.add(number)

    def people(self, t: float) -> list[Person]:
        return [self._known[number].until(t) for number in sorted(self._here)]


class Limited(Stranger):
    """Allows 24 requests in half a second, then answers 429. The header with the time to wait varies."""

    def __init__(self) -> None:
        self._since, self._count, self._ways = 0.0, 0, 0

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        t = time.time()
        if t > self._since + 0.5:
            self._since, self._count = t, 0
        self._count += 1
        if self._count <= 24:
            return super().answer(path, query, headers)
        self._ways += 1
        over = t + 0.2
        ways = (
            {"Retry-After": "1"},
            {"X-RateLimit-Reset": str(int(over * 1000))},
            {"X-RateLimit-Reset": str(int(over))},
            {"Retry-After": formatdate(over, usegmt=True)},
            {"X-RateLimit-Reset": "0"},
        )
        return Answer(429, b"slow down", {"Content-Type": "text/plain", **ways[self._ways % len(ways)]})


class Talkative(Stranger):
    """Adds undocumented members everywhere, and answers an unknown route with an HTML page."""

    def told(self, data: Json) -> Answer:
        body = {"status": "success", "data": _richer(data), "requestId": "r1", "pagination": None}
        return Answer(200, json.dumps(body).encode(), {"Content-Type": "application/json; charset=utf-8"})

    def unknown_route(self, _path: str) -> Answer:
        return Answer(404, b"<!doctype html><h1>404</h1>", {"Content-Type": "text/html"})


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


class Unknowing(Stranger):
    """Sends null for everything that may be null."""

    def visitor(self, person: Person, t: float) -> Json:
        told = super().visitor(person, t)
        told |= dict.fromkeys(("currentUrl", "referrer", "latitude", "longitude", "conversionLikelihood"))
        told |= {"location": dict.fromkeys(told["location"]), "params": dict.fromkeys(_PARAMS)}
        told["system"] = {"browser": {"name": None}, "os": {"name": None}, "device": {"type": None}}
        return told

    def event(self, person: Person, at: float, kind: str, path: str) -> Json:
        names = ("path", "countryCode", "referrer", "customerName", "displayName")
        return {**super().event(person, at, kind, path), **dict.fromkeys(names)}

    def payment(self, person: Person) -> Json:
        return {**super().payment(person), **dict.fromkeys(("name", "email", "displayName"))}

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        identity = told["identity"]
        for part in ("params", "browser", "os", "device", "viewport"):
            identity[part] = dict.fromkeys(identity[part])
        identity |= dict.fromkeys(("country", "countryCode", "region", "city"))
        told["activity"] |= dict.fromkeys(("firstVisitAt", "lastVisitAt", "currentUrl"))
        return {**told, "prediction": None}


class UnknowingJune(June):
    """Sends null for everything that may be null, so that no answer indicates a revision."""

    def visitor(self, person: Person, _t: float) -> Json:
        nothing = dict.fromkeys(("browser", "os", "device"))
        place = dict.fromkeys(("city", "region", "countryCode"))
        told = {"visitorId": person.id, "location": place, "system": nothing, "currentUrl": None}
        return {**told, "conversionLikelihood": None}


class Unsaying(Stranger):
    """Leaves out members that are null."""

    def told(self, data: Json) -> Answer:
        return super().told(_without_nulls(data))

    def visitor(self, person: Person, t: float) -> Json:
        return {**super().visitor(person, t), "currentUrl": None}


class Truncating(June):
    """Counts all visitors on the map, but lists only three."""

    def map(self, t: float) -> Json:
        told = super().map(t)
        return {**told, "visitors": told["visitors"][:3]}


class BehindCdn(June):
    """Stands behind a cache, which keeps an answer for half a minute, and sends its `Age` and its `Date`."""

    period = 4

    def __init__(self) -> None:
        self._chance = random.Random(7)
        self._held: dict[tuple[str, str], tuple[float, Answer]] = {}

    def found(self, path: str, query: Mapping[str, str], t: float) -> Answer:
        key = path, str(sorted(query.items()))
        at, answer = self._held.get(key, (0.0, self.refused(404, "")))
        if t - at > 30:
            # Another client may have requested the cached answer before.
            at = t - self._chance.random() * 28
            answer = super().found(path, query, at)
            self._held[key] = at, answer
        age = {"Age": str(int(t - at))} if t - at >= 1 else {}
        return answer._replace(headers={**answer.headers, **age, **self.dated(at)})

    def dated(self, at: float) -> dict[str, str]:
        """Returns the header `Date` that the cache has kept."""
        return {"Date": formatdate(at, usegmt=True)}


class BehindCdnWithItsDate(BehindCdn):
    """Stands behind a cache that sends its own `Date`."""

    def dated(self, _at: float) -> dict[str, str]:
        return {}


class HoldingTheMap(June):
    """Caches the map without an `Age`, while the counter is fresh.

    The website has existed for only five minutes.
    """

    period = 30

    def __init__(self) -> None:
        self._held: Json = None
        self._opened = time.time() - 300

    def people(self, t: float) -> list[Person]:
        return [person for person in super().people(t) if person.began > self._opened]

    def map(self, t: float) -> Json:
        if self._held is None:
            self._held = super().map(t - 25)
        return self._held


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


class Replicated(Stranger):
    """Answers from two machines in turn, which write the same instants in two ways."""

    _turns = 0

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        self._turns += 1
        return super().answer(path, query, headers)

    def stamp(self, t: float) -> str:
        written = super().stamp(t)
        return written if self._turns % 2 else written.replace("Z", "+00:00")


class Remembering(Stranger):
    """Sets a cookie in each successful answer, and accepts it in place of a token."""

    def refusal(self, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str] | None:
        return None if "session=1" in headers.get("Cookie", "") else super().refusal(query, headers)

    def told(self, data: Json) -> Answer:
        answer = super().told(data)
        return answer._replace(headers={**answer.headers, "Set-Cookie": "session=1; Path=/; HttpOnly"})


class Discreet(Stranger):
    """Answers 403 to an account token without `websiteId`, or with one that does not exist."""

    def refusal(self, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str] | None:
        problem = super().refusal(query, headers)
        return (403, "Forbidden") if problem and problem[0] in (400, 404) else problem


class Crowded(June):
    """Has hundreds of visitors at once."""

    period = 2

    def __init__(self) -> None:
        self._people: list[Person] = []

    def people(self, t: float) -> list[Person]:
        # Nobody comes or leaves during a run.
        if not self._people:
            self._people = super().people(t)
        return self._people

    def realtime(self, t: float) -> Json:
        return [{"visitors": len(self.people(t))}]


class Quiet(Stranger):
    """Has three visitors, idle for six minutes: on the map, but not in the counter. One has no profile."""

    def __init__(self) -> None:
        self._people = [_person(n, time.time() - 460 - n) for n in range(3)]

    def people(self, _t: float) -> list[Person]:
        return self._people

    def find(self, visitor_id: str, t: float) -> Person | None:
        return None if visitor_id.endswith("2") else super().find(visitor_id, t)


class Cutting(Talkative):
    """Sends texts that are cut in the middle of an emoji, are empty, or look like HTML."""

    def visitor(self, person: Person, t: float) -> Json:
        told = super().visitor(person, t)
        told["location"] |= {"city": "", "region": "\ud83c"}
        told["profileData"]["displayName"] = "<b>\u0000\u202e" if person.identified else None
        return {**told, "currentUrl": "/blog/\ud83c", "referrer": ""}

    def map(self, t: float) -> Json:
        told = super().map(t)
        told["recentEvents"] = [{**event, "path": "/blog/\ud83c"} for event in told["recentEvents"]]
        return told

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        told["identity"] |= {"city": "", "region": "\ud83c"}
        return told


class Travelling(Stranger):
    """Has visitors who return from another country or whose city changes, and profiles with region names."""

    def __init__(self) -> None:
        self._asked = 0

    def visitor(self, person: Person, t: float) -> Json:
        told = super().visitor(person, t)
        self._asked += 1
        if person.number % 15 == 0 and self._asked > 60:
            told["location"]["city"] = f"Between {self._asked // 60}"
        return told

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        told["identity"]["region"] = "Colorado"
        if person.visits > 1:
            told["identity"] |= {"city": "Lagos", "countryCode": "NG", "country": "Nigeria"}
        return told


class Alone(Stranger):
    """Has one visitor, on the first visit, who changes network and account between map and profile."""

    def __init__(self) -> None:
        begun = self.now() - 300
        self._person = replace(_person(3, begun), visits=1, first=begun, paid=None)

    def people(self, _t: float) -> list[Person]:
        return [self._person]

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        told["identity"]["city"] = "Lagos"
        told["profile"]["userId"] = "another"
        return told


class RequestingDesktops(Stranger):
    """Has some visitors on telephones who request the website for desktops, so that they seem to have one."""

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        if person.system[2] == "mobile" and person.number % 2:
            told["identity"] |= {"os": {"name": "Mac OS", "version": None}, "browser": {"name": "Safari"}}
            told["identity"]["device"]["type"] = "desktop"
        return told


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


class BehindTwoCaches(Stranger):
    """Stands behind two caches in turn, which do not say so, and its visitors view a page every five seconds.

    One of the caches has profiles that are half a minute old.
    """

    def __init__(self) -> None:
        self._asked: dict[int, int] = {}

    def people(self, t: float) -> list[Person]:
        return [
            replace(
                person,
                pages=tuple((person.began + 5 * n, "/") for n in range(int(t - person.began) // 5 + 1)),
            )
            for person in super().people(t)
        ]

    def profile(self, person: Person, t: float) -> Json:
        asked = self._asked[person.number] = self._asked.get(person.number, 0) + 1
        at = t - 28 if asked % 2 == 0 and person.began < t - 28 else t
        return super().profile(person.until(at), at)


class Stumbling(Stranger):
    """Stands behind a gateway that answers every other refused request with 503."""

    def __init__(self) -> None:
        self._asked = 0

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        if self.refusal(query, headers):
            self._asked += 1
            if self._asked % 2:
                return Answer(503, b"<h1>Service Unavailable</h1>", {"Content-Type": "text/html"})
        return super().answer(path, query, headers)


class Waking(Stranger):
    """Starts behind a gateway, which answers 502 to the first three requests."""

    def __init__(self) -> None:
        self._asked = 0

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        self._asked += 1
        if self._asked <= 3:
            return Answer(502, b"<h1>Bad Gateway</h1>", {"Content-Type": "text/html"})
        return super().answer(path, query, headers)


class Hasty(Stranger):
    """Closes each connection after its answer, without announcing it in a header."""

    closes: ClassVar[bool] = True


STRANGERS: tuple[Callable[[], Stranger], ...] = (
    *(Stranger, June, EmptyWebsite, NoModel, Busy, Limited, Talkative),
    *(Documentation02, Documentation06, SlowClock, FastClock, SlowClockWithoutDate, FastClockWithoutDate),
    *(Unknowing, UnknowingJune, Truncating, BehindCdn, BehindCdnWithItsDate, HoldingTheMap),
    *(Precise, Remembering, Discreet, Crowded, Quiet, Cutting, Stumbling, Hasty),
    *(RequestingDesktops, WithClocksOfDevices, BehindTwoCaches),
)
UNUSUAL: Mapping[Callable[[], Stranger], frozenset[str]] = {
    OnlyCustomersScored: frozenset({"MAP-41", "MAP-42", "MAP-43", "MAP-44"}),
    Unsaying: frozenset({"MAP-12"}),
    Eastern: frozenset({"MAP-07", "MAP-22", "MAP-53", "MAP-63"}),
    Local: frozenset({"MAP-22", "MAP-53", "MAP-63", "VIS-26", "VIS-27", "VIS-33", "VIS-36", "VIS-40"}),
    Replicated: frozenset({"MAP-22", "MAP-53", "MAP-63"}),
    Travelling: frozenset({"AGR-08"}),
    Alone: frozenset({"AGR-03", "AGR-09"}),
}
"""Servers that break no clause, but differ from the examples, each with the clauses that may warn."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    stranger: Stranger

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        base, path = parts.path[:7], parts.path[7:]
        stranger = self.stranger
        headers = dict(self.headers.items())
        if base != "/api/v1":
            answer = stranger.unknown_route(path)
        elif method == "GET":
            answer = stranger.answer(path, query, headers)
        else:
            answer = stranger.written(method, path, query, headers, body)
        self.send_response_only(answer.status)
        date = stranger.date(stranger.now())
        for name, value in {**({"Date": date} if date else {}), **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.close_connection = getattr(stranger, "closes", self.close_connection)

    def log_message(self, *_arguments: object) -> None:
        """Logs nothing."""


@contextmanager
def running(stranger: Stranger, *, after: float = 0) -> Iterator[str]:
    """Serves a stranger until the block ends; yields the API's base URL.

    For the first `after` seconds the port is bound, but refuses connections.
    """
    handler = type("Handler", (_Handler,), {"stranger": stranger})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler, bind_and_activate=False) as server:
        server.daemon_threads = True
        server.server_bind()

        def serve() -> None:
            time.sleep(after)
            server.server_activate()
            listening.set()
            server.serve_forever(0.02)

        listening = threading.Event()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        if not after:
            listening.wait()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api/v1"
        finally:
            server.shutdown()
            thread.join()


def _richer(value: Json) -> Json:
    """Returns a value with unknown members added to each of its objects."""
    if isinstance(value, dict):
        return {**{name: _richer(part) for name, part in value.items()}, "x_new": [{"a": None}], "": 1}
    return [_richer(part) for part in value] if isinstance(value, list) else value


def _without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value] if isinstance(value, list) else value


def _with_points(value: Json) -> Json:
    """Returns a value in which each integer is a float, such as 5.0 for 5."""
    if isinstance(value, dict):
        return {name: _with_points(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_with_points(part) for part in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


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
