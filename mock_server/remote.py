"""A key of a running mock, with a method for everything that a test can do with the key."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID, uuid4

from contract_tests.durations import milliseconds_in, milliseconds_of
from contract_tests.quoting import quoted
from mock_server.faults.prefer import read_members
from mock_server.instants import SECOND
from mock_server.remote_calls import count_of, explanation_of, impatience_of, matcher_of
from mock_server.remote_json import ControlError, content_of
from mock_server.state.limits import rate_limit_of

__all__ = ["ControlError", "Datafast"]

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Safari/537.36"
)
# The members of a rule's `then` that belong to one fault.
_FAULT_OPTIONS = ("pointer", "share", "duration")


class Datafast:
    """A new key on a running mock, for one test.

    `url` is the API's base (`http://127.0.0.1:…/api/v1`), `key` the token that the client under test sends,
    and `account` the name by which another key joins its account: `Datafast(server, account=first.account)`.
    `tracking_id` is the `websiteId` in the events that pages send to the account; None for an account token.
    Its methods affect no other key. What they send may contain a UUID, a date, a datetime, a timedelta or a
    Decimal.
    """

    def __init__(self, server: str, *, control_token: str | None = None, **settings: Any) -> None:
        """Mints a key on a server (`http://127.0.0.1:…`), with the settings of `POST /__mock/keys`.

        `control_token` is the server's, or None if it has none.
        """
        self._server = server
        self._headers = {"Authorization": f"Bearer {control_token}"} if control_token else {}
        minted = self._ask("POST", "keys", settings, is_scoped=False)
        self.key: str = minted["key"]
        self.account: str = minted["account"]
        self.tracking_id: str | None = minted["trackingId"]
        self.url: str = minted["url"]
        self._visitor = ""

    @property
    def headers(self) -> dict[str, str]:
        """The headers with which a client uses this key."""
        return {"Authorization": f"Bearer {self.key}"}

    @property
    def website_id(self) -> str:
        """The id of the website that the key has at present."""
        found: str = self._ask("GET", f"keys/{quote(self.key)}", is_scoped=False)["websiteId"]
        return found

    @property
    def now(self) -> datetime:
        """The present instant of the key's world."""
        return datetime.fromisoformat(self._ask("GET", "clock")["now"])

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The requests with this key, oldest first, each with operation, query, headers, status, lint, …"""
        found: list[dict[str, Any]] = self._ask("GET", "requests", limit=1000)["requests"]
        return found

    @property
    def visitor(self) -> str:
        """The id of a visitor of the key's website who is online now, if possible one who has not paid.

        It stays the same as long as the visitor is online. Raises ControlError if nobody is online.
        """
        online = self._send("GET", "/analytics/realtime/map", Prefer="peek")["data"]["visitors"]
        if not online:
            raise ControlError("nobody is on this website now: name a visitor, or set the clock")
        if self._visitor not in [one["visitorId"] for one in online]:
            self._visitor = next((one for one in online if not one["isCustomer"]), online[0])["visitorId"]
        return self._visitor

    def pageview(
        self, path: str = "/", *, visitor: str | UUID | None = None, user_agent: str = _CHROME, **members: Any
    ) -> "Datafast":
        """Sends the page view of a browser; its visitor becomes the key's `visitor`.

        `visitor` is a UUID of your choice; None means a new visitor. `members` are further members of the
        event, such as `referrer`, `timezone`, `language` or `viewport`.
        """
        seen = {
            "websiteId": self.tracking_id,
            "type": "pageview",
            "visitorId": visitor or str(uuid4()),
            "href": path,
            "language": "en-US",
            "timezone": "America/New_York",
            **members,
        }
        reply = content_of(self._server, "POST", "/api/events", seen, {"User-Agent": user_agent})
        self._visitor = reply["visitorId"]
        return self

    def goal(self, name: str, *, visitor: str | UUID | None = None, **members: Any) -> "Datafast":
        """Sends a custom goal by `POST /goals`; a `visitor` of None means the key's `visitor`.

        `members` are further members of the request's body, such as `metadata`.
        """
        reached = {"datafast_visitor_id": visitor or self.visitor, "name": name}
        self._send("POST", "/goals", {**reached, **members})
        return self

    def payment(
        self,
        amount: float | Decimal,
        *,
        currency: str = "USD",
        transaction_id: str | None = None,
        visitor: str | UUID | None = None,
        **members: Any,
    ) -> "Datafast":
        """Sends a payment by `POST /payments`.

        A `transaction_id` of None means a new one, a `visitor` of None the key's `visitor`. `members` are
        further members of the request's body, such as `email` or `renewal`.
        """
        paid = {
            "datafast_visitor_id": visitor or self.visitor,
            "amount": amount,
            "currency": currency,
            "transaction_id": transaction_id or f"txn_{uuid4().hex}",
        }
        self._send("POST", "/payments", {**paid, **members})
        return self

    def identify(self, user_id: str, *, visitor: str | UUID | None = None, **members: Any) -> "Datafast":
        """Identifies a visitor by `POST /identify`; a `visitor` of None means the key's `visitor`.

        `members` are further members of the request's body, such as `name` or `email`.
        """
        self._send(
            "POST",
            "/identify",
            {"datafast_visitor_id": visitor or self.visitor, "user_id": user_id, **members},
        )
        return self

    def facts(self) -> list[dict[str, Any]]:
        """Returns the facts of the key's account, each with sequence, websiteId, type, fact, …"""
        found: list[dict[str, Any]] = []
        last = 0
        while page := self._ask("GET", "facts", limit=1000, after=last)["facts"]:
            found += page
            last = page[-1]["sequence"]
        return found

    def clear_facts(self) -> "Datafast":
        """Removes the facts that were written to the key's account."""
        self._ask("DELETE", "facts")
        return self

    def site(self, name: str) -> "Datafast":
        """Changes the key's website, for example to `launch_day`."""
        return self._turn(site=name)

    def revision(self, name: str) -> "Datafast":
        """Changes the revision of the key's answers, for example to `2026-06`."""
        return self._turn(revision=name)

    def rate_limit(
        self,
        limit: int | str | None,
        *,
        window: timedelta | str | int | None = None,
        reset_unit: str = "ms",
    ) -> "Datafast":
        """Sets a rate limit: `limit` requests in each `window`, which is as for `advance` (60 s by default).

        A text such as `"60/min"` has both; None removes the key's own limit. `reset_unit` is the unit of a
        429's `reset`, `ms` or `s`. Raises ValueError for an invalid text, or for a text and a window
        together.
        """
        if limit is None:
            return self._turn(rateLimit=None)
        if isinstance(limit, str):
            if window is not None:
                raise ValueError(f"{quoted(limit)} contains its window already: leave `window` out")
            rate = rate_limit_of(limit)
            limit, window = rate.limit, rate.seconds
        rate_limit = {"limit": limit, "resetUnit": reset_unit}
        if window is not None:
            seconds = _milliseconds(window, "window") / SECOND
            rate_limit["window"] = int(seconds) if seconds.is_integer() else seconds
        return self._turn(rateLimit=rate_limit)

    def at(self, instant: str | date) -> "Datafast":
        """Sets the clock to an instant and freezes it; `advance` and `run` continue from there.

        A date means its midnight. Without a time zone the instant is UTC.
        """
        return self._clock(now=instant, frozen=True)

    def advance(self, time: timedelta | float | str) -> "Datafast":
        """Advances the clock by a timedelta, by seconds, or by a text such as `90s`, `5m` or `1h`.

        It does not wait. Raises ValueError for anything else.
        """
        return self._clock(advance=_milliseconds(time, "time"))

    def freeze(self) -> "Datafast":
        """Stops the clock."""
        return self._clock(frozen=True)

    def run(self, *, speed: float = 1.0) -> "Datafast":
        """Lets the clock run; in each real second, `speed` seconds pass in the world."""
        return self._clock(frozen=False, speed=speed)

    def fail(
        self, code: int = 500, *, operation: str | None = None, times: int | None = None, **rule: Any
    ) -> "Datafast":
        """Lets the next `times` requests, or all (None), fail with a documented error."""
        return self._rule({"code": code}, operation, times, rule)

    def fault(
        self,
        name: str,
        *,
        operation: str | None = None,
        times: int | None = None,
        then: Mapping[str, Any] | None = None,
        **rule: Any,
    ) -> "Datafast":
        """Breaks the next `times` answers, or all (None).

        `name` is the fault, such as `reset`, `hang` or `truncate`. Its option is `share`, `pointer` or
        `duration`, or a part of the name as in `Prefer` (`truncate:0.3`); `then` can have it, too. Raises
        ValueError for an invalid option in the name.
        """
        if ":" in name:
            read_members("fault", name)
        options = {option: rule.pop(option) for option in _FAULT_OPTIONS if option in rule}
        return self._rule({"fault": name, **options, **(then or {})}, operation, times, rule)

    def delay(
        self,
        milliseconds: int | timedelta | str | tuple[int | timedelta | str, int | timedelta | str],
        *,
        operation: str | None = None,
        times: int | None = None,
        **rule: Any,
    ) -> "Datafast":
        """Delays the next `times` answers, or all (None).

        `milliseconds` is the delay, which can be a timedelta or a text such as `1.5s`. A pair, or a text as
        in `Prefer` (`200..900`), is the shortest and the longest delay; each delay is then random. Raises
        ValueError for an invalid text.
        """
        if isinstance(milliseconds, str):
            read_members("delay", milliseconds)
        return self._rule({"delay": milliseconds}, operation, times, rule)

    def repair(self) -> "Datafast":
        """Removes all rules of the key for errors, faults and delays."""
        return self._turn(faults=[])

    def assert_called(
        self,
        operation: str | None = None,
        *,
        times: int | None = None,
        at_least: int = 1,
        at_most: int | None = None,
        **expected: Any,
    ) -> None:
        """Raises AssertionError, with the nearest misses, if too few or too many requests match.

        `expected` can have `query`, `headers`, `body`, `exact_body`, `body_at`, `method`, `path`, `status`,
        as `/__mock/requests/verify` takes them.
        """
        wanted = matcher_of(operation, expected)
        count = count_of(times, at_least, at_most)
        found = self._ask("POST", "requests/verify", {**wanted, "count": count})
        if not found["verified"]:
            raise AssertionError(explanation_of(wanted, count, found))

    def assert_patient(self) -> None:
        """Raises AssertionError if the client sent a request before the waiting time of a 429 was over."""
        found = self._ask("GET", "requests/retries")
        hasty = [retry for retry in found["retries"] if retry["patient"] is False]
        if hasty:
            raise AssertionError(impatience_of(hasty))

    def forget(self) -> None:
        """Removes the key and its state from the mock."""
        self._ask("DELETE", f"keys/{quote(self.key)}", is_scoped=False)

    def _rule(
        self, then: Mapping[str, Any], operation: str | None, times: int | None, rule: Mapping[str, Any]
    ) -> "Datafast":
        further = dict(rule)
        when = {**further.pop("when", {}), **({} if operation is None else {"operation": operation})}
        added = {"when": when, "then": {**further.pop("then", {}), **then}, **further}
        if times is not None:
            added["times"] = times
        there = self._ask("GET", "settings")["faults"]
        return self._turn(faults=[*there, added])

    def _turn(self, **changed: Any) -> "Datafast":
        self._ask("PATCH", "settings", changed)
        return self

    def _clock(self, **change: Any) -> "Datafast":
        self._ask("PUT", "clock", change)
        return self

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> Any:
        """Sends a request to the API with the key and returns the answer's JSON. Raises ControlError."""
        target = urlsplit(self.url).path + path
        return content_of(self._server, method, target, body, {**self.headers, **headers})

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        is_scoped: bool = True,
        **query: Any,
    ) -> Any:
        scope = {**query, **({"key": self.key} if is_scoped else {})}
        written = "&".join(f"{name}={quote(str(value))}" for name, value in scope.items())
        target = f"/__mock/{path}" + (f"?{written}" if written else "")
        return content_of(self._server, method, target, body, self._headers)


def _milliseconds(time: object, name: str) -> int:
    """Returns a duration of a caller in ms; a number is in seconds. Raises ValueError."""
    if isinstance(time, timedelta):
        return milliseconds_in(time)
    if isinstance(time, str):
        return milliseconds_of(time, bare=SECOND)
    if isinstance(time, int | float) and isfinite(time):
        return round(time * SECOND)
    raise ValueError(f"`{name}`: seconds, a timedelta or a text such as 90s or 1h are expected, not {time!r}")
