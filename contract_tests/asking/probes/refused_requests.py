"""The requests that a correct server refuses.

If a wrong server accepts one of them, its goal or payment is removed at the end of the run.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from contract_tests.asking.labels import NOBODY
from contract_tests.asking.probes.probe import Asker
from contract_tests.asking.traces import Trace
from contract_tests.exchange import Json
from contract_tests.operations import (
    CREATE_GOAL,
    CREATE_PAYMENT,
    DELETE_GOALS,
    DELETE_PAYMENTS,
    IDENTIFY,
)

LONG_AGO = {"startAt": "2001-02-03T04:05:06Z", "endAt": "2001-02-03T04:05:07Z"}
"""A period so long ago that a removal removes nothing, even if a wrong server accepts it."""


class Sent(NamedTuple):
    """The parameters and the body of a request, with the trace that it leaves if a server accepts it.

    A `body` of None means no body; bytes are sent unchanged.
    """

    values: Mapping[str, str]
    body: Json = None
    trace: Trace | None = None


Make = Callable[[Asker, str], Sent]
"""A function that makes the parameters and the body of a request, from the asker and a visitor's id."""


def goal_with(**changes: Json) -> Make:
    """Returns a function that makes a goal with some members changed; None removes a member."""

    def make(asker: Asker, visitor_id: str) -> Sent:
        name = f"{asker.run_id}_refused"
        body = _changed({"datafast_visitor_id": visitor_id, "name": name}, changes)
        given = str(body.get("name") or name)
        return Sent({}, body, Trace(f"a goal called {given}", DELETE_GOALS, {"name": given}))

    return make


def goal_named(name_of: Callable[[str], str]) -> Make:
    """Returns a function that makes a goal with another name.

    `name_of` gets the id of the run, and returns the name.
    """
    return lambda asker, visitor_id: goal_with(name=name_of(asker.run_id))(asker, visitor_id)


def reserved_goal(asker: Asker, visitor_id: str) -> Sent:
    """Makes a goal with the reserved name `identify`."""
    sent = goal_with(name="identify")(asker, visitor_id)
    values = {"datafast_visitor_id": visitor_id, "name": "identify"}
    return sent._replace(
        trace=Trace(f"a goal of the visitor {visitor_id} called identify", DELETE_GOALS, values)
    )


def payment_with(**changes: Json) -> Make:
    """Returns a function that makes an old payment with some members changed; None removes a member."""

    def make(asker: Asker, visitor_id: str) -> Sent:
        usual = {
            "datafast_visitor_id": visitor_id,
            "amount": 1,
            "currency": "USD",
            "transaction_id": f"{asker.run_id}_refused",
            "timestamp": LONG_AGO["startAt"],
        }
        body = _changed(usual, changes)
        values = {"transaction_id": str(usual["transaction_id"])}
        if "transaction_id" not in body:
            values = {"datafast_visitor_id": visitor_id, **LONG_AGO}
        return Sent({}, body, Trace(f"the payment {usual['transaction_id']}", DELETE_PAYMENTS, values))

    return make


def identity_with(**changes: Json) -> Make:
    """Returns a function that makes an identification with some members changed; None removes a member."""

    def make(asker: Asker, visitor_id: str) -> Sent:
        usual = {"datafast_visitor_id": visitor_id, "user_id": f"{asker.run_id}_refused"}
        trace = Trace(f"the identity of the visitor {visitor_id}")
        return Sent({}, _changed(usual, changes), trace)

    return make


def no_json(_asker: Asker, _visitor_id: str) -> Sent:
    """Makes a request whose body breaks off."""
    return Sent({}, b'{"datafast_visitor_id": ')


def filtered_by(**values: str) -> Make:
    """Returns a function that makes the parameters for a removal, with these filters only."""
    return lambda _asker, _visitor_id: Sent(values)


def own_name(**values: str) -> Make:
    """Returns a function that makes the parameters for removing a goal of this run, with more filters."""
    return lambda asker, _visitor_id: Sent({"name": f"{asker.run_id}_refused", **values})


def bad_name(asker: Asker, _visitor_id: str) -> Sent:
    """Makes the parameters for removing goals by a name that is not allowed."""
    return Sent({"name": f"{asker.run_id}!", **LONG_AGO})


def own_transaction(asker: Asker, _visitor_id: str) -> Sent:
    """Makes the parameters for removing a transaction of this run that does not exist."""
    return Sent({"transaction_id": f"{asker.run_id}_unknown"})


def _changed(usual: Mapping[str, Json], changes: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


USUAL: Mapping[str, Make] = {
    CREATE_GOAL: goal_with(),
    DELETE_GOALS: own_name(),
    CREATE_PAYMENT: payment_with(),
    DELETE_PAYMENTS: own_transaction,
    IDENTIFY: identity_with(datafast_visitor_id=NOBODY),
}
"""The usual request for each operation.

An identification cannot be removed, so its request names a visitor who does not exist.
"""
