"""Probes that write for one visitor: goals, payments and an identity are sent, read and removed."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from contract_tests.asking import labels
from contract_tests.asking.probes.probe import Asker, Series
from contract_tests.asking.rules import MAIN
from contract_tests.asking.traces import Trace
from contract_tests.exchange import Exchange, Json
from contract_tests.instants import iso
from contract_tests.operations import (
    CREATE_GOAL,
    CREATE_PAYMENT,
    DELETE_GOALS,
    DELETE_PAYMENTS,
    GOAL_PROPERTIES,
    GOALS,
    IDENTIFY,
    MAP,
    METADATA,
    OVERVIEW,
    VISITOR,
    WRITES,
)
from contract_tests.shown import (
    events_of,
    goals_of,
    metadata_of,
    named,
    paid,
    payments_of,
    profile_id_of,
    recorded_name,
    row_of,
    user_of,
)

# An answer is requested until it contains what was written. These are the times between two tries, in pauses
# between polls; a server may carry out writes later than it accepts them.
_SOON, _LATER = (0.5,) * 4, (2, 4, 8)
_TRIES = 1 + len(_SOON)
# In ms: the age of the earlier payment. It is so old that nobody else makes a payment in its second any more.
_EARLIER, _SECOND = 900_000, 1000
# Whole amounts, which every currency has.
_AMOUNT, _EARLIER_AMOUNT = 41, 23
_USUAL_CURRENCY = "USD"
_LAST: Mapping[str, Json] = {"seat": "mock_1"}
"""The metadata of the last identification."""
_MOST_GOALS = "1000"

Shows = Callable[[Exchange], bool]


class _Story:
    """The requests of a run for one visitor, in three parts: reads; writes and reads; removals and reads."""

    def __init__(self, asker: Asker, visitor_id: str) -> None:
        self._asker = asker
        self._visitor_id = visitor_id
        self._goal, self._other_goal = asker.run_id, f"{asker.run_id.title()} kept"
        self._payment, self._earlier_payment = f"{asker.run_id}_now", f"{asker.run_id}_earlier"
        self._user_id = f"{asker.run_id}_user"
        self._currency = _USUAL_CURRENCY
        self._at = 0
        self._paid: int | None = None
        self._is_anonymous = False
        self._was_customer: Json = None
        self._is_identity_stored = False
        self._later: tuple[int, ...] = _LATER
        self._accepted: dict[str, Trace] = {}

    def begin(self, _asker: Asker) -> None:
        """Reads the answers before the first write. `_write` follows after a pause."""
        told = self._read(METADATA, labels.BEFORE)
        self._currency = _currency_of(told) or _USUAL_CURRENCY
        profile = self._profile(labels.BEFORE)
        self._paid = paid(profile.data)
        self._is_anonymous = isinstance(profile.data, dict) and profile.data.get("profile", 0) is None
        now = (profile.sent or 0) if profile.now is None else profile.now.earliest
        self._at = (now - _EARLIER) // _SECOND * _SECOND
        self._was_customer = self._customer_on(self._asker.ask(MAP, labels.BEFORE))
        self._read(OVERVIEW, labels.BEFORE, self._moment)
        self._asker.later(self._write)

    def _write(self, _asker: Asker) -> None:
        """Sends goals, payments and identities (the payments and an identity twice), and reads the answers.

        `_remove` follows after a pause.
        """
        self._send_goals()
        self._send_payments()
        if self._is_anonymous:
            self._identify()
        self._profile(labels.AFTER, self._is_in_profile)
        self._until(self._is_on_map, MAP, labels.AFTER)
        self._read(GOALS, labels.AFTER, self._days)
        self._read(GOAL_PROPERTIES, labels.AFTER, {"eventName": self._goal, **self._days})
        self._read(OVERVIEW, labels.AFTER, self._moment)
        self._read_elsewhere()
        self._asker.later(self._remove)

    def _remove(self, _asker: Asker) -> None:
        """Removes the goals and the payments, and reads the answers that must not contain them any more."""
        self._later = _LATER
        self._take_back(labels.GOAL, {**self._of_visitor, "name": self._goal, **self._days})
        if self._take_back(labels.PAYMENT):
            self._asker.ask(
                DELETE_PAYMENTS, labels.UNKNOWN_TRANSACTION, values={"transaction_id": self._payment}
            )
        self._take_back(labels.EARLIER_PAYMENT, {**self._of_visitor, **self._moment})
        self._profile(labels.REMOVED, self._is_out_of_profile)
        self._until(self._is_off_map, MAP, labels.REMOVED)
        self._read(GOALS, labels.REMOVED, self._days)
        self._read(OVERVIEW, labels.REMOVED, self._moment)
        self._take_back(labels.OTHER_GOAL)

    # -- sending -----------------------------------------------------------------------------------

    def _send_goals(self) -> None:
        plan = {"plan": self._asker.run_id}
        for label, name, more in (
            (labels.GOAL, self._goal, {"metadata": plan}),
            (labels.OTHER_GOAL, self._other_goal, {}),
        ):
            values = {**self._of_visitor, "name": recorded_name(name)}
            trace = Trace(f"a goal of the visitor {self._visitor_id} called {name}", DELETE_GOALS, values)
            self._send(CREATE_GOAL, label, trace, {"name": name, **more})

    def _send_payments(self) -> None:
        for label, transaction_id, amount, more in (
            (labels.PAYMENT, self._payment, _AMOUNT, {}),
            (labels.EARLIER_PAYMENT, self._earlier_payment, _EARLIER_AMOUNT, {"timestamp": iso(self._at)}),
        ):
            trace = Trace(
                f"the payment {transaction_id}", DELETE_PAYMENTS, {"transaction_id": transaction_id}
            )
            body = {"amount": amount, "currency": self._currency, "transaction_id": transaction_id, **more}
            if self._send(CREATE_PAYMENT, label, trace, body).is_success:
                self._send(CREATE_PAYMENT, labels.PAYMENT_AGAIN, trace, body)

    def _identify(self) -> None:
        trace = Trace(f"the identity {self._user_id} of the visitor {self._visitor_id}")
        body = {"user_id": self._user_id, "plan": self._asker.run_id}
        first = self._send(IDENTIFY, labels.IDENTITY, trace, body)
        self._is_identity_stored = profile_id_of(first.data) is not None
        if first.is_success:
            self._send(IDENTIFY, labels.IDENTITY_AGAIN, trace, body)
            self._send(IDENTIFY, labels.IDENTITY_MORE, trace, {"user_id": self._user_id, **_LAST})

    def _send(self, operation: str, label: str, trace: Trace, body: Mapping[str, Json]) -> Exchange:
        """Sends a goal, payment or identity for the visitor, and returns the exchange."""
        whole = {**self._of_visitor, **body}
        sent = self._asker.write(operation, labels.OK, label, trace=trace, body=whole)
        if sent.is_success:
            self._accepted[label] = trace
        return sent

    def _take_back(self, label: str, values: Mapping[str, str] | None = None) -> bool:
        """Removes the goal or payment that was sent with a label. Returns whether that has succeeded."""
        trace = self._accepted.get(label)
        if trace is None:
            return False
        found = self._asker.take_back(trace, labels.OK, labels.REMOVAL, label, values=values)
        return found is not None and found.is_success

    # -- reading -----------------------------------------------------------------------------------

    def _profile(self, label: str, shows: Shows = lambda _profile: True) -> Exchange:
        return self._until(shows, VISITOR, label, {"visitorId": self._visitor_id})

    def _until(
        self, shows: Shows, operation: str, label: str, values: Mapping[str, str] | None = None
    ) -> Exchange:
        """Requests an operation until `shows` is true for the answer, or until the tries are over.

        The run is so patient once after the writes, and once after the removals. Returns the last exchange.
        """
        waits = iter((*_SOON, *self._later))
        while not shows(found := self._asker.ask(operation, label, values=values)):
            wait = next(waits, None)
            if wait is None:
                self._later = ()
                break
            self._asker.client.clock.sleep(self._asker.pause * wait)
        return found

    def _read(
        self, operation: str, label: str, values: Mapping[str, str] | None = None, who: str = MAIN
    ) -> Exchange | None:
        """Requests an operation; returns None without a request if the document or the server lacks it."""
        asked = [e for e in self._asker.exchanges if e.operation == operation and labels.OK in e.labels]
        is_missing = bool(asked) and not any(e.is_success for e in asked)
        if is_missing or operation not in self._asker.contract.operations:
            return None
        return self._asker.ask(operation, label, who=who, values=values)

    def _read_elsewhere(self) -> None:
        """Requests reports and the map of another website, which must not contain what was written."""
        if self._asker.credentials.unknowns is None:
            return
        for operation, values in ((METADATA, {}), (GOALS, self._days), (MAP, {})):
            self._read(operation, labels.ANOTHER_WEBSITE, values, "unknowns")

    def _is_in_profile(self, profile: Exchange) -> bool:
        are_goals_there = goals_of(profile.data) is None or all(
            named(profile.data, name) for name in self._sent_goals
        )
        before, now = self._paid, paid(profile.data)
        more = len({labels.PAYMENT, labels.EARLIER_PAYMENT} & self._accepted.keys())
        are_paid = before is None or now is None or now >= before + more
        return are_goals_there and are_paid and self._is_identified(profile)

    def _is_identified(self, profile: Exchange) -> bool:
        """Returns whether a profile has the identity that was sent, or the server has stored none."""
        if not self._is_identity_stored:
            return True
        known = metadata_of(profile.data)
        is_last_known = (
            labels.IDENTITY_MORE not in self._accepted or known is None or _LAST.items() <= known.items()
        )
        return user_of(profile.data) == self._user_id and is_last_known

    def _is_out_of_profile(self, profile: Exchange) -> bool:
        return not named(profile.data, self._goal) and paid(profile.data) in (None, self._paid)

    def _is_on_map(self, shown: Exchange) -> bool:
        is_reached = all(events_of(shown.data, name) for name in self._sent_goals)
        is_paid = bool(self._payments_on(shown)) and self._customer_on(shown) is not False
        return is_reached and (labels.PAYMENT not in self._accepted or is_paid)

    def _is_off_map(self, shown: Exchange) -> bool:
        is_gone = not events_of(shown.data, self._goal) and not self._payments_on(shown)
        # A visitor who had paid before the run is still a customer.
        return is_gone and not (self._was_customer is False and self._paid == 0 and self._customer_on(shown))

    def _customer_on(self, shown: Exchange) -> Json:
        """Returns whether the visitor is a customer on a map; None if the map does not say."""
        return (row_of(shown.data, self._visitor_id) or {}).get("isCustomer")

    def _payments_on(self, shown: Exchange) -> list[dict[str, Json]]:
        return payments_of(shown.data, {"amount": _AMOUNT, "currency": self._currency})

    @property
    def _sent_goals(self) -> list[str]:
        """The names of the goals that the server has accepted."""
        names = {labels.GOAL: self._goal, labels.OTHER_GOAL: self._other_goal}
        return [name for label, name in names.items() if label in self._accepted]

    @property
    def _of_visitor(self) -> dict[str, str]:
        return {"datafast_visitor_id": self._visitor_id}

    @property
    def _moment(self) -> dict[str, str]:
        """The parameters of a period of two seconds that contains the earlier payment."""
        return {"startAt": iso(self._at), "endAt": iso(self._at + _SECOND)}

    @property
    def _days(self) -> dict[str, str]:
        """The parameters of a period from yesterday to tomorrow, which contains today in every time zone."""
        # The run's usual period ends two days before today.
        last = date.fromisoformat(self._asker.period["endAt"])
        yesterday, tomorrow = (str(last + timedelta(days=days)) for days in (1, 3))
        return {"startAt": yesterday, "endAt": tomorrow}


def _currency_of(metadata: Exchange | None) -> str | None:
    data = metadata.data if metadata is not None else None
    row = data[0] if isinstance(data, list) and data else None
    currency = row.get("currency") if isinstance(row, dict) else None
    return currency if isinstance(currency, str) else None


def _story(asker: Asker) -> None:
    if asker.visitor is not None:
        _Story(asker, asker.visitor).begin(asker)


# There are: the map with the visitor, 4 reads that may be repeated, 13 other reads, 9 writes, 5 removals.
_MOST = 1 + 4 * _TRIES + 2 * len(_LATER) + 13 + 9 + 5

PROBES = (
    Series(
        ("WRITE-0?", "WRITE-1?", "WRITE-2?", *(f"{operation}.*" for operation in WRITES)),
        _MOST,
        MAIN,
        _story,
    ),
)
