"""A key of a running mock, with a method for everything that a test can do with the key."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

from mock_server.state.limits import rate_limit_of

_SECONDS = 30
_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Safari/537.36"
)
# The arguments of `assert_called` whose names in JSON differ.
_MEMBERS = {"exact_body": "exactBody", "body_at": "bodyAt"}


class ControlError(Exception):
    """An error of the mock, or of reaching it; its text gives the reason.

    `status` is the status of the mock's answer; None if there was no answer, or if the answer is not a
    mock's.
    """

    def __init__(self, problem: str, status: int | None = None) -> None:
        super().__init__(problem)
        self.status = status


class Datafast:
    """A new key on a running mock, for one test.

    `url` is the API's base (`http://127.0.0.1:…/api/v1`), `key` the token that the client under test sends,
    and `account` the name by which another key joins its account: `Datafast(server, account=first.account)`.
    `tracking_id` is the `websiteId` in the events that pages send to the account; None for an account token.
    Its methods affect no other key.
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
        self, path: str = "/", *, visitor: str | None = None, user_agent: str = _CHROME, **members: Any
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
        reply = _content_of(self._server, "POST", "/api/events", seen, {"User-Agent": user_agent})
        self._visitor = reply["visitorId"]
        return self

    def goal(self, name: str, *, visitor: str | None = None, **members: Any) -> "Datafast":
        """Sends a custom goal by `POST /goals`; a `visitor` of None means the key's `visitor`.

        `members` are further members of the request's body, such as `metadata`.
        """
        reached = {"datafast_visitor_id": visitor or self.visitor, "name": name}
        self._send("POST", "/goals", {**reached, **members})
        return self

    def payment(
        self,
        amount: float,
        *,
        currency: str = "USD",
        transaction_id: str | None = None,
        visitor: str | None = None,
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

    def identify(self, user_id: str, *, visitor: str | None = None, **members: Any) -> "Datafast":
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
        self, limit: int | str | None, *, window: int | None = None, reset_unit: str = "ms"
    ) -> "Datafast":
        """Sets a rate limit: `limit` requests in each window of `window` seconds (60 by default).

        A text such as `"60/min"` has both; None removes the key's own limit. `reset_unit` is the unit of a
        429's `reset`, `ms` or `s`. Raises ValueError for an invalid text, or for a text and a window
        together.
        """
        if limit is None:
            return self._turn(rateLimit=None)
        if isinstance(limit, str):
            if window is not None:
                raise ValueError(f"{limit!r} contains its window already: leave `window` out")
            rate = rate_limit_of(limit)
            limit, window = rate.limit, rate.window
        rate_limit = {"limit": limit, "resetUnit": reset_unit}
        return self._turn(rateLimit=rate_limit if window is None else {**rate_limit, "window": window})

    def at(self, instant: str | datetime) -> "Datafast":
        """Sets the clock to an instant and freezes it; `advance` and `run` continue from there."""
        text = instant.isoformat() if isinstance(instant, datetime) else instant
        return self._clock(now=text, frozen=True)

    def advance(self, time: timedelta | float) -> "Datafast":
        """Advances the clock by seconds or a timedelta, without waiting."""
        seconds = time.total_seconds() if isinstance(time, timedelta) else time
        return self._clock(advance=round(seconds * 1000))

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

        `name` is the fault, such as `reset`, `truncate` or `hang`, and `then` has its options.
        """
        return self._rule({"fault": name, **(then or {})}, operation, times, rule)

    def delay(
        self,
        milliseconds: int | tuple[int, int],
        *,
        operation: str | None = None,
        times: int | None = None,
        **rule: Any,
    ) -> "Datafast":
        """Delays the next `times` answers, or all (None).

        `milliseconds` is the delay, or a pair of the shortest and the longest delay; each delay is then
        random.
        """
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
        least, most = (at_least, at_most) if times is None else (times, times)
        count = {"min": least if most is None else min(least, most)} | ({} if most is None else {"max": most})
        wanted = {_MEMBERS.get(name, name): value for name, value in expected.items()}
        if operation is not None:
            wanted["operation"] = operation
        for part in ("query", "headers"):
            if part in wanted:
                wanted[part] = {k: v if v is None else str(v) for k, v in wanted[part].items()}
        found = self._ask("POST", "requests/verify", {**wanted, "count": count})
        if not found["verified"]:
            raise AssertionError(_explanation(wanted, count, found))

    def assert_patient(self) -> None:
        """Raises AssertionError if the client sent a request before the waiting time of a 429 was over."""
        found = self._ask("GET", "requests/retries")
        hasty = [retry for retry in found["retries"] if retry["patient"] is False]
        lines = [
            f"  refused at {r['refusedAt']}: it had to wait {r['required']} ms and waited {r['waited']} ms"
            for r in hasty
        ]
        if hasty:
            raise AssertionError("\n".join(["after a 429 the client asked again too early:", *lines]))

    def forget(self) -> None:
        """Removes the key and its state from the mock."""
        self._ask("DELETE", f"keys/{quote(self.key)}", is_scoped=False)

    def _rule(
        self,
        then: Mapping[str, Any],
        operation: str | None,
        times: int | None,
        rule: Mapping[str, Any],
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
        return _content_of(self._server, method, target, body, {**self.headers, **headers})

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
        return _content_of(self._server, method, target, body, self._headers)


def _content_of(
    server: str, method: str, target: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
) -> Any:
    """Sends a request to the mock and returns the answer's JSON. Raises ControlError."""
    # The connection is direct, even if the environment names a proxy.
    connection = HTTPConnection(urlsplit(server).netloc, timeout=_SECONDS)
    sent = dict(headers) if body is None else {**headers, "Content-Type": "application/json"}
    try:
        connection.request(method, target, None if body is None else json.dumps(body).encode(), sent)
        with connection.getresponse() as reply:
            content, status = reply.read(), reply.status
    except (OSError, HTTPException) as error:
        raise ControlError(f"no mock answers at {server}: {error!r}") from None
    finally:
        connection.close()
    try:
        found: Any = json.loads(content) if content else None
        if status >= 400:
            # The API sends its errors in an envelope, the controls as problem+json.
            raise ControlError(found["error"]["message"] if "error" in found else found["detail"], status)
    except (KeyError, TypeError, ValueError):
        raise ControlError(
            f"the server at {server} is not a mock: it answers {method} {target} with {status}"
        ) from None
    return found


def _explanation(wanted: Mapping[str, Any], count: Mapping[str, int], found: Mapping[str, Any]) -> str:
    most = count.get("max")
    if most is None:
        expected = f"at least {count['min']}"
    else:
        expected = str(most) if most == count["min"] else f"{count['min']} to {most}"
    noun = "request" if (most or count["min"]) == 1 else "requests"
    lines = [f"expected {expected} {noun} like {json.dumps(wanted)}, but {found['count']} came"]
    if found["nearest"]:
        lines.append("nearest:")
    for near in found["nearest"]:
        request = near["request"]
        lines.append(f"  {request['method']} {request['path']} → {request['status']}, but")
        lines += [f"    {difference}" for difference in near["differences"]]
    return "\n".join(lines)
