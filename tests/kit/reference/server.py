"""The reference server, whose answers depend on the request, the instant and its habits."""

import gzip
import json
import random
import re
import zlib
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any, NamedTuple
from urllib.parse import unquote

from tests.kit.reference.habits import Cache, Habits
from tests.kit.reference.refused import Refused
from tests.kit.reference.site import Site
from tests.kit.reference.views import Views
from tests.kit.reference.wording import Writer
from tests.kit.reference.writes import BOT, PATHS, Writes

Json = Any

WEBSITE_ID = "5f0b3c4d2e1a001234567890"
TOKENS = {
    "key": "df_reference",
    "account": "dft_reference",
    "no_permission": "dft_reference_without_permission",
    "elsewhere": "dft_reference_of_somebody_else",
    "suspended": "df_reference_suspended",
    "limited": "df_reference_limited",
    "error_500": "df_reference_failing",
    "no_model": "df_reference_without_model",
    "unknowns": "df_reference_of_unknowns",
}
"""The tokens by their roles."""
_ROUTES = ("/analytics/realtime", "/analytics/realtime/map")
_VISITOR = "/visitors/"
_UUID_V4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
_LEAST_FREE = 2
_JSON = "application/json"


class Answer(NamedTuple):
    """A status, headers and a body. `Date` is among the headers, `Content-Length` is not."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Reference:
    """A correct server with given habits. Instants are Unix seconds of its own clock."""

    def __init__(self, habits: Habits, t: float) -> None:
        """`t` is the instant at which it starts."""
        self._habits = habits
        self._chance = random.Random(habits.seed)
        self._sites = {token: Site(habits.website, self._chance, t) for token in ("", *TOKENS.values())}
        self._writer = Writer(habits.wording, habits.seed)
        self._views = Views(habits)
        self._writes = Writes(habits.writing)
        self._accepted = habits.writing.success
        self._held: dict[tuple[str, str, str], tuple[float, Answer]] = {}
        self._count, self._minute = self._chance.randrange(60), t
        self._limited = 0

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str], t: float) -> Answer:
        """Answers a GET of a path below the API's base. Header names are in lower case."""
        held = self._held_for(path, query, headers, t)
        if held is not None:
            return held
        try:
            data = self._data(path, query, headers, t)
        except Refused as error:
            return self._error(error, t)
        return self._hold(path, query, headers, t, self._success(data, headers, t))

    def written(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        t: float,
    ) -> Answer:
        """Answers a POST or a DELETE of a path below the API's base. Header names are in lower case."""
        try:
            if path not in PATHS:
                raise Refused(404, "There is nothing here.")
            site = self._site(self._token(headers, query), t)
            told = self._writes.answer(site, method, path, query, body, t)
        except Refused as error:
            return self._error(error, t)
        content = json.dumps({**self._writer.more(), **told}).encode()
        return Answer(self._accepted, self._headers(t), content)

    def written_by(self, word: str) -> tuple[list[str], list[str]]:
        """Returns the names of the goals, and the transactions, that begin with a word."""
        sites = self._sites.values()
        goals = [g.name for site in sites for p in site.known.values() for g in p.goals]
        transactions = [key for site in sites for key in site.transactions]
        return [n for n in goals if n.startswith(word)], [n for n in transactions if n.startswith(word)]

    def _site(self, token: str, t: float) -> Site:
        """Counts a request for the rate limit, and returns the token's website at an instant.

        Raises Refused.
        """
        self._limit(token, t)
        shared = ("", TOKENS["key"], TOKENS["account"])
        site = self._sites["" if token in shared else token]
        site.move(t)
        return site

    def visitor_id(self, t: float) -> str | None:
        """Returns the id of a visitor who is online; None if there is none."""
        people = self._sites[""].people(t)
        return people[0].id if people else None

    def _data(self, path: str, query: Mapping[str, str], headers: Mapping[str, str], t: float) -> Json:
        """Returns the `data` of a success. Raises Refused."""
        if path not in _ROUTES and not path.startswith(_VISITOR):
            raise Refused(404, "There is nothing here.")
        token = self._token(headers, query)
        site = self._site(token, t)
        if path == _ROUTES[0]:
            if query.get("fields", "visitors") not in ("visitors", ""):
                raise Refused(400, "The only field is visitors.")
            return self._views.realtime(site, t)
        has_model = self._habits.has_model and token != TOKENS["no_model"]
        is_unknown = token == TOKENS["unknowns"]
        if path == _ROUTES[1]:
            return self._views.map(site, t, has_model=has_model, is_unknown=is_unknown)
        visitor_id = unquote(path.removeprefix(_VISITOR)).lower()
        if not _UUID_V4.fullmatch(visitor_id) or visitor_id == BOT:
            raise Refused(400, "This is no visitor's id.")
        if visitor_id not in site.known:
            raise Refused(404, "There is no such visitor.")
        person = site.known[visitor_id]
        return self._views.profile(person, t, has_model=has_model, is_unknown=is_unknown)

    def _token(self, headers: Mapping[str, str], query: Mapping[str, str]) -> str:
        """Returns the token of a request. Raises Refused for a missing or invalid token."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token not in TOKENS.values():
            raise Refused(401, "Who are you?")
        if token == TOKENS["error_500"]:
            raise Refused(500, "Something is wrong with us.")
        if token == TOKENS["suspended"]:
            raise Refused(403, "Tracking is suspended.")
        if token == TOKENS["no_permission"]:
            raise Refused(403, "This token may not read analytics.")
        if token.startswith("dft_"):
            website = query.get("websiteId")
            if website is None:
                raise Refused(self._habits.manners.unnamed, "Which website?")
            if website != WEBSITE_ID or token == TOKENS["elsewhere"]:
                raise Refused(self._habits.manners.elsewhere, "There is no such website for you.")
        return token

    def _limit(self, token: str, t: float) -> None:
        """Counts a request. Raises Refused if there have been too many in a minute."""
        if token == TOKENS["limited"]:
            self._limited += 1
            if self._limited > _LEAST_FREE:
                raise Refused(429, "Slow down.", {"Retry-After": "7"})
        rate = self._habits.manners.rate
        if rate is None:
            return
        if t >= self._minute + 60:
            self._count, self._minute = 0, t
        self._count += 1
        if self._count > rate:
            raise Refused(429, "Slow down.", self._told_to_wait(self._minute + 60, t))

    def _told_to_wait(self, over: float, t: float) -> dict[str, str]:
        """Returns the headers that say when a rate limit is over, in one of the usual forms."""
        forms = {
            "seconds": {"Retry-After": str(int(over - t) + 1)},
            "date": {"Retry-After": formatdate(over, usegmt=True)},
            "unix": {"X-RateLimit-Reset": str(int(over))},
            "milliseconds": {"X-RateLimit-Reset": str(int(over * 1000))},
        }
        return forms.get(self._habits.manners.waits, {})

    def _success(self, data: Json, headers: Mapping[str, str], t: float) -> Answer:
        body = json.dumps({"status": "success", **self._writer.more(), "data": self._writer.written(data)})
        coding = self._habits.wording.coding
        if coding is None or coding not in headers.get("accept-encoding", ""):
            return Answer(200, self._headers(t), body.encode())
        coded = gzip.compress(body.encode(), 1) if coding == "gzip" else zlib.compress(body.encode(), 1)
        return Answer(200, {**self._headers(t), "Content-Encoding": coding, "Vary": "Accept-Encoding"}, coded)

    def _error(self, error: Refused, t: float) -> Answer:
        headers = {**self._headers(t), **error.headers}
        if error.status == 429 and self._habits.manners.waits == "body":
            reset = int((self._minute + 61) * 1000)
            return Answer(429, headers, json.dumps({"limit": 60, "remaining": 0, "reset": reset}).encode())
        told: Json = {"code": error.status, "message": error.message}
        more: Json = {}
        if self._habits.manners.speaks_of_errors:
            told, more = {**told, "type": "refused", "docs": None}, {"requestId": "r-1"}
        return Answer(error.status, headers, json.dumps({"status": "error", "error": told, **more}).encode())

    def _headers(self, t: float) -> dict[str, str]:
        kind, has_date = self._habits.wording.content_type, self._habits.manners.has_date
        told = {"Content-Type": kind} if kind else {}
        return {**told, "Date": formatdate(t, usegmt=True)} if has_date else told

    # -- a cache before the server ----------------------------------------------------------------

    def _held_for(
        self, path: str, query: Mapping[str, str], headers: Mapping[str, str], t: float
    ) -> Answer | None:
        """Returns the cached answer to a request; None if there is none."""
        cache = self._habits.manners.cache
        at, answer = self._held.get(_key(path, query, headers), (0.0, None))
        if cache is None or answer is None or t - at > cache.seconds:
            return None
        return answer._replace(headers={**answer.headers, **_of_cache(cache, answer, t - at, t)})

    def _hold(
        self, path: str, query: Mapping[str, str], headers: Mapping[str, str], t: float, answer: Answer
    ) -> Answer:
        cache = self._habits.manners.cache
        if cache is not None and path.endswith(cache.paths):
            self._held[_key(path, query, headers)] = t, answer
        return answer


def _key(path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, str, str]:
    return path, str(sorted(query.items())), headers.get("authorization", "")


def _of_cache(cache: Cache, answer: Answer, age: float, t: float) -> dict[str, str]:
    told = {"Age": str(int(age))} if cache.tells_age else {}
    if not cache.keeps_date and "Date" in answer.headers:
        told["Date"] = formatdate(t, usegmt=True)
    return told
