"""What a test makes happen with a key: page views, goals, payments and identities."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from mock_server.remote import ControlError, Datafast
from mock_server.testing import RunningMock
from tests.test_remote import get


@pytest.fixture
def written(turned: RunningMock) -> Datafast:
    """A key whose clock stands still."""
    return Datafast(turned.server).freeze()


def test_what_a_test_makes_happen_is_about_somebody_online(written: Datafast) -> None:
    visitor = written.visitor
    assert written.goal("signup", metadata={"plan": "pro"}) is written
    written.payment(29, email="jane@example.com").identify("user 1", name="Jane Doe")
    facts = written.facts()

    assert [fact["type"] for fact in facts] == ["goal", "payment", "identify"]
    assert {fact["fact"]["datafast_visitor_id"] for fact in facts} == {visitor}
    assert [fact["fact"].get("metadata") for fact in facts] == [{"plan": "pro"}, None, {"name": "Jane Doe"}]
    profile = get(written, f"/visitors/{visitor}").json()["data"]
    assert {goal["type"] for goal in profile["activity"]["completedGoals"]} == {"custom", "payment"}
    assert profile["profile"]["userId"] == "user 1"


def test_what_a_test_makes_happen_is_in_the_journal_and_looking_for_a_visitor_is_not(
    written: Datafast,
) -> None:
    written.goal("signup")

    assert [request["operation"] for request in written.requests] == ["createGoal"]
    assert [fact["request"] for fact in written.facts()] == [written.requests[0]["number"]]


def test_what_a_test_makes_happen_may_be_about_another_visitor(written: Datafast) -> None:
    visitors = get(written, "/analytics/realtime/map").json()["data"]["visitors"]
    other = visitors[-1]["visitorId"]
    written.goal("signup", visitor=other).payment(1, visitor=other, transaction_id="t1", currency="EUR")
    facts = [fact["fact"] for fact in written.facts()]

    assert {fact["datafast_visitor_id"] for fact in facts} == {other}
    assert (facts[1]["transaction_id"], facts[1]["currency"]) == ("t1", "EUR")


def test_values_of_python_are_sent_as_json_has_them(written: Datafast) -> None:
    visitor = uuid4()
    written.pageview("/pricing", visitor=visitor)
    written.payment(Decimal("29.90"), visitor=visitor, timestamp=datetime(2026, 2, 1, 12, tzinfo=UTC))
    [_, paid] = [fact["fact"] for fact in written.facts()]

    assert paid["datafast_visitor_id"] == str(visitor)
    assert (paid["amount"], paid["timestamp"]) == (29.9, "2026-02-01T12:00:00.000Z")
    written.assert_called(body={"datafast_visitor_id": visitor, "amount": Decimal("29.90")}, times=1)
    with pytest.raises(AssertionError, match=str(visitor)):
        written.assert_called(body={"datafast_visitor_id": visitor, "amount": 1})


@pytest.mark.parametrize(("amount", "error"), [(float("nan"), ValueError), (object(), TypeError)])
def test_values_that_json_does_not_have_are_reported(
    written: Datafast, amount: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match="JSON"):
        written.payment(amount)


def test_a_page_view_brings_somebody_new_whom_the_next_events_are_about(written: Datafast) -> None:
    written.site("empty")
    assert written.pageview("/pricing", timezone="Europe/Paris", referrer="https://x.com/") is written
    visitor = written.visitor
    written.goal("signup").pageview("/docs", visitor=visitor)

    [seen] = get(written, "/analytics/realtime/map").json()["data"]["visitors"]
    assert (seen["visitorId"], seen["location"]["city"], seen["referrer"]) == (
        visitor,
        "Paris",
        "https://x.com/",
    )
    activity = get(written, f"/visitors/{visitor}").json()["data"]["activity"]
    assert activity["pageViewCount"] == 2
    assert [goal["name"] for goal in activity["completedGoals"]] == ["signup"]
    assert written.pageview().visitor != visitor


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param(lambda mock: mock.pageview(visitor="me"), "/visitorId", id="no UUID"),
        pytest.param(lambda mock: mock.goal("identify"), "reserved", id="reserved name"),
        pytest.param(lambda mock: mock.payment(1, currency="XXX1"), "currency", id="no currency"),
        pytest.param(lambda mock: mock.site("empty").goal("x"), "nobody is on this website", id="nobody"),
        pytest.param(
            lambda mock: mock.fail(500, operation="createGoal").goal("x"), "server error", id="a rule"
        ),
    ],
)
def test_what_the_mock_refuses_is_reported(written: Datafast, call: object, words: str) -> None:
    assert callable(call)
    with pytest.raises(ControlError, match=f"(?i){words}"):
        call(written)
