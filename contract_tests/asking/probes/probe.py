"""Probes, and the asker that sends their requests."""

import fnmatch
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Protocol

from contract_tests.asking import labels
from contract_tests.asking.client import Client, Request
from contract_tests.asking.credentials import Credentials
from contract_tests.asking.rules import MAIN, UNKNOWN, WITHOUT_TOKEN
from contract_tests.asking.traces import Trace, Traces
from contract_tests.document import Document
from contract_tests.exchange import Exchange, Json
from contract_tests.families import BY_HAND
from contract_tests.operations import MAP
from contract_tests.recording import rows

_FAILURE, _NOT_FOUND = 500, 404
_MOST_REPEATS = 5

REFUSALS = ("ENV-0[2345]",)
"""Patterns of the clauses that any refusal makes observable."""
SUCCESSES = ("ENV-01", "ENV-0[678]", "ENV-10")
"""Patterns of the clauses that any successful answer makes observable."""


class Probe(Protocol):
    """A series of requests to the server.

    `serves` are patterns of the clauses that the answers make observable.
    """

    @property
    def serves(self) -> tuple[str, ...]: ...  # noqa: D102 - see above

    @property
    def most(self) -> int:
        """The largest number of requests that the probe sends."""

    def is_possible(self, credentials: Credentials) -> bool:
        """Returns whether the credentials suffice."""

    def ask(self, asker: "Asker") -> None:
        """Sends the requests. Raises StoppedError."""


