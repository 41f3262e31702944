"""`POST` and `DELETE /payments`: their answers, and the log afterwards."""

from functools import partial
from typing import Any

import httpx2
import pytest
from msgspec import structs

from mock_server.instants import instant_of, iso_of
from mock_server.service import Service
from mock_server.world.facts import PaymentMade, PaymentsRemoved
from tests.credentials import bearer
from tests.resources.writes.requests import (
    DAY,
    MONTH,
    NOBODY,
    NOW,
    PAYMENTS,
    SECOND,
    TOLD_MONTH,
    facts_of,
    payment,
)

Json = Any


def test_a_payment_is_in_the_log_as_it_was_sent_and_answered_without_envelope(
    web: httpx2.Client, service: Service, visitor: str
) -> None:
    more = {"email": "a@example.com", "name": "Ann", "customer_id": "cus_1", "renewal": True}
    reply = web.post(PAYMENTS, json=payment(datafast_visitor_id=visitor, currency="eur", **more))

    assert reply.json() == {
        "message": "Payment recorded and attributed successfully",
        "transaction_id": "payment_456",
    }
    [fact] = facts_of(service)
    assert fact == PaymentMade(
        written=NOW,
        event_id=fact.event_id if isinstance(fact, PaymentMade) else "",
        transaction_id="payment_456",
        at=NOW,
        amount=29.99,
        currency="EUR",
        visitor_id=visitor,
        email="a@example.com",
        name="Ann",
        customer_id="cus_1",
        is_renewal=True,
    )


@pytest.mark.parametrize(
    ("more", "message", "changes"),
    [
        pytest.param({}, "Payment recorded successfully", {}, id="no visitor"),
        pytest.param(
            {"datafast_visitor_id": NOBODY}, "Payment recorded successfully", {}, id="unknown visitor"
        ),
        pytest.param({"datafast_visitor_id": None}, "Payment recorded successfully", {}, id="null"),
        pytest.param({"amount": 0}, "Free trial recorded successfully", {"is_free_trial": True}, id="free"),
        pytest.param(
            {"is_free_trial": True}, "Free trial recorded successfully", {"is_free_trial": True}, id="trial"
        ),
        pytest.param(
            {"refunded": True}, "Refund recorded successfully", {"is_refunded": True}, id="refund alone"
        ),
        pytest.param(
            {"customer_email": "a@example.com", "customer_name": "Ann"},
            "Payment recorded successfully",
            {"email": "a@example.com", "name": "Ann"},
            id="aliases",
        ),
        pytest.param(
            {"name": "Ann", "customer_name": "Bob"},
            "Payment recorded successfully",
            {"name": "Ann"},
            id="name and alias",
        ),
        pytest.param(
            {"timestamp": iso_of(NOW - DAY)}, "Payment recorded successfully", {"at": NOW - DAY}, id="past"
        ),
        pytest.param(
            {"timestamp": iso_of(NOW + 900)}, "Payment recorded successfully", {"at": NOW}, id="this tick"
        ),
        pytest.param(
            {"timestamp": "2026-01-01T01:00:00+01:00"},
            "Payment recorded successfully",
            {"at": instant_of("2026-01-01T00:00:00Z")},
            id="offset",
        ),
    ],
)
def test_variants_of_a_payment(
    web: httpx2.Client, service: Service, more: Json, message: str, changes: dict[str, Json]
) -> None:
    reply = web.post(PAYMENTS, json=payment(**more))

    assert (reply.status_code, reply.json()["message"]) == (200, message)
    [fact] = facts_of(service)
    assert isinstance(fact, PaymentMade)
    assert fact.visitor_id is None
    assert int(fact.event_id[:8], 16) == fact.at // SECOND
    assert {name: structs.asdict(fact)[name] for name in changes} == changes


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        pytest.param(123, "123", id="integer"),
        pytest.param(2.5, "2.5", id="fraction"),
        pytest.param(2.0, "2", id="whole number"),
        pytest.param(2**53 - 1, "9007199254740991", id="the largest"),
        pytest.param("é " * 100, "é " * 100, id="any text"),
    ],
)
def test_a_number_is_a_transaction_id_too(web: httpx2.Client, sent: Json, text: str) -> None:
    told = [web.post(PAYMENTS, json=payment(transaction_id=one)).json() for one in (sent, text)]

    assert [one["transaction_id"] for one in told] == [text, text]
    assert told[1]["message"] == "Payment already recorded"


def test_a_transaction_is_recorded_once_whatever_else_is_sent(
    web: httpx2.Client, service: Service, visitor: str
) -> None:
    bodies = [payment(), payment(), payment(amount=1, currency="EUR", datafast_visitor_id=visitor)]
    messages = [web.post(PAYMENTS, json=body).json()["message"] for body in bodies]

    assert messages == ["Payment recorded successfully", *["Payment already recorded"] * 2]
    assert len(facts_of(service)) == 1


def test_a_refund_is_recorded_once_and_is_of_the_visitor_who_paid(
    web: httpx2.Client, service: Service, visitor: str
) -> None:
    web.post(PAYMENTS, json=payment(datafast_visitor_id=visitor))
    bodies = [payment(refunded=True, amount=10), payment(refunded=True), payment()]
    messages = [web.post(PAYMENTS, json=body).json()["message"] for body in bodies]

    assert messages == ["Refund recorded successfully", *["Payment already recorded"] * 2]
    paid, refund = (fact for fact in facts_of(service) if isinstance(fact, PaymentMade))
    assert (paid.is_refunded, refund.is_refunded) == (False, True)
    assert (refund.visitor_id, refund.amount) == (visitor, 10)


