"""The HTTP client, which bounds time and size, waits for rate limits, and masks tokens."""

import math
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit

import httpx2
import msgspec

from contract_tests.asking.clock import SYSTEM, Clock
from contract_tests.asking.codings import ACCEPTED, Decoder, UnreadableError
from contract_tests.asking.failures import problem_of
from contract_tests.asking.pinned import Pinned
from contract_tests.asking.proxies import ProxyError, proxy_of, shown
from contract_tests.documented import Operation
from contract_tests.exchange import Exchange, Json
from contract_tests.masking import Mask, masked, sender_of

USER_AGENT = "datafast-mock-verify"
_MOST_BYTES = 32 * 1024 * 1024
_MOST_BYTES_OF_ALL = 4 * _MOST_BYTES
_MINUTE, _LONGEST_WAIT = 60.0, 70.0
_TRIES = 3
# The documented rate limit in requests a minute, and how many requests may be repeated after a 429.
_USUAL_RATE, _SPARE = 60, 12
# How the reset of a rate limit is read: a number below the first bound is the seconds to wait, a number below
# the second one is a Unix time in seconds, and any other number is a Unix time in ms.
_UNIX_TIMES, _MILLISECONDS = 1_000_000_000, 100_000_000_000


class StoppedError(Exception):
    """An error that ends the requests of a run; the text is one sentence for people."""


class _DroppedError(StoppedError):
    """An error for a connection that ended before the answer."""


_DROPPED = (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError)


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a run.

    `timeout` is in seconds. `rate` is in requests a second; None for no bound. `requests` is the largest
    number of requests; `patience` is the longest time to wait for rate limits, in seconds. Both are None
    until the number of planned requests is known.
    """

    timeout: float = 10.0
    rate: float | None = None
    requests: int | None = None
    patience: float | None = None

    def for_planned(self, planned: int) -> "Limits":
        """Returns these limits for a number of planned requests.

        `requests` and `patience` are computed from that number if they are None.
        """
        return replace(
            self,
            requests=planned + _SPARE + planned // 10 if self.requests is None else self.requests,
            patience=_LONGEST_WAIT * (_TRIES - 1 + planned // _USUAL_RATE)
            if self.patience is None
            else self.patience,
        )


@dataclass(frozen=True, slots=True)
class Request:
    """A request to send.

    `parameters` are the path parameters. `body` is sent as JSON, unless it is bytes, which are sent
    unchanged. None means no body.
    """

    operation: Operation
    # The token is not in the repr, because a traceback may show the repr.
    token: str | None = field(repr=False)
    labels: frozenset[str]
    query: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    accepts_429: bool = False
    """Whether 429 is a wanted answer; otherwise the client waits until the rate limit is over."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer, in which the run's tokens are masked."""

    status: int
    headers: dict[str, str]
    body: bytes
    unreadable: str | None


