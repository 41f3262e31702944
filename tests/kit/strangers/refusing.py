"""Strangers who limit requests, refuse them in their own way, or fail for a moment."""

# ruff: noqa: D102 - Stranger describes each method, and a subclass's docstring says how it differs

import time
from collections.abc import Mapping
from email.utils import formatdate
from typing import ClassVar

from tests.kit.strangers.plain import Answer, Json, Stranger


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
