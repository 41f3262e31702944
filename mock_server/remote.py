"""A key of a running mock, and all that a test may do with it."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

from mock_server.state.limits import rate_limit_of

_SECONDS = 30


class ControlError(Exception):
    """The mock refused what it was told; the text says why. `status` is None where no mock answered."""

    def __init__(self, problem: str, status: int | None = None) -> None:
        super().__init__(problem)
        self.status = status


class Datafast:
    """One website on a running mock, seen through a key of its own.

    `url` is the API's base (`http://127.0.0.1:…/api/v1`), `key` the token that the client under test sends,
    and `account` the name by which another key joins its account: `Datafast(server, account=first.account)`.
    What is done here touches no other key.
    """

    def __init__(self, server: str, *, control_token: str | None = None, **settings: Any) -> None:
        """Mints a key on a server (`http://127.0.0.1:…`); `settings` as `POST /__mock/keys` takes them.

        `control_token` is that of the server, where it has one.
        """
        self._server = server
        self._headers = {"Authorization": f"Bearer {control_token}"} if control_token else {}
        minted = self._ask("POST", "keys", settings, is_scoped=False)
        self.key: str = minted["key"]
        self.account: str = minted["account"]
        self.url: str = minted["url"]

    @property
    def headers(self) -> dict[str, str]:
        """What a client sends to use this key."""
        return {"Authorization": f"Bearer {self.key}"}

    @property
    def website_id(self) -> str:
        """The id of the website that the key stands for now."""
        found: str = self._ask("GET", f"keys/{quote(self.key)}", is_scoped=False)["websiteId"]
        return found

    @property
    def now(self) -> datetime:
        """The instant of the world."""
        return datetime.fromisoformat(self._ask("GET", "clock")["now"])

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The requests that came with this key, oldest first: operation, query, headers, status, lint, …"""
        found: list[dict[str, Any]] = self._ask("GET", "requests", limit=1000)["requests"]
        return found

    def site(self, name: str) -> "Datafast":
        """Moves to another website, such as `launch_day`."""
        return self._turn(site=name)

    def revision(self, name: str) -> "Datafast":
        """Answers as another revision of the documentation has it."""
        return self._turn(revision=name)

    def rate_limit(
        self, limit: int | str | None, *, window: int | None = None, reset_unit: str = "ms"
    ) -> "Datafast":
        """Allows so many requests in each window of so many seconds (60 unless told); `"60/min"` says both.

        None stands for the limit that the server has. A 429 tells its `reset` in `ms` or `s`. Raises
        ValueError for a text that is no rate limit, or that has a window beside it.
        """
        if limit is None:
            return self._turn(rateLimit=None)
        if isinstance(limit, str):
            if window is not None:
                raise ValueError(f"{limit!r} names its window itself: leave `window` out")
            rate = rate_limit_of(limit)
            limit, window = rate.limit, rate.window
        rate_limit = {"limit": limit, "resetUnit": reset_unit}
        return self._turn(rateLimit=rate_limit if window is None else {**rate_limit, "window": window})

    def at(self, instant: str | datetime) -> "Datafast":
        """Goes to an instant and stays there; `advance` and `run` go on from it."""
        text = instant.isoformat() if isinstance(instant, datetime) else instant
        return self._clock(now=text, frozen=True)

    def advance(self, time: timedelta | float) -> "Datafast":
        """Lets time pass, in seconds or as a timedelta; nothing sleeps."""
        seconds = time.total_seconds() if isinstance(time, timedelta) else time
        return self._clock(advance=round(seconds * 1000))

    def freeze(self) -> "Datafast":
        """Stops the clock."""
        return self._clock(frozen=True)

    def run(self, *, speed: float = 1.0) -> "Datafast":
        """Lets the clock run, `speed` seconds of the world in one of ours."""
        return self._clock(frozen=False, speed=speed)

    def fail(
        self, code: int = 500, *, operation: str | None = None, times: int | None = None, **rule: Any
    ) -> "Datafast":
        """Answers with a documented error; the next `times` requests, or all (None)."""
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
        """Breaks answers: `reset`, `truncate`, `malformed`, `hang`, …; `then` has what else a fault takes."""
        return self._rule({"fault": name, **(then or {})}, operation, times, rule)

    def delay(
        self,
        milliseconds: int | tuple[int, int],
        *,
        operation: str | None = None,
        times: int | None = None,
        **rule: Any,
    ) -> "Datafast":
        """Answers late; of two, something between them."""
        return self._rule({"delay": milliseconds}, operation, times, rule)

    def repair(self) -> "Datafast":
        """Takes all faults away."""
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
        """Fails with the nearest misses where the requests did not come as expected.

        `expected`: `query`, `headers`, `body`, `method`, `path`, `status`, as
        `/__mock/requests/verify` takes them.
        """
        least, most = (at_least, at_most) if times is None else (times, times)
        count = {"min": least if most is None else min(least, most)} | ({} if most is None else {"max": most})
        wanted = {**expected, **({} if operation is None else {"operation": operation})}
        for part in ("query", "headers"):
            if part in wanted:
                wanted[part] = {k: v if v is None else str(v) for k, v in wanted[part].items()}
        found = self._ask("POST", "requests/verify", {**wanted, "count": count})
        if not found["verified"]:
            raise AssertionError(_told(wanted, count, found))

    def assert_patient(self) -> None:
        """Fails where a client did not wait after a 429 as long as it was told to."""
        found = self._ask("GET", "requests/retries")
        hasty = [retry for retry in found["retries"] if retry["patient"] is False]
        told = [
            f"  refused at {r['refusedAt']}: {r['required']} ms to wait, {r['waited']} waited" for r in hasty
        ]
        if hasty:
            raise AssertionError("\n".join(["after a 429 the client asked again too early:", *told]))

    def forget(self) -> None:
        """Gives the key back."""
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
        told = "&".join(f"{name}={quote(str(value))}" for name, value in scope.items())
        target = f"/__mock/{path}" + (f"?{told}" if told else "")
        return _asked(self._server, method, target, body, self._headers)


def _asked(
    server: str, method: str, target: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
) -> Any:
    """What the mock answers. Raises ControlError."""
    # Straight to it: no proxy that the environment may name has a part in this.
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
            raise ControlError(found["detail"], status)
    except (KeyError, TypeError, ValueError):
        raise ControlError(f"what answers {method} {target} at {server} with {status} is no mock") from None
    return found


def _told(wanted: Mapping[str, Any], count: Mapping[str, int], found: Mapping[str, Any]) -> str:
    most = count.get("max")
    if most is None:
        expected = f"at least {count['min']}"
    else:
        expected = str(most) if most == count["min"] else f"{count['min']} to {most}"
    lines = [f"expected {expected} of {json.dumps(wanted)}, but {found['count']} came"]
    if found["nearest"]:
        lines.append("nearest:")
    for near in found["nearest"]:
        request = near["request"]
        lines.append(f"  {request['method']} {request['path']} → {request['status']}, but")
        lines += [f"    {difference}" for difference in near["differences"]]
    return "\n".join(lines)