class Client:
    """A client for one server. It follows no redirects, so that no token reaches another host."""

    def __init__(  # noqa: PLR0913 - most arguments are named
        self,
        base: str,
        limits: Limits,
        tell: Callable[[str], None],
        mask: Mask,
        *,
        clock: Clock = SYSTEM,
        transport: httpx2.BaseTransport | None = None,
        address: str | None = None,
    ) -> None:
        """`base` is the API's base URL; `tell` gets a sentence before each wait.

        `mask` hides the run's tokens in every answer. `transport` carries the requests. If it is None, they
        go to the numeric `address`; if that is None, too, they go to the host in the URL, through the proxy
        that the environment names. Raises StoppedError for an unusable proxy.
        """
        try:
            proxy = proxy_of(base) if transport is None and address is None else None
        except ProxyError as error:
            raise StoppedError(str(error)) from None
        self.through = "" if proxy is None else f" through the proxy {shown(proxy)}"
        self.base = base.rstrip("/")
        self.clock = clock
        self._limits = limits
        self._tell = tell
        self._mask = mask
        self._sent = 0
        self._waited = 0.0
        self._read = 0
        self._next = 0.0
        # A caller's own transport has no connection that could hang, so nothing has to be closed in time.
        self._watch = self._closed_in_time if transport is None else nullcontext
        self._http = httpx2.Client(
            # A client with a transport reads no proxies from the environment, so they are read here.
            transport=transport or _transport_to(base, proxy, address),
            timeout=limits.timeout,
            headers={
                "User-Agent": USER_AGENT,
                "Accept": "application/json",
                "Accept-Encoding": ", ".join(ACCEPTED),
            },
            # A cookie could authenticate a request without a token.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    def close(self) -> None:
        """Closes all connections."""
        self._http.close()

    def knock(self) -> int:
        """Requests the base URL, and returns the status. Raises StoppedError if there is no answer."""
        return self._send("GET", self.base, {}, {}, None).status

    def ask(self, request: Request) -> Exchange:
        """Sends a request and returns the exchange.

        Raises StoppedError if there is no answer, or a limit is reached.
        """
        for attempt in range(_TRIES):
            exchange = self._ask_once(request)
            if exchange.status != 429 or request.accepts_429:
                return exchange
            if attempt + 1 < _TRIES:
                # The first wait may have been too short, because the server named an instant and its clock
                # differs from ours. So the second wait is at least a minute.
                least = _MINUTE if attempt and not _has_seconds(exchange) else 0
                self._wait(min(max(_wait_of(exchange, self.clock.now()), least), _LONGEST_WAIT))
        raise StoppedError(f"{exchange.url} still answers 429 after the wait that it asked for")

    def _wait(self, seconds: float) -> None:
        """Waits for a rate limit. Raises StoppedError if all waits together are longer than `patience`."""
        patience = self._limits.patience
        if patience is not None and self._waited + seconds > patience:
            raise StoppedError(
                f"the rate limit is reached too often: the run has waited {self._waited:.0f} s"
            )
        self._waited += seconds
        self._tell(f"The rate limit is reached; waiting {seconds:.0f} s.")
        self.clock.sleep(seconds)

    def _ask_once(self, request: Request) -> Exchange:
        most = self._limits.requests
        if most is not None and self._sent >= most:
            told = "one request that is allowed" if most == 1 else f"{most} requests that are allowed"
            has = "has" if most == 1 else "have all"
            raise StoppedError(f"the {told} (--max-requests) {has} been sent")
        self._pace()
        self._sent += 1
        method = request.operation.method
        headers = {} if request.token is None else {"Authorization": f"Bearer {request.token}"}
        body = request.body
        if body is not None and not isinstance(body, bytes):
            body = msgspec.json.encode(body)
        if body is not None:
            headers["Content-Type"] = "application/json"
        url = self.base + request.operation.url_path(request.parameters)
        sent = self.clock.now()
        try:
            answer = self._send(method, url, request.query, headers, body)
        except _DroppedError:
            # A server may close an idle connection just when it is used again.
            if not request.operation.is_read:
                raise
            answer = self._send(method, url, request.query, headers, body)
        self._read += len(answer.body)
        if self._read > _MOST_BYTES_OF_ALL:
            raise StoppedError(f"the answers together are larger than {_MOST_BYTES_OF_ALL >> 20} MB")
        asked = str(httpx2.URL(url, params=dict(request.query))) if request.query else url
        return Exchange(
            method=method,
            url=self._mask.text(asked),
            operation=request.operation.id,
            labels=request.labels,
            sent=sent,
            trip=max(self.clock.now() - sent, 0),
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            token=masked(request.token) if request.token is not None else None,
            sender=sender_of(request.token) if request.token is not None else None,
            path=request.parameters,
            unreadable=answer.unreadable,
            successes=request.operation.successes,
            request_body=self._mask.body(body or b""),
        )

    def _pace(self) -> None:
        if self._limits.rate is not None:
            self.clock.sleep(max(self._next - self.clock.monotonic(), 0))
            self._next = self.clock.monotonic() + 1 / self._limits.rate

    def _send(
        self,
        method: str,
        url: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> _Answer:
        """Returns the answer without tokens. Raises StoppedError if it is not complete within the timeout."""
        deadline = self.clock.monotonic() + self._limits.timeout
        try:
            asked = self._http.stream(method, url, params=dict(query) or None, headers=headers, content=body)
            with self._watch(), asked as reply:
                content, unreadable = self._read_body(reply, deadline)
                headers_told = self._headers_of(reply)
                return _Answer(reply.status_code, headers_told, self._mask.body(content), unreadable)
        except httpx2.TimeoutException:
            raise StoppedError(self._too_slow(url)) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, RuntimeError, OSError) as error:
            if self.clock.monotonic() > deadline:
                raise StoppedError(self._too_slow(url)) from None
            kind = _DroppedError if isinstance(error, _DROPPED) else StoppedError
            told = f"no answer from {url}{self.through}: {problem_of(error)}"
            # Some errors quote the request or the answer.
            raise kind(self._mask.text(told)) from None

    @contextmanager
    def _closed_in_time(self) -> Iterator[None]:
        """Closes all connections if the block takes over half a second longer than the timeout."""
        watch = threading.Timer(self._limits.timeout + 0.5, self._http.close)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _read_body(self, reply: httpx2.Response, deadline: float) -> tuple[bytes, str | None]:
        """Returns the decoded body, or no bytes and the reason why it cannot be decoded.

        Raises StoppedError.
        """
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
                    if self.clock.monotonic() > deadline:
                        raise StoppedError(self._too_slow(str(reply.url)))
            decoder.end()
        except UnreadableError as error:
            return b"", self._mask.text(str(error))
        return bytes(body), None

    def _headers_of(self, reply: httpx2.Response) -> dict[str, str]:
        return {self._mask.text(name.lower()): self._mask.text(text) for name, text in reply.headers.items()}

    def _too_slow(self, url: str) -> str:
        told = f"no complete answer within {self._limits.timeout:g} s from {url}{self.through}"
        return self._mask.text(told)


def _transport_to(base: str, proxy: str | None, address: str | None) -> httpx2.BaseTransport:
    transport = httpx2.HTTPTransport(_trust_of(base), proxy=proxy)
    return transport if address is None else Pinned(transport, address)


def _trust_of(base: str) -> ssl.SSLContext | bool:
    """Returns the certificates to trust: True for the usual ones, an empty context for a URL without HTTPS.

    Loading the usual ones takes time.
    """
    return urlsplit(base).scheme == "https" or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _wait_of(exchange: Exchange, now: int) -> float:
    """Returns the seconds until a rate limit is over, or 60 if the answer does not say.

    `now` is the current instant in ms since the epoch.
    """
    after = exchange.headers.get("retry-after", "")
    if _has_seconds(exchange):
        return float(after)
    try:
        return max(parsedate_to_datetime(after).timestamp() - now / 1000, 0) + 1
    except (ValueError, OverflowError):
        return _wait_until_reset(exchange, now)


def _has_seconds(exchange: Exchange) -> bool:
    """Returns whether `Retry-After` is a number of seconds, which does not depend on the server's clock."""
    after = exchange.headers.get("retry-after", "")
    return after.isascii() and after.isdigit()


def _wait_until_reset(exchange: Exchange, now: int) -> float:
    told = exchange.json.get("reset") if isinstance(exchange.json, dict) else None
    reset = told if told is not None else exchange.headers.get("x-ratelimit-reset")
    try:
        at = float(str(reset))
    except ValueError:
        at = math.nan
    if not math.isfinite(at):
        return _MINUTE
    if at < _UNIX_TIMES:
        return max(at, 0) + 1
    return max((at if at > _MILLISECONDS else at * 1000) - now, 0) / 1000 + 1
