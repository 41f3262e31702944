"""The plan: a few labelled requests that make as many clauses observable as the credentials allow."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain, zip_longest
from urllib.parse import quote

from contract_tests import labels
from contract_tests.client import Client, Request, StoppedError
from contract_tests.credentials import Credentials
from contract_tests.exchange import Exchange, Json
from contract_tests.recording import MAP, REALTIME, VISITOR, rows

_PATHS = {REALTIME: "/analytics/realtime", MAP: "/analytics/realtime/map"}
UNKNOWN_TOKEN = "df_nobody_has_this_key"  # noqa: S105 - it opens nothing
NOBODY = "00000000-0000-4000-8000-000000000000"
NO_WEBSITE = "000000000000000000000000"
_ROUNDS = 3
_PROFILES = 7
_OTHER_PROFILES = 3
PAUSE = 2.0
_LIMIT_TRIES = 5
# What real clients send along with a website's key.
_SUPERFLUOUS = {"websiteId": "dfid_0123456789", "timezone": "Europe/Paris", "limit": "10"}
_DATES = {"startAt": "2020-01-01", "endAt": "2020-01-02", "timezone": "UTC"}

REFUSED = frozenset({401, 403})


class RefusedError(Exception):
    """The credentials that should open the server do not; the text is one sentence for people."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A run of the plan: the client, the credentials, and where exchanges go as they come in."""

    client: Client
    credentials: Credentials
    record: Callable[[Exchange], None]
    pause: float = PAUSE
    """Seconds between polls."""

    def run(self) -> None:
        """Asks all that there is to ask. Raises StoppedError and RefusedError."""
        self._first()
        self._refusals()
        self._agreement()
        self._realtime()
        self._others()
        self._profiles()
        self._accounts()
        self._limit()

    def _ask(
        self, operation: str, label: str, token: str | None, *more: str, query: dict[str, str] | None = None
    ) -> Exchange:
        found = frozenset({label, *more})
        return self._send(Request(operation, _PATHS[operation], token, found, query or {}))

    def _profile(self, visitor_id: str, token: str | None, *found: str) -> Exchange:
        path, parameters = f"/visitors/{quote(visitor_id, safe='')}", {"visitorId": visitor_id}
        return self._send(Request(VISITOR, path, token, frozenset(found), parameters=parameters))

    def _send(self, request: Request) -> Exchange:
        exchange = self.client.ask(request)
        self.record(exchange)
        return exchange

    def _first(self) -> None:
        """Looks whether this is the API at all, and whether it lets us in, before anything is judged."""
        token, query = self._main()
        label = labels.OK if self.credentials.key else labels.ACCOUNT
        found = frozenset({label if token is not None else labels.NO_CREDENTIAL})
        exchange = self.client.ask(Request(REALTIME, _PATHS[REALTIME], token, found, query))
        if 300 <= exchange.status < 400:
            target = exchange.headers.get("location", "nowhere")[:200]
            raise StoppedError(f"{exchange.url} redirects to {target}; ask that address instead")
        if token is not None and exchange.status in REFUSED:
            raise RefusedError(f"the server refuses {exchange.token} with {exchange.status}")
        if exchange.unreadable is not None:
            raise StoppedError(f"the answer from {exchange.url} cannot be read: {exchange.unreadable}")
        if exchange.status == HTTPStatus.NOT_FOUND or not isinstance(exchange.json, dict):
            kind = exchange.headers.get("content-type", "no content type")[:80]
            answer = f"{exchange.url} answers {exchange.status} with {kind}"
            raise StoppedError(f"this is not the API's base: {answer}")
        self.record(exchange)

    def _main(self) -> tuple[str | None, dict[str, str]]:
        """The token for the happy paths: the website's key, else the account's with its website."""
        given = self.credentials
        if given.key or not (given.account and given.website_id):
            return given.key, {}
        return given.account, {"websiteId": given.website_id}

    def _refusals(self) -> None:
        token, query = self._main()
        self._ask(REALTIME, labels.NO_CREDENTIAL, None)
        self._ask(MAP, labels.NO_CREDENTIAL, None)
        self._ask(REALTIME, labels.UNKNOWN_CREDENTIAL, UNKNOWN_TOKEN)
        if token is None:
            return
        self._ask(REALTIME, labels.BAD_FIELDS, token, query={**query, "fields": "pageviews"})
        for operation, label, role in (
            (REALTIME, labels.SUSPENDED, self.credentials.suspended),
            (REALTIME, labels.SERVER_ERROR, self.credentials.error_500),
        ):
            if role:
                self._ask(operation, label, role)

    def _realtime(self) -> None:
        token, _ = self._main()
        if self.credentials.key:
            self._ask(REALTIME, labels.FIELDS, token, query={"fields": "visitors"})
            self._ask(REALTIME, labels.DATES, token, query=_DATES)
            self._ask(MAP, labels.SUPERFLUOUS, token, query=_SUPERFLUOUS)

    def _others(self) -> None:
        """Other websites, whose visitors are of other sorts."""
        if self.credentials.no_model:
            self._ask(MAP, labels.OK, self.credentials.no_model)
        other = self.credentials.unknowns
        if other:
            self._ask(MAP, labels.OK, other)
            for visitor_id in list(_chosen(self._ask(MAP, labels.OK, other)))[:_OTHER_PROFILES]:
                self._met(visitor_id, other, {})

    def _agreement(self) -> None:
        """Counter between two maps, a few seconds apart."""
        token, query = self._main()
        if token is None:
            return
        label = labels.OK if self.credentials.key else labels.ACCOUNT
        for number in range(_ROUNDS):
            if number:
                time.sleep(self.pause)
            found = (labels.POLL, labels.SANDWICH, labels.round_of(number))
            for operation in (MAP, REALTIME, MAP):
                exchange = self._ask(operation, label, token, *found, query=query)
        self._visitors(exchange)

    def _visitors(self, map_exchange: Exchange) -> None:
        """The profiles of those who are on a map: the most telling ones."""
        token, query = self._main()
        chosen = list(_chosen(map_exchange))[:_PROFILES]
        for visitor_id in chosen:
            self._met(visitor_id, token, query)
        if chosen:
            time.sleep(self.pause)
            self._met(chosen[0], token, query)

    def _met(self, visitor_id: str, token: str | None, query: dict[str, str]) -> None:
        path, parameters = f"/visitors/{quote(visitor_id, safe='')}", {"visitorId": visitor_id}
        found = frozenset({labels.MET})
        self._send(Request(VISITOR, path, token, found, query, parameters=parameters))

    def _profiles(self) -> None:
        token, _ = self._main()
        if not self.credentials.key:
            return
        self._profile("not-a-uuid", token, labels.BAD_VISITOR_ID)
        self._profile("a3ab2331-989f-1cfa-91c6-2461c9e3c6bd", token, labels.BAD_VISITOR_ID)
        self._profile(NOBODY, token, labels.UNKNOWN_VISITOR)
        if self.credentials.visitor_id:
            # Without a label: it may well be that nobody knows them.
            self._profile(self.credentials.visitor_id, token)
        if self.credentials.bot:
            self._profile(self.credentials.bot, token, labels.BOT)

    def _accounts(self) -> None:
        given, website = self.credentials, {"websiteId": self.credentials.website_id or ""}
        if given.account:
            self._ask(REALTIME, labels.NO_WEBSITE_ID, given.account)
            self._ask(REALTIME, labels.UNKNOWN_WEBSITE, given.account, query={"websiteId": NO_WEBSITE})
        if given.account and given.website_id and given.key:
            self._ask(REALTIME, labels.ACCOUNT, given.account, query=website)
        if given.no_permission and given.website_id:
            self._ask(REALTIME, labels.NO_PERMISSION, given.no_permission, query=website)
        if given.elsewhere and given.website_id:
            self._ask(REALTIME, labels.ELSEWHERE, given.elsewhere, query=website)

    def _limit(self) -> None:
        """Asks until it is too often."""
        if not self.credentials.limited:
            return
        found = frozenset({labels.LIMITED})
        for _ in range(_LIMIT_TRIES):
            request = Request(REALTIME, _PATHS[REALTIME], self.credentials.limited, found, accepts_429=True)
            if self._send(request).status != 200:
                return


