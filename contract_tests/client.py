"""The client that asks: bounded in time and size, patient with rate limits, discreet with tokens."""

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

from contract_tests.codings import ACCEPTED, Decoder, UnreadableError
from contract_tests.exchange import Exchange
from contract_tests.instants import now
from contract_tests.masking import Mask, masked

USER_AGENT = "datafast-mock-verify"
_MOST_BYTES = 32 * 1024 * 1024
_MOST_BYTES_OF_ALL = 4 * _MOST_BYTES
_LONGEST_WAIT = 70.0
_TRIES = 3
# Numbers below the first are seconds to wait, those below the second Unix times in seconds, all others in ms.
_UNIX_TIMES, _MILLISECONDS = 1_000_000_000, 100_000_000_000


class StoppedError(Exception):
    """The server cannot be asked any further; the text is one sentence for people."""


class _DroppedError(StoppedError):
    """The connection ended before the answer did."""


_DROPPED = (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may cost. Seconds; `rate` is requests a second, None for as fast as they are answered."""

    timeout: float = 10.0
    rate: float | None = None
    requests: int = 50


@dataclass(frozen=True, slots=True)
class Request:
    """One request to be sent. `path` is the path below the base with its parameters filled in."""

    operation: str | None
    path: str
    # Where something fails, tracebacks may show a request.
    token: str | None = field(repr=False)
    labels: frozenset[str]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    accepts_429: bool = False
    """Whether 429 is what is asked for; otherwise the limit is waited for."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back, without the tokens that the server may have put into it."""

    status: int
    headers: dict[str, str]
    body: bytes
    unreadable: str | None


class Client:
    """Asks one server. Redirects are never followed, so that no token reaches another host."""

    def __init__(self, base: str, limits: Limits, tell: Callable[[str], None], mask: Mask) -> None:
        """`base` is the API's base; `tell` gets a sentence where one has to wait.

        `mask` hides the run's tokens in all that comes back.
        """
        self.base = base.rstrip("/")
        self._limits = limits
        self._tell = tell
        self._mask = mask
        self._sent = 0
        self._read = 0
        self._next = 0.0
        self._http = httpx2.Client(
            timeout=limits.timeout,
            headers={
                "User-Agent": USER_AGENT,
                "Accept": "application/json",
                "Accept-Encoding": ", ".join(ACCEPTED),
            },
            # A cookie could let somebody in who shows no token.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    def close(self) -> None:
        """Closes all connections."""
        self._http.close()

    def knock(self) -> None:
        """Sends a request that nobody judges. Raises StoppedError where nothing answers."""
        self._send(self.base, {}, {})

    def ask(self, request: Request) -> Exchange:
        """The answer to a request. Raises StoppedError where there is none, or no more may be sent."""
        for attempt in range(_TRIES):
            exchange = self._ask_once(request)
            if exchange.status != 429 or request.accepts_429:
                return exchange
            if attempt + 1 < _TRIES:
                wait = min(_wait_of(exchange), _LONGEST_WAIT)
                self._tell(f"The rate limit is reached; waiting {wait:.0f} s.")
                time.sleep(wait)
        raise StoppedError(f"{exchange.url} answers 429, and still does after the wait that it asked for")

    def _ask_once(self, request: Request) -> Exchange:
        if self._sent >= self._limits.requests:
            raise StoppedError(f"the {self._limits.requests} requests that may be sent are used up")
        self._pace()
        self._sent += 1
        headers = dict(request.headers)
        if request.token is not None:
            headers["Authorization"] = f"Bearer {request.token}"
        url = self.base + request.path
        sent = now()
        try:
            answer = self._send(url, request.query, headers)
        except _DroppedError:
            # A server may close an idle connection at the very moment at which it is used again.
            answer = self._send(url, request.query, headers)
        self._read += len(answer.body)
        if self._read > _MOST_BYTES_OF_ALL:
            raise StoppedError(f"the answers are longer than {_MOST_BYTES_OF_ALL >> 20} MB together")
        asked = str(httpx2.URL(url, params=dict(request.query))) if request.query else url
        return Exchange(
            method="GET",
            url=self._mask.text(asked),
            operation=request.operation,
            labels=request.labels,
            sent=sent,
            received=now(),
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            token=masked(request.token) if request.token is not None else None,
            path=request.parameters,
            unreadable=answer.unreadable,
        )

    def _pace(self) -> None:
        if self._limits.rate is not None:
            time.sleep(max(self._next - time.monotonic(), 0))
            self._next = time.monotonic() + 1 / self._limits.rate

    def _send(self, url: str, query: Mapping[str, str], headers: Mapping[str, str]) -> _Answer:
        """The answer, without tokens. It has to arrive whole within the timeout, however it drips."""
        deadline = time.monotonic() + self._limits.timeout
        watch = threading.Timer(self._limits.timeout + 0.5, self._http.close)
        watch.daemon = True
        watch.start()
        try:
            with self._http.stream("GET", url, params=dict(query) or None, headers=headers) as reply:
                body, unreadable = self._read_body(reply, deadline)
                return _Answer(reply.status_code, self._headers_of(reply), self._mask.body(body), unreadable)
        except httpx2.TimeoutException:
            raise StoppedError(self._too_slow(url)) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, RuntimeError, OSError) as error:
            if time.monotonic() > deadline:
                raise StoppedError(self._too_slow(url)) from None
            kind = _DroppedError if isinstance(error, _DROPPED) else StoppedError
            told = f"no answer from {url}: {str(error).rstrip('.') or type(error).__name__}"
            # Some errors repeat what was sent, or what came.
            raise kind(self._mask.text(told)) from None
        finally:
            watch.cancel()

    def _read_body(self, reply: httpx2.Response, deadline: float) -> tuple[bytes, str | None]:
        """The decoded body; nothing, and why, where it cannot be decoded. Raises StoppedError."""
        body = bytearray()
        raw = 0
        try:
            decoder = Decoder(reply.headers.get_list("content-encoding", split_commas=True))
            for part in reply.iter_raw():
                raw += len(part)
                for decoded in decoder.decode(part):
                    body += decoded
                    if max(len(body), raw) > _MOST_BYTES:
                        raise StoppedError(
                            self._mask.text(f"an answer is longer than {_MOST_BYTES >> 20} MB: {reply.url}")
                        )
                    if time.monotonic() > deadline:
                        raise StoppedError(self._too_slow(str(reply.url)))
            decoder.end()
        except UnreadableError as error:
            return b"", self._mask.text(str(error))
        return bytes(body), None

    def _headers_of(self, reply: httpx2.Response) -> dict[str, str]:
        return {self._mask.text(name.lower()): self._mask.text(text) for name, text in reply.headers.items()}

    def _too_slow(self, url: str) -> str:
        return self._mask.text(f"no complete answer within {self._limits.timeout:g} s from {url}")


def _wait_of(exchange: Exchange) -> float:
    """Seconds until a rate limit is over, as far as the answer says: 60 where it does not."""
    after = exchange.headers.get("retry-after", "")
    if after.isascii() and after.isdigit():
        return float(after)
    try:
        return max(parsedate_to_datetime(after).timestamp() - now() / 1000, 0) + 1
    except (ValueError, OverflowError):
        return _wait_until_reset(exchange)


def _wait_until_reset(exchange: Exchange) -> float:
    told = exchange.json.get("reset") if isinstance(exchange.json, dict) else None
    reset = told if told is not None else exchange.headers.get("x-ratelimit-reset")
    try:
        at = float(str(reset))
    except ValueError:
        at = math.nan
    if not math.isfinite(at):
        return 60.0
    if at < _UNIX_TIMES:
        return max(at, 0) + 1
    return max((at if at > _MILLISECONDS else at * 1000) - now(), 0) / 1000 + 1