def test_a_payment_may_come_after_its_refund(web: httpx2.Client, service: Service) -> None:
    bodies = [payment(refunded=True), payment(), payment(refunded=True)]
    messages = [web.post(PAYMENTS, json=body).json()["message"] for body in bodies]

    assert messages == [
        "Refund recorded successfully",
        "Payment recorded successfully",
        "Payment already recorded",
    ]
    assert len(facts_of(service)) == 2


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"transaction_id": "payment_456"}, id="transaction"),
        pytest.param({"tx_id": "payment_456", "datafast_visitor_id": NOBODY}, id="transaction wins"),
        pytest.param({"startAt": iso_of(NOW - SECOND), "endAt": iso_of(NOW)}, id="period"),
    ],
)
def test_what_was_removed_can_be_recorded_again(web: httpx2.Client, query: dict[str, str]) -> None:
    web.post(PAYMENTS, json=payment())
    web.post(PAYMENTS, json=payment(refunded=True))

    assert web.delete(PAYMENTS, params=query).status_code == 200

    bodies = [payment(), payment(refunded=True)]
    messages = [web.post(PAYMENTS, json=body).json()["message"] for body in bodies]
    assert messages == ["Payment recorded successfully", "Refund recorded successfully"]


def test_a_payment_of_the_future_is_not_known_yet(web: httpx2.Client, service: Service) -> None:
    web.post(PAYMENTS, json=payment())

    earlier = {"Prefer": f"at={iso_of(NOW - DAY)}"}
    messages = [web.post(PAYMENTS, json=payment(), headers=earlier).json()["message"] for _ in range(2)]

    assert messages == ["Payment recorded successfully", "Payment already recorded"]
    # Two facts are in the log now, but they are one payment.
    assert len(facts_of(service)) == 2
    assert web.post(PAYMENTS, json=payment()).json()["message"] == "Payment already recorded"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        pytest.param(
            {"datafast_visitor_id": NOBODY},
            {"datafast_visitor_id": NOBODY, "message": "All payments for visitor deleted successfully"},
            id="visitor",
        ),
        pytest.param(
            {"datafast_visitor_id": NOBODY, **MONTH},
            {
                "datafast_visitor_id": NOBODY,
                "message": "All payments for visitor deleted successfully within time range",
                "timeRange": TOLD_MONTH,
            },
            id="visitor and period",
        ),
        pytest.param(
            MONTH,
            {"message": "Payments deleted successfully within time range", "timeRange": TOLD_MONTH},
            id="period",
        ),
    ],
)
def test_a_removal_of_payments_repeats_the_filters_that_were_given(
    web: httpx2.Client, service: Service, query: dict[str, str], told: Json
) -> None:
    reply = web.delete(PAYMENTS, params=query)

    assert (reply.status_code, reply.json()["data"]) == (200, [told])
    [fact] = facts_of(service)
    assert isinstance(fact, PaymentsRemoved)


def test_a_payment_is_removed_once_by_its_transaction_id(web: httpx2.Client, service: Service) -> None:
    web.post(PAYMENTS, json=payment())
    replies = [web.delete(PAYMENTS, params={"transaction_id": "payment_456"}) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [200, 404]
    assert replies[0].json()["data"] == [
        {"message": "Payment deleted successfully", "transaction_id": "payment_456"}
    ]
    assert "payment_456" in replies[1].json()["error"]["message"]
    assert len(facts_of(service)) == 2


@pytest.mark.long
def test_a_payment_of_the_world_itself_is_removed_by_the_id_on_the_map(web: httpx2.Client) -> None:
    def on_the_map() -> list[str]:
        data = web.get("/analytics/realtime/map", headers=bearer("df_launch_day")).json()["data"]
        return [row["_id"] for row in data["recentPayments"]]

    before = on_the_map()
    removal = partial(web.delete, PAYMENTS, headers=bearer("df_launch_day"))
    replies = [removal(params={"transaction_id": before[1]}).status_code for _ in range(2)]

    assert replies == [200, 404]
    assert on_the_map() == [before[0], *before[2:]]
    assert removal(params={"transaction_id": before[0][:8] + "0" * 16}).status_code == 404


@pytest.mark.long
def test_a_refund_of_a_payment_of_the_world_itself_is_of_the_visitor_who_paid(
    web: httpx2.Client, service: Service
) -> None:
    key = bearer("df_launch_day")
    row = web.get("/analytics/realtime/map", headers=key).json()["data"]["recentPayments"][0]
    body = payment(transaction_id=row["_id"], amount=row["amount"])

    messages = [web.post(PAYMENTS, json=body | {"refunded": one}, headers=key) for one in (False, True)]

    told = ["Payment already recorded", "Refund recorded successfully"]
    assert [reply.json()["message"] for reply in messages] == told
    [fact] = facts_of(service)
    assert isinstance(fact, PaymentMade)
    profile = web.get(f"/visitors/{fact.visitor_id}", headers=key).json()["data"]
    paid = {goal["timestamp"] for goal in profile["activity"]["completedGoals"] if goal["type"] != "custom"}
    assert row["timestamp"] in paid