def _chosen(exchange: Exchange) -> Iterator[str]:
    """The ids of a map's visitors: one of each sort before a second of any."""
    sorts: dict[tuple[bool, bool, bool], list[dict[str, Json]]] = {}
    for row in rows(exchange.data, "visitors"):
        sorts.setdefault(_sort_of(row), []).append(row)
    custom = (row for row in rows(exchange.data, "recentEvents") if row.get("type") == "custom")
    # Who has completed most goals.
    actors = [
        {"visitorId": one} for one, _ in Counter(str(row.get("visitorId")) for row in custom).most_common(1)
    ]
    # From payers and from newcomers in turn: what lies between them is known of both.
    order = [sorts[key] for key in sorted(sorts)]
    ends = [order.pop(-(n % 2)) for n in range(1, len(order) + 1)]
    seen: set[str] = set()
    for row in chain.from_iterable(zip_longest(*ends[:2], actors, *ends[2:])):
        visitor_id = row.get("visitorId") if row else None
        if isinstance(visitor_id, str) and visitor_id not in seen:
            seen.add(visitor_id)
            yield visitor_id


def _sort_of(row: dict[str, Json]) -> tuple[bool, bool, bool]:
    """Whether a visitor has paid, is identified, and has been there before, as far as the map tells."""
    shown, count = row.get("profileData"), row.get("visitCount")
    is_identified = isinstance(shown, dict) and shown.get("hasProfile") is True
    return row.get("isCustomer") is True, is_identified, isinstance(count, int) and count > 1