@dataclass(frozen=True, slots=True)
class Question:
    """A probe of one request.

    `who` sends it: a role of the credentials, or one of MAIN, WITHOUT_TOKEN and UNKNOWN. `values` are the
    values of path and query parameters by name. `roles` maps each further parameter to the role whose
    credential is its value. `needs` are further roles that the credentials must have.
    """

    operation: str
    label: str | None
    who: str
    serves: tuple[str, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    body: Json = None

    @property
    def most(self) -> int:
        """The number of requests: 1."""
        return 1

    def is_possible(self, credentials: Credentials) -> bool:
        """Returns whether the credentials have all roles."""
        given = (getattr(credentials, role) for role in (*self.roles.values(), *self.needs))
        return all(given) and is_known(self.who, credentials)

    def ask(self, asker: "Asker") -> None:
        """Sends the request."""
        roles = {name: getattr(asker.credentials, role) for name, role in self.roles.items()}
        found = [self.label] if self.label is not None else []
        asker.ask(self.operation, *found, who=self.who, values={**self.values, **roles}, body=self.body)


@dataclass(frozen=True, slots=True)
class Series:
    """A probe of several requests, in which later requests depend on earlier answers."""

    serves: tuple[str, ...]
    most: int
    who: str
    run: Callable[["Asker"], None]

    def is_possible(self, credentials: Credentials) -> bool:
        """Returns whether the credentials have the role `who`."""
        return is_known(self.who, credentials)

    def ask(self, asker: "Asker") -> None:
        """Sends the requests."""
        self.run(asker)


class Asker:
    """A sender of the probes' requests, which keeps the exchanges."""

    def __init__(
        self,
        client: Client,
        credentials: Credentials,
        contract: Document,
        record: Callable[[Exchange], None],
        *,
        wanted: Iterable[str],
        pause: float,
    ) -> None:
        """`record` gets each exchange at once; `wanted` are the ids of the clauses to be judged.

        `pause` is the time between polls, in seconds.
        """
        self.client = client
        self.credentials = credentials
        self.contract = contract
        self.pause = pause
        self.is_thorough = False
        """Whether further requests are sent, which are only needed after an unusual answer."""
        self.exchanges: list[Exchange] = []
        self.traces = Traces()
        self._repeats = 0
        # The polls that are not sent yet, sorted by the monotonic time in seconds at which they are due.
        self._polls: deque[tuple[float, Callable[[Asker], None]]] = deque()
        self._record = record
        self._wanted = tuple(wanted)

    def wants(self, patterns: Iterable[str]) -> bool:
        """Returns whether one of the clauses to be judged matches one of the patterns."""
        return is_wanted(patterns, self._wanted)

    def ask(
        self,
        operation: str,
        *found: str,
        who: str = MAIN,
        values: Mapping[str, str] | None = None,
        body: Json = None,
    ) -> Exchange:
        """Sends a request, keeps the exchange with the labels `found`, and returns the exchange.

        A read that fails with 5xx is sent once more, unless _MOST_REPEATS reads of the run were sent again
        already. Both exchanges are kept, and the second one is returned. Raises StoppedError.
        """
        request = self.request(operation, *found, who=who, values=values, body=body)
        exchange = self.keep(self.client.ask(request))
        if exchange.status < _FAILURE or labels.SERVER_ERROR in found or not request.operation.is_read:
            return exchange
        self._repeats += 1
        return exchange if self._repeats > _MOST_REPEATS else self.keep(self.client.ask(request))

    def later(self, ask: Callable[["Asker"], None]) -> None:
        """Schedules a call of `ask` after the pause between polls.

        Other probes are sent meanwhile.
        """
        self._polls.append((self.client.clock.monotonic() + self.pause, ask))

    def poll(self) -> None:
        """Sends the polls that are due. Raises StoppedError."""
        while self._polls and self._polls[0][0] <= self.client.clock.monotonic():
            _, ask = self._polls.popleft()
            ask(self)

    def finish(self) -> None:
        """Sends the polls that are left, each when it is due. Raises StoppedError."""
        while self._polls:
            due, _ = self._polls[0]
            self.client.clock.sleep(max(due - self.client.clock.monotonic(), 0))
            self.poll()

    def write(
        self,
        operation: str,
        *found: str,
        trace: Trace,
        who: str = MAIN,
        values: Mapping[str, str] | None = None,
        body: Json = None,
    ) -> Exchange:
        """Sends a request that writes, and keeps its trace unless the server refuses the request.

        Raises StoppedError.
        """
        self.traces.begin(trace)
        exchange = self.ask(operation, *found, who=who, values=values, body=body)
        if exchange.is_accepted:
            self.traces.confirm(trace)
        elif exchange.status < _FAILURE:
            self.traces.end(trace)
        return exchange

    def take_back(
        self, trace: Trace, *found: str, values: Mapping[str, str] | None = None
    ) -> Exchange | None:
        """Removes the goal or payment of a trace, and returns the exchange; None if the API cannot remove it.

        `values` replace the parameters of the trace; None keeps them. Raises StoppedError.
        """
        if trace.operation is None:
            return None
        exchange = self.ask(trace.operation, *found, values=trace.values if values is None else values)
        # If the write got no answer, the server may have stored nothing, so that 404 is correct.
        is_gone = exchange.status == _NOT_FOUND and not self.traces.is_confirmed(trace)
        if exchange.is_accepted or is_gone:
            self.traces.end(trace)
        return exchange

    @cached_property
    def run_id(self) -> str:
        """A word that no other run uses. All names and ids that this run writes begin with it."""
        return f"mock_{secrets.token_hex(5)}"

    @cached_property
    def visitor(self) -> str | None:
        """The id of the visitor for whom the run writes: the given one, or an anonymous one on the map.

        None if the map has no anonymous visitor. Raises StoppedError.
        """
        if self.credentials.visitor_id is not None:
            return self.credentials.visitor_id
        label = labels.OK if self.credentials.key else labels.ACCOUNT
        listed = rows(self.ask(MAP, label).data, "visitors")
        return next((v["visitorId"] for v in listed if _is_anonymous(v)), None)

    @cached_property
    def period(self) -> dict[str, str]:
        """The dates of the last seven days that are over in every time zone, by the server's clock."""
        told = self.exchanges[0].now if self.exchanges else None
        now = self.client.clock.now() if told is None else told.earliest
        today = datetime.fromtimestamp(now / 1000, UTC).date()
        first, last = (today - timedelta(days=days) for days in (8, 2))
        return {"startAt": first.isoformat(), "endAt": last.isoformat()}

    def keep(self, exchange: Exchange) -> Exchange:
        """Keeps an exchange, so that it will be judged, and returns it."""
        self.exchanges.append(exchange)
        self._record(exchange)
        return exchange

    def request(
        self,
        operation: str,
        *found: str,
        who: str = MAIN,
        values: Mapping[str, str] | None = None,
        body: Json = None,
    ) -> Request:
        """Returns the request that `ask` sends. If MAIN is the account token, `websiteId` is added."""
        meant = self.contract.operations[operation]
        token, own = main_of(self.credentials) if who == MAIN else (_token(who, self.credentials), {})
        given = {**(own if meant.parameter("websiteId") else {}), **(values or {})}
        is_report = meant.is_read and meant.parameter("startAt") and meant.id not in BY_HAND
        if is_report and not labels.REFUSED.intersection(found):
            # The figures of a finished period do not change between two requests.
            given = {**self.period, **given}
        in_path = {p.name for p in meant.parameters if p.place == "path"}
        return Request(
            meant,
            token,
            frozenset(filter(None, (*found, labels.role_label(_role(who, self.credentials))))),
            query={name: value for name, value in given.items() if name not in in_path},
            parameters={name: value for name, value in given.items() if name in in_path},
            body=body,
            accepts_429=labels.LIMITED in found,
        )


def _is_anonymous(visitor: Mapping[str, Json]) -> bool:
    """Returns whether a visitor of a map has an id, has not paid and is not identified."""
    shown = visitor.get("profileData")
    is_identified = isinstance(shown, dict) and shown.get("hasProfile") is True
    return isinstance(visitor.get("visitorId"), str) and not is_identified and not visitor.get("isCustomer")


def main_of(credentials: Credentials) -> tuple[str | None, dict[str, str]]:
    """Returns the main token and its parameters: the website's key, or the account token with `websiteId`.

    The token is None if neither is given.
    """
    if credentials.key or not (credentials.account and credentials.website_id):
        return credentials.key, {}
    return credentials.account, {"websiteId": credentials.website_id}


def _role(who: str, credentials: Credentials) -> str:
    """Returns `key` or `account` for MAIN, whichever the main token is; `who` itself for any other sender."""
    if who != MAIN:
        return who
    return "key" if main_of(credentials)[0] == credentials.key else "account"


def is_known(who: str, credentials: Credentials) -> bool:
    """Returns whether the credentials have the token with which `who` sends requests."""
    if who in (WITHOUT_TOKEN, UNKNOWN):
        return True
    token = main_of(credentials)[0] if who == MAIN else getattr(credentials, who)
    return token is not None


def is_wanted(patterns: Iterable[str], ids: Sequence[str]) -> bool:
    """Returns whether one of the clause ids matches one of the patterns."""
    return any(fnmatch.filter(ids, pattern) for pattern in patterns)


def _token(who: str, credentials: Credentials) -> str | None:
    if who == WITHOUT_TOKEN:
        return None
    return labels.UNKNOWN_TOKEN if who == UNKNOWN else getattr(credentials, who)
