"""The functions that several writing operations share: adding facts, making ids, and reading filters."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from mock_server.errors import INVALID_PERIOD, ApiError
from mock_server.instants import BEGINNING, SECOND, iso_of
from mock_server.resources.call import Call
from mock_server.world.facts import Fact, PaymentMade, changes_at, transaction
from mock_server.world.money import Payment
from mock_server.world.reports.period import PeriodError, period_of, zone_of

_EVENT, _PROFILE = range(2)
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")


class Filters(NamedTuple):
    """The filters that removals of goals and of payments share, with the same members as facts.Removal."""

    visitor_id: str | None
    begin: int | None
    end: int | None

    def told(self) -> dict[str, object]:
        """Returns the given filters as members of the answer."""
        told: dict[str, object] = {}
        if self.visitor_id is not None:
            told["datafast_visitor_id"] = self.visitor_id
        if self.begin is not None and self.end is not None:
            told["timeRange"] = {"start": iso_of(self.begin), "end": iso_of(self.end)}
        return told


def filters_of(call: Call) -> Filters:
    """Returns the visitor and the period of a removal. Raises ApiError 400 for a period with only one end."""
    visitor_id = call.query.get("datafast_visitor_id")
    try:
        zone = zone_of(call.world.site.timezone)
        period = period_of(call.query.get("startAt"), call.query.get("endAt"), zone)
    except PeriodError as error:
        raise ApiError(INVALID_PERIOD, problem=error) from None
    begin, end = (None, None) if period is None else (period.begin, period.end - 1)
    return Filters(visitor_id and visitor_id.lower(), begin, end)


def recorded(call: Call, transaction_id: str) -> Sequence[PaymentMade]:
    """Returns the recorded facts of a transaction: its payment, its refund, both or none."""
    return changes_at(_about(call, transaction_id), call.instant).payments


def own_payment(call: Call, payment_id: str) -> Payment | None:
    """Returns the world's own payment with this id on the map; None if there is none, or it was removed."""
    if not _OBJECT_ID.fullmatch(payment_id):
        return None
    second = int(payment_id[:8], 16) * SECOND
    if not BEGINNING <= second <= call.instant:
        return None
    made = call.world.payments(min(second + SECOND - 1, call.instant))
    payment = {call.world.payment_id(one): one for one in made}.get(payment_id)
    if payment is None:
        return None
    removed = changes_at(_about(call, payment_id), call.instant).payments_removed
    is_removed = any(one.takes(payer_of(payment), payment_id, payment.at) for one in removed)
    return None if is_removed else payment


def payer_of(payment: Payment) -> str:
    """Returns the id of the visitor who made a payment of the world itself."""
    assert payment.session is not None, "the world's own payments are made in sessions"
    return payment.session.visitor_id


def write(call: Call, fact: Fact) -> None:
    """Adds a fact about the website to the account's log. Raises ApiError 500 if it is full."""
    assert call.account is not None, "an operation that writes has an account"
    call.account.log.append(call.world.site.website_id, fact, call.request)


def object_id(call: Call, at: int | None = None) -> str:
    """Returns the id of the next fact: 24 hexadecimal digits, the first eight of which are the Unix second.

    It is the second of the instant `at`, or of the request if `at` is None.
    """
    return _id(call, _EVENT, call.instant if at is None else at)


def profile_id(call: Call) -> str:
    """Returns the id of the next profile, which has the form of `object_id`."""
    return _id(call, _PROFILE, call.instant)


def _id(call: Call, kind: int, at: int) -> str:
    assert call.account is not None, "an operation that writes has an account"
    return call.world.written_id(at, call.account.log.version, kind)


def _about(call: Call, transaction_id: str) -> list[Fact]:
    """Returns the facts about a transaction, and the removals that may apply to it."""
    assert call.account is not None, "an operation that writes has an account"
    subjects = (transaction(transaction_id), transaction(None))
    return call.account.log.about(call.world.site.website_id, *subjects)
