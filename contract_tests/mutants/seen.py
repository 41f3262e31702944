"""The writes that a mutant has seen a server accept, and what the server showed of them."""

from collections import Counter
from urllib.parse import parse_qs, urlsplit

from contract_tests.exchange import Exchange, Json
from contract_tests.mutants.planting import Data
from contract_tests.operations import (
    CREATE_GOAL,
    CREATE_PAYMENT,
    DELETE_GOALS,
    DELETE_PAYMENTS,
    IDENTIFY,
    MAP,
    VISITOR,
)
from contract_tests.recording import rows
from contract_tests.shown import goals_of, recorded_name, row_of, sent_in


class Seen:
    """The writes that a server has accepted, and the rows about them that it showed before their removal."""

    def __init__(self) -> None:
        self.sender: str | None = None
        self.names: dict[str, str] = {}
        """The names of the goals as they were sent, by the names as they are recorded."""
        self.payers: set[str] = set()
        self.amounts: set[Json] = set()
        self.users: Counter[str] = Counter()
        """The number of identifications of each visitor, by the visitor's id."""
        self.metadata: dict[str, Json] = {}
        """The metadata of the latest identification."""
        self.transactions: Counter[str] = Counter()
        """The number of times that each transaction was sent."""
        self.removed: set[str] = set()
        """The names of the goals that were removed."""
        self.has_removed_payments = False
        self.goals: dict[str, list[dict[str, Json]]] = {}
        """The goals in each visitor's latest profile before anything was removed, by the visitor's id."""
        self.events: list[dict[str, Json]] = []
        self.payments: list[dict[str, Json]] = []
        self.payer: dict[str, Json] = {}
        """The row of the visitor who has paid, on the latest map before the payment was removed."""

    def note(self, exchange: Exchange) -> None:
        """Notes an accepted write, or the rows in the answer to a read."""
        if not exchange.is_success:
            return
        body = sent_in(exchange)
        visitor_id = str(body.get("datafast_visitor_id")).lower()
        if exchange.operation == CREATE_GOAL:
            self.sender = exchange.sender
            self.names[recorded_name(str(body.get("name")))] = str(body.get("name"))
        elif exchange.operation == CREATE_PAYMENT:
            self.payers.add(visitor_id)
            self.amounts.add(body.get("amount"))
            self.transactions[str(body.get("transaction_id"))] += 1
        elif exchange.operation == IDENTIFY:
            self.users[visitor_id] += 1
            self.metadata = body
        elif exchange.operation == DELETE_GOALS:
            self.removed |= set(parse_qs(urlsplit(exchange.url).query).get("name", ()))
        elif exchange.operation == DELETE_PAYMENTS:
            self.has_removed_payments = True
        elif exchange.operation == VISITOR and not self.has_removed_payments and not self.removed:
            self.goals[str(exchange.data["visitorId"]).lower()] = goals_of(exchange.data) or []
        elif exchange.operation == MAP and exchange.sender == self.sender:
            self._note_map(exchange.data)

    def _note_map(self, shown: Json) -> None:
        if not self.removed:
            self.events = [e for e in rows(shown, "recentEvents") if self.is_goal(e)]
        if not self.has_removed_payments:
            self.payments = [p for p in rows(shown, "recentPayments") if p.get("amount") in self.amounts]
            found = (row_of(shown, visitor_id) for visitor_id in self.payers)
            self.payer = next((row for row in found if row is not None), {})

    def is_goal(self, event: dict[str, Json]) -> bool:
        """Returns whether an event on the map is the event of a goal that was sent."""
        more = event.get("extraData")
        return isinstance(more, dict) and more.get("eventName") in self.names

    def is_payers(self, profile: Data) -> bool:
        """Returns whether a profile belongs to a visitor for whom a payment was sent."""
        return str(profile["visitorId"]).lower() in self.payers
