"""The reference server within the process: a transport for the kit's client, and a clock without waits."""

import random
from urllib.parse import parse_qsl

import httpx2

from contract_tests.asking.clock import Clock
from tests.kit.reference.habits import Habits
from tests.kit.reference.server import Reference

BASE = "http://reference.example/api/v1"
_START = 1_790_000_000.0


class VirtualTime:
    """A clock whose time passes only when somebody waits."""

    def __init__(self, t: float = _START) -> None:
        """`t` is the instant at which it begins, in Unix seconds."""
        self.t = t
        self.clock = Clock(lambda: int(self.t * 1000), lambda: self.t, self.sleep)

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""
        self.t += max(seconds, 0)


class InProcess(httpx2.BaseTransport):
    """A transport to a reference server; each request and each answer takes some virtual time."""

    def __init__(self, habits: Habits, time: VirtualTime) -> None:
        """Starts the server."""
        self._time = time
        self._manners = habits.manners
        self._chance = random.Random(habits.seed)
        self.server = Reference(habits, self._theirs())

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answers one request."""
        self._pass()
        query = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        path = request.url.raw_path.decode().partition("?")[0].removeprefix("/api/v1")
        headers = {name.lower(): value for name, value in request.headers.items()}
        if request.method == "GET":
            answer = self.server.answer(path, query, headers, self._theirs())
        else:
            body = request.read()
            answer = self.server.written(request.method, path, query, headers, body, self._theirs())
        self._pass()
        return httpx2.Response(answer.status, headers=answer.headers, stream=httpx2.ByteStream(answer.body))

    def _theirs(self) -> float:
        """Returns the instant by the server's clock."""
        return self._time.t + self._manners.clock_off

    def _pass(self) -> None:
        self._time.sleep(self._chance.uniform(0.001, 0.02) + self._chance.random() * self._manners.delay / 2)
