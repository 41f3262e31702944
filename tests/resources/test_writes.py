"""The operations that write: their answers, their refusals, and the log afterwards."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import httpx2
import pytest
from msgspec import structs

from mock_server.contract.document import REVISIONS
from mock_server.instants import instant_of, iso_of
from mock_server.options import Options
from mock_server.service import Service, load_service
from mock_server.state.log import Log
from mock_server.testing import serving
from mock_server.world.facts import Fact, GoalReached, GoalsRemoved, Identified, PaymentMade, PaymentsRemoved
from tests.controls import Controls
from tests.credentials import DEMO, bearer
from tests.instants import AROUND, INSTANT
from tests.schemas import strict_validator

Json = Any
NOW = instant_of(INSTANT) // 1000 * 1000
SECOND, DAY = 1_000, 86_400_000
NOBODY = "00000000-0000-4000-8000-000000000000"
GOALS, PAYMENTS, IDENTIFY = "/goals", "/payments", "/identify"
MONTH = {"startAt": "2023-01-01T00:00:00Z", "endAt": "2023-01-31T23:59:59Z"}
TOLD_MONTH = {"start": "2023-01-01T00:00:00.000Z", "end": "2023-01-31T23:59:59.000Z"}


@pytest.fixture(scope="module")
def service() -> Service:
    """A separate, frozen mock, to which the tests write."""
    return load_service(Options(now=NOW, speed=0))


@pytest.fixture(scope="module")
def address(service: Service) -> Iterator[str]:
    with serving(service) as address:
        yield address


@pytest.fixture(scope="module")
def casts(address: str) -> dict[str, dict[str, str]]:
    """The ids of visitors who are always online, by website and role."""
    with Controls(address) as controls:
        return {site["name"]: site["cast"] for site in controls.get("/sites")["sites"]}


@pytest.fixture(scope="module")
def cast(casts: dict[str, dict[str, str]]) -> dict[str, str]:
    """The ids of visitors of `demo` who are always online, by role."""
    return casts["demo"]


@pytest.fixture(scope="module")
def visitor(cast: dict[str, str]) -> str:
    """The id of a visitor who is neither a customer nor identified."""
    return cast["anonymous"]


@pytest.fixture(scope="module")
def stranger(casts: dict[str, dict[str, str]]) -> str:
    """The id of a visitor of another website."""
    return next(iter(casts["shop"].values()))


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx2.Client]:
    """A client with the key of `demo`."""
    with httpx2.Client(base_url=f"{address}/api/v1", headers=bearer("df_demo")) as client:
        yield client


@pytest.fixture
def web(service: Service, client: httpx2.Client) -> httpx2.Client:
    """The client, with the facts of earlier tests removed."""
    service.reset()
    return client


def log_of(service: Service, account: str = "demo") -> Log:
    return service.keys.account(account).log


def facts_of(service: Service) -> list[Fact]:
    return [entry.fact for entry in log_of(service)]


def goal(visitor: str, **more: Json) -> Json:
    return {"datafast_visitor_id": visitor, "name": "signup", **more}


def payment(**more: Json) -> Json:
    return {"amount": 29.99, "currency": "USD", "transaction_id": "payment_456", **more}


def identity(visitor: str, **more: Json) -> Json:
    return {"datafast_visitor_id": visitor, "user_id": "user_123", **more}


# -- goals -------------------------------------------------------------------------------------------


def test_a_goal_is_in_the_log_as_it_was_sent(web: httpx2.Client, service: Service, visitor: str) -> None:
    reply = web.post(GOALS, json=goal(visitor, description="Signed up", metadata={"plan": "pro"}))

    [row] = reply.json()["data"]
    assert (reply.status_code, row["message"]) == (200, "Custom event created successfully")
    [entry] = log_of(service)
    assert entry.website_id == DEMO
    assert entry.fact == GoalReached(
        written=NOW,
        event_id=row["eventId"],
        visitor_id=visitor,
        name="signup",
        description="Signed up",
        properties={"plan": "pro"},
    )
    assert int(row["eventId"][:8], 16) == NOW // 1000


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        pytest.param("Sign Up", "sign_up", id="capitals and a blank"),
        pytest.param("a:b-c_9", "a:b-c_9", id="all other signs"),
        pytest.param("x" * 64, "x" * 64, id="the longest"),
        pytest.param("payment", "payment", id="a word that is not reserved"),
    ],
)
def test_the_name_of_a_goal_is_recorded_in_lower_case(
    web: httpx2.Client, service: Service, visitor: str, sent: str, name: str
) -> None:
    assert web.post(GOALS, json=goal(visitor, name=sent)).status_code == 200

    [fact] = facts_of(service)
    assert isinstance(fact, GoalReached)
    assert fact.name == name


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param("<b>pro</b>", "pro", id="tags"),
        pytest.param('<a href="x">pro</a><br/>', "pro", id="tags with attributes"),
        pytest.param("<<i>script>alert()", "alert()", id="a tag within a tag"),
        pytest.param("<!-- hidden -->pro", "pro", id="a comment"),
        pytest.param("1 < 2 and 3 > 2", "1 < 2 and 3 > 2", id="no tags"),
    ],
)
def test_markup_is_removed_from_metadata(
    web: httpx2.Client, service: Service, visitor: str, sent: str, kept: str
) -> None:
    web.post(GOALS, json=goal(visitor, metadata={"plan": sent}))

    [fact] = facts_of(service)
    assert isinstance(fact, GoalReached)
    assert fact.properties == {"plan": kept}


def test_members_that_are_not_documented_are_ignored_and_null_is_nothing(
    web: httpx2.Client, service: Service, visitor: str
) -> None:
    reply = web.post(GOALS, json=goal(visitor, metadata=None, description=None, source="app"))

    assert reply.status_code == 200
    [fact] = facts_of(service)
    assert isinstance(fact, GoalReached)
    assert (fact.description, fact.properties) == (None, {})


def test_each_goal_has_an_id_of_its_own(web: httpx2.Client, visitor: str) -> None:
    replies = [web.post(GOALS, json=goal(visitor)).json() for _ in range(5)]

    assert len({reply["data"][0]["eventId"] for reply in replies}) == 5


@pytest.mark.parametrize(
    ("query", "message", "told"),
    [
        pytest.param(
            {"name": "Sign Up"}, "Goal events deleted successfully", {"goal_name": "sign_up"}, id="name"
        ),
        pytest.param({"goalName": "a"}, "Goal events deleted successfully", {"goal_name": "a"}, id="alias"),
        pytest.param(
            {"datafast_visitor_id": NOBODY},
            "Goal events deleted successfully",
            {"datafast_visitor_id": NOBODY},
            id="visitor, also nobody",
        ),
        pytest.param(
            MONTH,
            "Goal events deleted successfully within time range",
            {"timeRange": TOLD_MONTH},
            id="period",
        ),
        pytest.param(
            {"start": MONTH["startAt"], "end": MONTH["endAt"], "name": "a"},
            "Goal events deleted successfully within time range",
            {"goal_name": "a", "timeRange": TOLD_MONTH},
            id="period by its other names, and a name",
        ),
    ],
)
def test_a_removal_of_goals_repeats_the_filters_that_were_given(
    web: httpx2.Client, service: Service, query: dict[str, str], message: str, told: Json
) -> None:
    reply = web.delete(GOALS, params=query)

    assert (reply.status_code, reply.json()["data"]) == (200, [{"message": message, **told}])
    [fact] = facts_of(service)
    assert isinstance(fact, GoalsRemoved)


def test_a_date_is_a_day_of_the_website(web: httpx2.Client, service: Service) -> None:
    reply = web.delete(GOALS, params={"startAt": "2026-01-30", "endAt": "2026-01-30"})

    # The website is in New York.
    told = reply.json()["data"][0]["timeRange"]
    assert told == {"start": "2026-01-30T05:00:00.000Z", "end": "2026-01-31T04:59:59.999Z"}
    [fact] = facts_of(service)
    assert isinstance(fact, GoalsRemoved)
    assert (fact.begin, fact.end) == (instant_of(told["start"]), instant_of(told["end"]))


# -- payments ----------------------------------------------------------------------------------------


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


# -- identities --------------------------------------------------------------------------------------


def test_a_visitor_is_identified_by_a_user_id_and_any_other_members(
    web: httpx2.Client, service: Service, visitor: str
) -> None:
    more = {"name": "Jane", "plan": None, "nested": {"a": [1]}}
    data = web.post(IDENTIFY, json=identity(visitor, **more)).json()["data"]

    assert (data["message"], data["action"]) == ("User profile created successfully", "created")
    [fact] = facts_of(service)
    assert isinstance(fact, Identified)
    assert (fact.user_id, fact.metadata, fact.profile_id) == ("user_123", more, data["profileId"])
    assert fact.event_id != fact.profile_id


@pytest.mark.parametrize(
    ("more", "action"),
    [
        pytest.param({}, "unchanged", id="nothing else"),
        pytest.param({"plan": "pro"}, "unchanged", id="the same again"),
        pytest.param({"plan": "team"}, "updated", id="another value"),
        pytest.param({"plan": None}, "updated", id="null is a value"),
        pytest.param({"seats": True}, "updated", id="another type"),
        pytest.param({"city": "Paris"}, "updated", id="another member"),
        pytest.param({"user_id": "user_124"}, "updated", id="another user"),
    ],
)
def test_identifying_again_changes_what_differs(
    web: httpx2.Client, service: Service, visitor: str, more: Json, action: str
) -> None:
    first = web.post(IDENTIFY, json=identity(visitor, plan="pro", seats=1)).json()["data"]

    data = web.post(IDENTIFY, json={**identity(visitor), **more}).json()["data"]

    texts = {"updated": "User profile updated successfully", "unchanged": "User profile unchanged"}
    assert data == {"message": texts[action], "profileId": first["profileId"], "action": action}
    assert len(facts_of(service)) == (1 if action == "unchanged" else 2)


def test_members_are_added_to_those_of_earlier_requests(web: httpx2.Client, visitor: str) -> None:
    for more in ({"a": 1, "b": 1}, {"b": 2, "c": 2}):
        web.post(IDENTIFY, json=identity(visitor, **more))

    again = web.post(IDENTIFY, json=identity(visitor, a=1, b=2, c=2)).json()["data"]

    assert again["action"] == "unchanged"


def test_a_visitor_whom_the_world_knows_keeps_the_profile(
    web: httpx2.Client, cast: dict[str, str], service: Service
) -> None:
    known = web.get(f"/visitors/{cast['identified']}").json()["data"]["profile"]
    same = {"datafast_visitor_id": cast["identified"], "user_id": known["userId"], **known["metadata"]}

    replies = [web.post(IDENTIFY, json={**same, **more}).json()["data"] for more in ({}, {"plan": "pro"})]

    assert [reply["action"] for reply in replies] == ["unchanged", "updated"]
    assert replies[0]["profileId"] == replies[1]["profileId"]
    assert len(facts_of(service)) == 1


# -- refusals ----------------------------------------------------------------------------------------

BAD_BODIES = [
    pytest.param(b"", "JSON body", id="empty"),
    pytest.param(b"{", "not JSON", id="not JSON"),
    pytest.param(b"[]", "/", id="array"),
    pytest.param(b"null", "/", id="null"),
    pytest.param(b'"\\ud800"', "not JSON", id="half a character"),
    pytest.param(b'{"amount": NaN}', "not JSON", id="NaN"),
    pytest.param(b'{"amount": Infinity}', "not JSON", id="infinity"),
    pytest.param(b'{"amount": 1e999}', "not JSON", id="a number beyond all bounds"),
    pytest.param(b"[" * 100_000, "not JSON", id="nested deeply"),
    pytest.param(b"\xff\xfe{}", "not JSON", id="not UTF-8"),
    pytest.param(b"{}", "is missing", id="no members"),
]


@pytest.mark.parametrize("path", [GOALS, PAYMENTS, IDENTIFY])
@pytest.mark.parametrize(("content", "told"), BAD_BODIES)
def test_a_body_that_cannot_be_read_is_refused(
    web: httpx2.Client, service: Service, path: str, content: bytes, told: str
) -> None:
    reply = web.post(path, content=content)

    _assert_refused(reply, 400, told)
    assert facts_of(service) == []


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
@pytest.mark.parametrize("depth", [101, 500, 900])
def test_a_body_that_answers_could_not_repeat_is_refused(
    web: httpx2.Client, service: Service, visitor: str, depth: int, opening: str, closing: str
) -> None:
    start, end = json.dumps(identity(visitor, deep="?")).split('"?"')
    reply = web.post(IDENTIFY, content=start + opening * depth + "1" + closing * depth + end)

    _assert_refused(reply, 400, "nested deeper than 100 levels")
    assert facts_of(service) == []


def test_a_body_may_be_nested_a_hundred_levels(web: httpx2.Client, visitor: str) -> None:
    deep: Json = 1
    for _ in range(99):
        deep = [deep]

    assert web.post(IDENTIFY, json=identity(visitor, deep=deep)).status_code == 200
    assert web.get(f"/visitors/{visitor}").json()["data"]["profile"]["metadata"]["deep"] == deep


def test_a_byte_order_mark_before_a_body_is_skipped(web: httpx2.Client, service: Service) -> None:
    content = b"\xef\xbb\xbf" + json.dumps(payment()).encode()

    assert web.post(PAYMENTS, content=content).status_code == 200
    assert len(facts_of(service)) == 1


BAD_GOALS = [
    pytest.param({"name": None}, "/name", id="name null"),
    pytest.param({"name": ""}, "/name", id="name empty"),
    pytest.param({"name": "x" * 65}, "/name", id="name too long"),
    pytest.param({"name": "naïve"}, "/name", id="name with another letter"),
    pytest.param({"name": "a\n"}, "/name", id="name with a line feed"),
    pytest.param({"name": "Identify"}, "/name", id="name reserved"),
    pytest.param({"name": 5}, "/name", id="name a number"),
    pytest.param({"datafast_visitor_id": "x"}, "/datafast_visitor_id", id="visitor malformed"),
    pytest.param({"datafast_visitor_id": None}, "/datafast_visitor_id", id="visitor null"),
    pytest.param({"description": 5}, "/description", id="description a number"),
    pytest.param({"metadata": []}, "/metadata", id="metadata a list"),
    pytest.param({"metadata": {str(n): "" for n in range(11)}}, "/metadata", id="11 keys"),
    pytest.param({"metadata": {"Plan": "pro"}}, "Plan", id="key in capitals"),
    pytest.param({"metadata": {"": "pro"}}, "/metadata", id="key empty"),
    pytest.param({"metadata": {"x" * 65: "pro"}}, "/metadata", id="key too long"),
    pytest.param({"metadata": {"seats": 5}}, "/metadata/seats", id="value a number"),
    pytest.param({"metadata": {"plan": "x" * 256}}, "/metadata/plan", id="value too long"),
]


@pytest.mark.parametrize(("more", "told"), BAD_GOALS)
def test_a_goal_that_is_wrong_is_refused(
    web: httpx2.Client, service: Service, visitor: str, more: Json, told: str
) -> None:
    reply = web.post(GOALS, json=goal(visitor) | more)

    _assert_refused(reply, 400, told)
    assert facts_of(service) == []


BAD_PAYMENTS = [
    pytest.param({"amount": -0.01}, "/amount", id="negative"),
    pytest.param({"amount": 1e13}, "/amount", id="too much"),
    pytest.param({"amount": "29.99"}, "/amount", id="amount as text"),
    pytest.param({"amount": True}, "/amount", id="amount true"),
    pytest.param({"amount": None}, "/amount", id="amount null"),
    pytest.param({"currency": "ABC"}, "/currency", id="unknown currency"),
    pytest.param({"currency": "XXX"}, "/currency", id="no currency"),
    pytest.param({"currency": "US"}, "/currency", id="two letters"),
    pytest.param({"currency": "ſſſ"}, "/currency", id="letters with other capitals"),
    pytest.param({"transaction_id": ""}, "/transaction_id", id="transaction empty"),
    pytest.param({"transaction_id": None}, "/transaction_id", id="transaction null"),
    pytest.param({"transaction_id": True}, "/transaction_id", id="transaction true"),
    pytest.param({"transaction_id": -1}, "/transaction_id", id="transaction negative"),
    pytest.param({"transaction_id": 2**53}, "/transaction_id", id="a number that JavaScript does not have"),
    pytest.param({"transaction_id": "x" * 256}, "/transaction_id", id="transaction too long"),
    pytest.param({"datafast_visitor_id": "x"}, "/datafast_visitor_id", id="visitor malformed"),
    pytest.param({"datafast_visitor_id": ""}, "/datafast_visitor_id", id="visitor empty"),
    pytest.param({"renewal": "yes"}, "/renewal", id="renewal as text"),
    pytest.param({"email": 5}, "/email", id="address a number"),
    pytest.param({"customer_email": 5}, "/email", id="address by its alias"),
    pytest.param({"timestamp": "yesterday"}, "/timestamp", id="no timestamp"),
    pytest.param({"timestamp": 1770355650}, "/timestamp", id="timestamp a number"),
    pytest.param({"timestamp": iso_of(NOW + SECOND)}, "/timestamp", id="future"),
    pytest.param({"timestamp": "1970-01-01T00:00:00Z"}, "/timestamp", id="before all clocks"),
    pytest.param({"timestamp": "2026-02-30T00:00:00Z"}, "/timestamp", id="no such day"),
]


@pytest.mark.parametrize(("more", "told"), BAD_PAYMENTS)
def test_a_payment_that_is_wrong_is_refused(
    web: httpx2.Client, service: Service, more: Json, told: str
) -> None:
    reply = web.post(PAYMENTS, json=payment() | more)

    _assert_refused(reply, 400, told)
    assert facts_of(service) == []


def test_the_largest_amounts_are_added_up_and_larger_ones_refused(
    web: httpx2.Client, service: Service
) -> None:
    # The website counts in yen.
    key, period = bearer("df_shop"), {**AROUND, "fields": "revenue"}
    for n in range(30):
        paid = payment(amount=1e12, currency="USD", transaction_id=f"t{n}")
        assert web.post(PAYMENTS, json=paid, headers=key).status_code == 200
    refused = web.post(PAYMENTS, json=payment(amount=1e12, currency="KWD"), headers=key)

    _assert_refused(refused, 400, "/amount': 1e+12 KWD")
    assert len(facts_of(service)) == 30
    [row] = web.get("/analytics/overview", params=period, headers=key).json()["data"]
    assert row["revenue"] > 30 * 1e14


@pytest.mark.parametrize(
    ("more", "told"),
    [
        pytest.param({"user_id": ""}, "/user_id", id="user empty"),
        pytest.param({"user_id": "x" * 256}, "/user_id", id="user too long"),
        pytest.param({"user_id": 5}, "/user_id", id="user a number"),
        pytest.param({"datafast_visitor_id": "x"}, "/datafast_visitor_id", id="visitor malformed"),
        pytest.param({"datafast_visitor_id": None}, "/datafast_visitor_id", id="visitor null"),
    ],
)
def test_an_identity_that_is_wrong_is_refused(
    web: httpx2.Client, service: Service, visitor: str, more: Json, told: str
) -> None:
    reply = web.post(IDENTIFY, json=identity(visitor) | more)

    _assert_refused(reply, 400, told)
    assert facts_of(service) == []


@pytest.mark.parametrize("path", [GOALS, PAYMENTS])
@pytest.mark.parametrize(
    ("query", "told"),
    [
        pytest.param({}, "datafast_visitor_id", id="no filter"),
        pytest.param({"unknown": "x"}, "datafast_visitor_id", id="no documented filter"),
        pytest.param({"startAt": "2026-01-01"}, "endAt", id="half a period"),
        pytest.param({"start": "2026-01-01"}, "endAt", id="half a period by its other name"),
        pytest.param({"end": "2026-01-01"}, "startAt", id="the other half"),
        pytest.param(
            {"datafast_visitor_id": NOBODY, "endAt": "2026-01-01"}, "startAt", id="half a period of a visitor"
        ),
        pytest.param({"startAt": "x", "endAt": "2026-01-01"}, "startAt", id="no date"),
        pytest.param({"startAt": "2026-01-02", "endAt": "2026-01-01"}, "endAt", id="period backwards"),
        pytest.param({"datafast_visitor_id": "x"}, "datafast_visitor_id", id="visitor malformed"),
    ],
)
def test_a_removal_that_is_wrong_is_refused(
    web: httpx2.Client, service: Service, path: str, query: dict[str, str], told: str
) -> None:
    reply = web.delete(path, params=query)

    _assert_refused(reply, 400, told)
    assert facts_of(service) == []


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (
            GOALS,
            {"name": "a!b"},
            "'/name': 'a!b' has another form; a value such as newsletter_signup is expected",
        ),
        (
            GOALS,
            {"name": "a", "metadata": {"A B": "x"}},
            "'/metadata': 'A B' has another form; a value such as plan is expected",
        ),
        (GOALS, {"name": "a", "datafast_visitor_id": "me"}, "'/datafast_visitor_id': 'me' has another form"),
        (
            PAYMENTS,
            {"amount": 1, "currency": "EURO", "transaction_id": "e"},
            "'EURO' has another form; a value such as USD is",
        ),
    ],
)
def test_a_text_of_another_form_is_refused_with_an_example_and_no_pattern(
    web: httpx2.Client, visitor: str, path: str, body: Json, said: str
) -> None:
    reply = web.post(path, json={"datafast_visitor_id": visitor, **body})

    assert reply.status_code == 400
    message = reply.json()["error"]["message"]
    assert said in message
    assert "^" not in message


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        pytest.param(GOALS, {}, "'/': the member `name` is missing.", id="missing"),
        pytest.param(GOALS, {"name": 5}, "'/name': a text is expected, not a whole number.", id="type"),
        pytest.param(GOALS, {"name": ""}, "'/name': a text of at least 1 character is expected.", id="empty"),
        pytest.param(
            GOALS,
            {"name": "a", "metadata": {"k": "x" * 256}},
            "'/metadata/k': a text of at most 255 characters is expected.",
            id="too long to be shown",
        ),
        pytest.param(
            GOALS,
            {"name": "a", "metadata": {f"k{n}": "x" for n in range(11)}},
            "'/metadata': an object of at most 10 members is expected.",
            id="members",
        ),
        pytest.param(
            PAYMENTS,
            {"amount": -1, "currency": "USD", "transaction_id": "e"},
            "'/amount': a number of at least 0 is expected.",
            id="bound",
        ),
        pytest.param(
            PAYMENTS,
            {"amount": 1, "currency": "USD", "transaction_id": "e", "refunded": "yes"},
            "'/refunded': true or false or null is expected, not a text.",
            id="two types",
        ),
        pytest.param(
            PAYMENTS,
            {"amount": 1, "currency": "USD", "transaction_id": []},
            "'/transaction_id': a text or a number is expected, not a list.",
            id="alternatives",
        ),
    ],
)
def test_what_is_wrong_in_a_body_is_told_in_plain_words(
    web: httpx2.Client, visitor: str, path: str, body: Json, said: str
) -> None:
    reply = web.post(path, json={"datafast_visitor_id": visitor, **body})

    assert reply.status_code == 400
    assert reply.json()["error"]["message"] == f"Invalid body at {said}"


@pytest.mark.parametrize("path", [GOALS, PAYMENTS])
def test_a_removal_of_all_times_is_one_that_can_be_listed(
    address: str, web: httpx2.Client, path: str
) -> None:
    ever = {"startAt": "0001-01-01T00:00:00+01:00", "endAt": "9999-12-31T23:59:59-05:00"}

    [row] = web.delete(path, params=ever).json()["data"]

    assert row["timeRange"] == {"start": "0001-01-01T00:00:00.000Z", "end": "9999-12-31T23:59:59.999Z"}
    with Controls(address) as controls:
        [fact] = controls.get("/facts")["facts"]
    assert (fact["fact"]["startAt"], fact["fact"]["endAt"]) == tuple(row["timeRange"].values())


@pytest.mark.parametrize("name", ["", "x" * 65, "naïve"])
def test_a_removal_of_goals_by_a_bad_name_is_refused(web: httpx2.Client, service: Service, name: str) -> None:
    _assert_refused(web.delete(GOALS, params={"name": name}), 400, "name")
    assert facts_of(service) == []


@pytest.mark.parametrize(("path", "body"), [(GOALS, goal), (IDENTIFY, identity)])
def test_only_visitors_of_the_website_reach_goals_and_are_identified(
    web: httpx2.Client, service: Service, stranger: str, path: str, body: Any
) -> None:
    bot = service.sites["demo"].bots[0]
    for visitor_id, status in ((NOBODY, 404), (stranger, 404), (bot, 400), (bot.upper(), 400)):
        _assert_refused(web.post(path, json=body(visitor_id)), status, visitor_id.lower())

    assert facts_of(service) == []


def test_a_bot_pays_nothing(web: httpx2.Client, service: Service) -> None:
    bot = service.sites["demo"].bots[0]

    _assert_refused(web.post(PAYMENTS, json=payment(datafast_visitor_id=bot)), 400, bot)
    assert facts_of(service) == []


@pytest.mark.parametrize("path", [GOALS, PAYMENTS, IDENTIFY])
@pytest.mark.parametrize(
    "size",
    [
        pytest.param(b"Content-Length: 52428800\r\n\r\n", id="announced"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n3200000\r\n", id="in one chunk"),
    ],
)
def test_a_body_of_50_megabytes_is_refused_before_it_is_there(
    address: str, web: httpx2.Client, service: Service, path: str, size: bytes
) -> None:
    host, _, port = address.removeprefix("http://").partition(":")
    head = f"POST /api/v1{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer df_demo\r\n".encode()
    with socket.create_connection((host, int(port)), timeout=20) as sock:
        # The server closes the connection before the client has sent everything.
        with suppress(OSError):
            sock.sendall(head + size)
            for _ in range(50):
                sock.sendall(b" " * 1024 * 1024)
        with suppress(ConnectionResetError):
            received = sock.recv(65536)

    assert received.startswith(b"HTTP/1.1 413 ")
    assert json.loads(received.partition(b"\r\n\r\n")[2])["error"]["code"] == 413
    assert facts_of(service) == []
    assert web.get("/analytics/realtime").status_code == 200


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_peek_writes_nothing(web: httpx2.Client, service: Service, method: str) -> None:
    reply = web.request(
        method, PAYMENTS, json=payment(), params={"transaction_id": "x"}, headers={"Prefer": "peek"}
    )

    assert reply.status_code == 400
    assert "cannot be a peek" in reply.json()["detail"]
    assert facts_of(service) == []


@pytest.mark.parametrize("preference", ["code=200", "code=400", "example=documented"])
def test_a_documented_answer_that_is_preferred_writes_nothing(
    web: httpx2.Client, service: Service, preference: str
) -> None:
    web.post(PAYMENTS, json=payment(), headers={"Prefer": preference})

    assert facts_of(service) == []


def _assert_refused(reply: httpx2.Response, status: int, told: str) -> None:
    """Asserts that a request is refused in the envelope, with a message that has this text."""
    assert reply.status_code == status, reply.text
    error = reply.json()["error"]
    assert (reply.json()["status"], error["code"]) == ("error", status)
    assert told in error["message"]


# -- credentials and accounts ------------------------------------------------------------------------


WRITES = [
    pytest.param("POST", GOALS, "goals:write", id="createGoal"),
    pytest.param("DELETE", GOALS, "goals:write", id="deleteGoals"),
    pytest.param("POST", PAYMENTS, "payments:write", id="createPayment"),
    pytest.param("DELETE", PAYMENTS, "payments:write", id="deletePayments"),
    pytest.param("POST", IDENTIFY, "identify:write", id="identifyVisitor"),
]


@pytest.mark.parametrize(("method", "path", "permission"), WRITES)
def test_a_token_needs_the_permission_to_write(
    web: httpx2.Client, service: Service, method: str, path: str, permission: str
) -> None:
    query = {"websiteId": DEMO}
    lacking = web.request(method, path, params=query, headers=bearer("dft_no_permission"))
    suspended = web.request(method, path, headers=bearer("df_suspended"))
    nobody = web.request(method, path, headers=bearer("df_nobody"))

    _assert_refused(lacking, 403, permission)
    _assert_refused(suspended, 403, "suspended")
    _assert_refused(nobody, 401, "API key")
    assert facts_of(service) == []


@pytest.mark.parametrize(("method", "path", "permission"), WRITES)
def test_a_token_with_this_permission_alone_may_write(
    web: httpx2.Client, address: str, method: str, path: str, permission: str
) -> None:
    with Controls(address) as controls:
        token = controls.mint(account="demo", permissions=[permission])
    reply = web.request(method, path, params={"websiteId": DEMO}, headers=bearer(token))

    # Nothing is sent that could be written.
    assert reply.status_code == 400


def test_key_and_token_of_one_account_write_to_the_same_log(web: httpx2.Client, service: Service) -> None:
    with_token = partial(web.post, PAYMENTS, params={"websiteId": DEMO}, headers=bearer("dft_test"))
    messages = [web.post(PAYMENTS, json=payment()), with_token(json=payment())]

    told = ["Payment recorded successfully", "Payment already recorded"]
    assert [reply.json()["message"] for reply in messages] == told
    assert len(facts_of(service)) == 1


def test_websites_of_one_account_have_transactions_of_their_own(web: httpx2.Client, service: Service) -> None:
    keys = [bearer("df_demo"), bearer("df_shop")]
    messages = [web.post(PAYMENTS, json=payment(), headers=key).json()["message"] for key in keys]

    assert messages == ["Payment recorded successfully"] * 2
    assert len({entry.website_id for entry in log_of(service)}) == 2


def test_two_accounts_know_nothing_of_each_other(
    web: httpx2.Client, service: Service, address: str, visitor: str
) -> None:
    with Controls(address) as controls:
        other = bearer(controls.mint(site="demo"))
    for key in (bearer("df_demo"), other):
        assert web.post(PAYMENTS, json=payment(), headers=key).json()["message"].startswith("Payment rec")
        data = web.post(IDENTIFY, json=identity(visitor), headers=key).json()["data"]
        assert data["action"] == "created"

    assert len(facts_of(service)) == 2


def test_identical_writes_in_parallel_have_one_effect(
    web: httpx2.Client, service: Service, visitor: str
) -> None:
    with ThreadPoolExecutor(20) as pool:
        paid = pool.map(lambda _: web.post(PAYMENTS, json=payment()).json()["message"], range(60))
        identified = pool.map(lambda _: web.post(IDENTIFY, json=identity(visitor)).json()["data"], range(60))
        messages, actions = list(paid), [data["action"] for data in identified]

    assert messages.count("Payment recorded successfully") == 1
    assert actions.count("created") == 1
    assert {*messages, *actions} == {
        *("Payment recorded successfully", "Payment already recorded", "created", "unchanged")
    }
    assert len(facts_of(service)) == 2


@pytest.mark.long
def test_two_hundred_accounts_in_parallel_have_their_own_facts(
    web: httpx2.Client, address: str, visitor: str
) -> None:
    today = {"startAt": iso_of(NOW - DAY), "endAt": iso_of(NOW)}

    def written(n: int) -> tuple[list[str], float]:
        """Returns the written goals that a new account sees, and its revenue without its own payment."""
        with Controls(address) as controls:
            key = bearer(controls.mint(site="demo"))
        assert web.post(GOALS, json=goal(visitor, name=f"goal_{n}"), headers=key).status_code == 200
        assert web.post(PAYMENTS, json=payment(amount=n + 1), headers=key).status_code == 200
        goals = web.get("/analytics/goals", params=today, headers=key).json()["data"]
        overview = web.get("/analytics/overview", params=today, headers=key).json()["data"][0]
        own = [row["goal"] for row in goals if row["goal"].startswith("goal_")]
        return own, overview["revenue"] - n - 1

    with ThreadPoolExecutor(20) as pool:
        seen = list(pool.map(written, range(200)))

    assert [own for own, _ in seen] == [[f"goal_{n}"] for n in range(200)]
    assert len({revenue for _, revenue in seen}) == 1


# -- the document ------------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", REVISIONS)
def test_answers_fit_the_document_with_nothing_undocumented(
    web: httpx2.Client, visitor: str, revision: str
) -> None:
    period = {"datafast_visitor_id": visitor, **MONTH}
    requests: list[tuple[str, str, str, Json]] = [
        ("createGoal", "POST", GOALS, {"json": goal(visitor)}),
        ("createGoal", "POST", GOALS, {"json": goal(NOBODY)}),
        ("deleteGoals", "DELETE", GOALS, {"params": {**period, "name": "signup"}}),
        ("deleteGoals", "DELETE", GOALS, {}),
        ("createPayment", "POST", PAYMENTS, {"json": payment()}),
        ("createPayment", "POST", PAYMENTS, {"json": {}}),
        ("deletePayments", "DELETE", PAYMENTS, {"params": {"tx_id": "payment_456"}}),
        ("deletePayments", "DELETE", PAYMENTS, {"params": period}),
        ("deletePayments", "DELETE", PAYMENTS, {"params": {"tx_id": "unknown"}}),
        ("identifyVisitor", "POST", IDENTIFY, {"json": identity(visitor)}),
        ("identifyVisitor", "POST", IDENTIFY, {"json": identity(NOBODY)}),
    ]
    for operation, method, path, sent in requests:
        reply = web.request(method, path, headers={"Prefer": f"revision={revision}"}, **sent)
        strict_validator(revision, operation, reply.status_code).validate(reply.json())
