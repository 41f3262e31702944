"""The functions with which mutations change an exchange: its status, its headers or its body."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from contract_tests.exchange import Exchange, Span
from contract_tests.families import BY_HAND
from contract_tests.mutants.mutant import Mutant, Mutation
from contract_tests.operations import VISITOR

Data = Any
"""A decoded answer, or a part of it, to be changed in place."""
Change = Callable[[Data, Exchange], object]
Which = Callable[[Exchange], bool]
MINUTE = 60_000


def rewriting(operation: str | None, edit: Change) -> Mutation:
    """Returns a mutation that edits the body of successful answers.

    An operation of None means all operations.
    """

    def mutate(exchange: Exchange) -> Exchange:
        is_meant = exchange.operation is not None and operation in (None, exchange.operation)
        if not is_meant or not exchange.is_success or not isinstance(exchange.json, dict):
            return exchange
        return _edited(exchange, edit)

    return mutate


def editing(operation: str, edit: Change) -> Mutation:
    """Returns a mutation that edits the `data` of an operation's successful answers."""
    return rewriting(operation, lambda body, exchange: edit(body["data"], exchange))


def editing_errors(edit: Change) -> Mutation:
    """Returns a mutation that edits the body of errors."""

    def mutate(exchange: Exchange) -> Exchange:
        if exchange.status < 400 or not isinstance(exchange.json, dict):
            return exchange
        return _edited(exchange, edit)

    return mutate


def answering(
    which: Which,
    *,
    status: int | None = None,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Mutation:
    """Returns a mutation that changes the answers for which `which` is true.

    None keeps the status, body or headers. With a new status and no new body, the body is made to fit.
    """

    def mutate(exchange: Exchange) -> Exchange:
        if not which(exchange):
            return exchange
        code = exchange.status if status is None else status
        text = exchange.body if body is None else body
        if status is not None and body is None:
            text = _body_of(exchange, status)
        return replace(exchange, status=code, body=text, headers={**exchange.headers, **(headers or {})})

    return mutate


def labelled(label: str) -> Which:
    """Returns a function that says whether a request has a label."""
    return lambda exchange: label in exchange.labels


def with_status(name: str, clause: str, label: str, status: int) -> Mutant:
    """Returns a mutant that sets the status of the answers to labelled requests, and a body that fits it.

    It changes only the answers of operations whose access clauses are written by hand.
    """

    def is_meant(exchange: Exchange) -> bool:
        return exchange.operation in BY_HAND and label in exchange.labels

    return Mutant(name, clause, partial(answering, is_meant, status=status))


def in_profiles(name: str, clause: str, edit: Change) -> Mutant:
    """Returns a mutant that edits the `data` of profiles."""
    return Mutant(name, clause, partial(editing, VISITOR, edit))


def span_of(exchange: Exchange) -> Span:
    """Returns the span of time in which an answer was made, by its `Date`, or else by the kit's clock."""
    sent = exchange.sent or 0
    return exchange.now or Span(sent, sent + exchange.trip)


def _edited(exchange: Exchange, edit: Change) -> Exchange:
    # The body is decoded again, because other code uses the exchange's own decoded value.
    value = msgspec.json.decode(exchange.body)
    edit(value, exchange)
    return replace(exchange, body=msgspec.json.encode(value))


def _body_of(exchange: Exchange, status: int) -> bytes:
    """Returns a body that fits a status: an error's envelope, or a successful answer."""
    if status < 400:
        return exchange.body if exchange.status < 400 else b'{"status":"success","data":[{"visitors":1}]}'
    return msgspec.json.encode({"status": "error", "error": {"code": status, "message": "Another status."}})
