"""Payments that servers send and remove, `POST /payments` and `DELETE /payments`."""

from collections.abc import Mapping
from typing import Any

import msgspec

from contract_tests.quoting import quoted
from mock_server.errors import (
    AMOUNT_TOO_LARGE,
    CURRENCY_UNKNOWN,
    INVALID_TIMESTAMP,
    TRANSACTION_NOT_FOUND,
    ApiError,
)
from mock_server.instants import instant_of, iso_of
from mock_server.resources.call import Call, Reply
from mock_server.resources.lives import is_known
from mock_server.resources.writes import filters_of, object_id, own_payment, payer_of, recorded, write
from mock_server.state.clock import TICK
from mock_server.world.currencies import MOST_MINOR_UNITS, currency_of, minor_units
from mock_server.world.facts import PaymentMade, PaymentsRemoved

_ATTRIBUTED = "Payment recorded and attributed successfully"
_RECORDED = "Payment recorded successfully"
_KNOWN = "Payment already recorded"
_REFUND = "Refund recorded successfully"
_FREE_TRIAL = "Free trial recorded successfully"
_encode = msgspec.json.Encoder().encode


def create_payment(call: Call, *, is_server: bool = True) -> Reply:
    """Records a payment, a refund or a free trial, once for each transaction.

    The answer has no envelope. `is_server` is false if a browser sent the payment. Raises ApiError 400 for an
    unknown currency, an amount that is too large, an invalid timestamp, and a bot.
    """
    payment = _payment_of(call, is_server=is_server)
    payers = _payers(call, payment.transaction_id)
    if payment.is_refunded in payers:
        message = _KNOWN
    else:
        if payment.visitor_id is None:
            # A refund seldom names the visitor again, so the payment's visitor is used.
            payment = msgspec.structs.replace(payment, visitor_id=payers.get(False))
        write(call, payment)
        message = _message(payment)
    return Reply(_encode({"message": message, "transaction_id": payment.transaction_id}))


def delete_payments(call: Call) -> Reply:
    """Removes a transaction or, without a transaction id, the payments that match all filters.

    Raises ApiError: 404 for an unknown transaction, 400 for a period without a beginning or an end.
    """
    transaction_id = call.query.get("transaction_id")
    if transaction_id is not None:
        if not recorded(call, transaction_id) and own_payment(call, transaction_id) is None:
            raise ApiError(TRANSACTION_NOT_FOUND, transaction_id=transaction_id)
        write(call, PaymentsRemoved(written=call.instant, transaction_id=transaction_id))
        return _deleted({"message": "Payment deleted successfully", "transaction_id": transaction_id})
    filters = filters_of(call)
    write(call, PaymentsRemoved(written=call.instant, **filters._asdict()))
    whose = "Payments" if filters.visitor_id is None else "All payments for visitor"
    when = "" if filters.begin is None else " within time range"
    return _deleted({"message": f"{whose} deleted successfully{when}", **filters.told()})


def _payers(call: Call, transaction_id: str) -> dict[bool, str | None]:
    """Returns the visitors of a transaction: the payment's under the key False, the refund's under True.

    A key is missing if there is no payment or no refund. A visitor is None if unknown.
    """
    payers = {paid.is_refunded: paid.visitor_id for paid in recorded(call, transaction_id)}
    own = None if False in payers else own_payment(call, transaction_id)
    return payers if own is None else {**payers, False: payer_of(own)}


def _deleted(row: dict[str, Any]) -> Reply:
    return Reply(_encode({"status": "success", "data": [row]}))


def _payment_of(call: Call, *, is_server: bool) -> PaymentMade:
    """Returns the payment that a request describes. Raises ApiError 400."""
    body: dict[str, Any] = call.body
    amount, currency = amount_and_currency(call, body)
    at = _at(call, body.get("timestamp"))
    return PaymentMade(
        written=call.instant,
        event_id=object_id(call, at),
        transaction_id=_text(body["transaction_id"]),
        at=at,
        amount=amount,
        currency=currency,
        visitor_id=_visitor_of(call, body.get("datafast_visitor_id")),
        email=body.get("email"),
        name=body.get("name"),
        customer_id=body.get("customer_id"),
        is_renewal=bool(body.get("renewal")),
        is_refunded=bool(body.get("refunded")),
        is_free_trial=bool(body.get("is_free_trial")) or not amount,
        is_server=is_server,
    )


def amount_and_currency(call: Call, body: Mapping[str, Any], within: str = "") -> tuple[float, str]:
    """Returns a payment's amount in major units, and the code of its currency in capitals.

    `within` is the place of the payment in the request's body. Raises ApiError 400 for an unknown currency,
    and for an amount that reports cannot add up.
    """
    # JSON has a negative zero.
    amount, code = abs(float(body["amount"])), body["currency"].upper()
    if currency_of(code) is None:
        raise ApiError(CURRENCY_UNKNOWN, place=f"{within}/currency", code=body["currency"])
    if minor_units(amount, code, call.world.site.money) > MOST_MINOR_UNITS:
        raise ApiError(AMOUNT_TOO_LARGE, place=f"{within}/amount", amount=amount, code=code)
    return amount, code


def _message(payment: PaymentMade) -> str:
    if payment.is_refunded:
        return _REFUND
    if payment.is_free_trial:
        return _FREE_TRIAL
    return _RECORDED if payment.visitor_id is None else _ATTRIBUTED


def _visitor_of(call: Call, visitor_id: str | None) -> str | None:
    """Returns the id of a known visitor; None if no id was sent, or nobody has it.

    Raises ApiError 400 for a bot.
    """
    # The payment of an unknown visitor is recorded as well, because the documentation has no 404 here.
    return visitor_id.lower() if visitor_id is not None and is_known(call, visitor_id) else None


def _at(call: Call, timestamp: str | None) -> int:
    """Returns the instant of a payment, by default the instant of the request. Raises ApiError 400."""
    if timestamp is None:
        return call.instant
    try:
        at = instant_of(timestamp)
    except ValueError as error:
        raise ApiError(INVALID_TIMESTAMP, problem=error) from None
    if at >= call.instant + TICK:
        now = iso_of(call.instant)
        raise ApiError(
            INVALID_TIMESTAMP, problem=f"{quoted(timestamp)} is in the future; the clock is at {now}"
        )
    # The instants of a tick are all the same: the beginning of the tick.
    return min(at, call.instant)


def _text(transaction_id: str | float) -> str:
    """Returns a transaction id as text; a whole number has no fraction, as in JavaScript."""
    if isinstance(transaction_id, float) and transaction_id.is_integer():
        return str(int(transaction_id))
    return str(transaction_id)
