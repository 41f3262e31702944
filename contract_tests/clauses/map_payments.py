"""Clauses about payments on the map: amounts, and who is a customer."""

from collections.abc import Iterable

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.realtime_map import Member, events, payments, visitors, which
from contract_tests.clauses.telling import value_told
from contract_tests.documented import EXAMPLE, OTHER
from contract_tests.exchange import Json, is_figure, known_text
from contract_tests.instants import ms
from contract_tests.operations import MAP
from contract_tests.recording import REVISION_2026_02, Recording, rows

# In ms.
_MINUTE = 60_000
# MAP-87 judges only these types of events: an event of another type, such as a refund, may have an amount.
_TYPES = ("pageview", "custom", "identify", "external_link", "payment")
_PAYMENTS = ("payment_received", "payment")


@clause(
    "MAP-87",
    "The `amount` of an event, if there is one, is a number for the type `payment`, and null for `pageview`,"
    " `custom`, `identify` and `external_link`.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a map with events",
    cases=which(
        "recentEvents",
        lambda m: (
            m.row.get("type") in _TYPES
            and "amount" in m.row
            and (m.row["amount"] is None or is_figure(m.row["amount"]))
        ),
    ),
)
def payments_have_amounts(member: Member) -> Iterable[Violation]:
    amount = member.row["amount"]
    if (member.row["type"] == "payment") != (amount is not None):
        problem = f"an event of type `{member.row['type']}` has the amount {value_told(amount)}"
        yield Violation(problem, member.exchange, f"{member.pointer}/amount", amount)


@clause(
    "MAP-88",
    "A visitor with `isCustomer: false` has no `customerName` and no `customerEmail`.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a visitor with `isCustomer: false`",
    revision=REVISION_2026_02,
    cases=which("visitors", lambda m: m.row.get("isCustomer") is False),
)
def no_payment_no_name(member: Member) -> Iterable[Violation]:
    for name in ("customerName", "customerEmail"):
        if known_text(member.row.get(name)) is not None:
            problem = f"`isCustomer` is false, but there is a `{name}`"
            yield Violation(problem, member.exchange, f"{member.pointer}/{name}", member.row[name])


def is_paid(member: Member) -> bool:
    """Returns whether a row is a received payment or a payment event, and has an amount."""
    return member.row.get("type") in _PAYMENTS and is_figure(member.row.get("amount"))


@clause(
    "MAP-91",
    "The `amount` of a `payment_received` payment or a `payment` event is not negative.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a map with payments",
    cases=lambda recording: filter(is_paid, (*payments(recording), *events(recording))),
)
def payments_are_not_negative(member: Member) -> Iterable[Violation]:
    if member.row["amount"] < 0:
        problem = "a received payment has a negative amount"
        yield Violation(problem, member.exchange, f"{member.pointer}/amount", member.row["amount"])


def _payers(recording: Recording) -> list[list[Member]]:
    """Returns, as one case, the visitors with an earlier payment event on the same map."""
    found = [
        member
        for member in visitors(recording)
        if isinstance(member.row.get("isCustomer"), bool)
        and any(_has_paid(row, member) for row in rows(member.data, "recentEvents"))
    ]
    return [found] if found else []


def _has_paid(event: dict[str, Json], visitor: Member) -> bool:
    """Returns whether an event is a payment of the visitor that is at least a minute older than the answer.

    After a minute the server should list the visitor as a customer.
    """
    if event.get("type") != "payment" or event.get("visitorId") != visitor.row.get("visitorId"):
        return False
    at, now, amount = ms(event.get("timestamp")), visitor.exchange.now, event.get("amount")
    is_earlier = at is not None and now is not None and at < now.earliest - _MINUTE
    return is_earlier and is_figure(amount) and amount is not None and amount > 0


@clause(
    "MAP-93",
    "At least one of the visitors who paid more than a minute ago has `isCustomer: true`.",
    source="the public documentation of visitors",
    standing=OTHER,
    needs="a visitor on the map with a `payment` event that is more than a minute old",
    reads=(MAP, "data.recentEvents.*.timestamp"),
    dated=MAP,
    cases=_payers,
)
def who_has_paid_is_a_customer(found: list[Member]) -> Iterable[Violation]:
    first = found[0]
    if not any(member.row["isCustomer"] for member in found):
        # The payment of a single visitor may have been refunded.
        is_alone = len({member.row["visitorId"] for member in found}) == 1
        problem = "the map has a payment event of this visitor"
        yield Violation(problem, first.exchange, f"{first.pointer}/isCustomer", False, is_alone)
