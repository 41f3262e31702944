"""Writing requests that are refused, and that leave the log as it was."""

import json
import socket
from contextlib import suppress
from typing import Any

import httpx2
import pytest

from mock_server.instants import iso_of
from mock_server.service import Service
from tests.controls import Controls
from tests.credentials import bearer
from tests.instants import AROUND
from tests.resources.writes.requests import (
    GOALS,
    IDENTIFY,
    NOBODY,
    NOW,
    PAYMENTS,
    SECOND,
    assert_refused,
    facts_of,
    goal,
    identity,
    payment,
)

Json = Any


BAD_BODIES = [
    pytest.param(b"", "JSON body", id="empty"),
    pytest.param(b"{", "not JSON", id="not JSON"),
    pytest.param(b"[]", "/", id="array"),
    pytest.param(b"null", "/", id="null"),
    pytest.param(b'"\\ud800"', "has a lone surrogate", id="half a character"),
    pytest.param(b'{"amount": NaN}', "not JSON", id="NaN"),
    pytest.param(b'{"amount": Infinity}', "not JSON", id="infinity"),
    pytest.param(b'{"amount": 1e999}', "has a number that is too large", id="a number beyond all bounds"),
    pytest.param(b"[" * 100_000, "is nested too deep", id="nested deeply"),
    pytest.param(b"\xff\xfe{}", "is not UTF-8", id="not UTF-8"),
    pytest.param(b"{}", "is missing", id="no members"),
]


@pytest.mark.parametrize("path", [GOALS, PAYMENTS, IDENTIFY])
@pytest.mark.parametrize(("content", "told"), BAD_BODIES)
def test_a_body_that_cannot_be_read_is_refused(
    web: httpx2.Client, service: Service, path: str, content: bytes, told: str
) -> None:
    reply = web.post(path, content=content)

    assert_refused(reply, 400, told)
    assert facts_of(service) == []


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
@pytest.mark.parametrize("depth", [101, 500, 900])
def test_a_body_that_answers_could_not_repeat_is_refused(
    web: httpx2.Client, service: Service, visitor: str, depth: int, opening: str, closing: str
) -> None:
    start, end = json.dumps(identity(visitor, deep="?")).split('"?"')
    reply = web.post(IDENTIFY, content=start + opening * depth + "1" + closing * depth + end)

    assert_refused(reply, 400, "nested deeper than 100 levels")
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

    assert_refused(reply, 400, told)
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

    assert_refused(reply, 400, told)
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

    assert_refused(refused, 400, "/amount': 1e+12 KWD")
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

    assert_refused(reply, 400, told)
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

    assert_refused(reply, 400, told)
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
    assert_refused(web.delete(GOALS, params={"name": name}), 400, "name")
    assert facts_of(service) == []


@pytest.mark.parametrize(("path", "body"), [(GOALS, goal), (IDENTIFY, identity)])
def test_only_visitors_of_the_website_reach_goals_and_are_identified(
    web: httpx2.Client, service: Service, stranger: str, path: str, body: Any
) -> None:
    bot = service.sites["demo"].bots[0]
    for visitor_id, status in ((NOBODY, 404), (stranger, 404), (bot, 400), (bot.upper(), 400)):
        assert_refused(web.post(path, json=body(visitor_id)), status, visitor_id.lower())

    assert facts_of(service) == []


def test_a_bot_pays_nothing(web: httpx2.Client, service: Service) -> None:
    bot = service.sites["demo"].bots[0]

    assert_refused(web.post(PAYMENTS, json=payment(datafast_visitor_id=bot)), 400, bot)
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
