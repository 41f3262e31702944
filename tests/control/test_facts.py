"""`/__mock/facts`: the list of the facts that were written to an account, and their removal."""

from collections.abc import Iterator

import pytest

from mock_server.control.facts import FactState
from mock_server.options import Options
from mock_server.service import Service, load_service
from mock_server.testing import serving
from mock_server.world.facts import Client, Fact, GoalsRemoved, Identified, PageViewed, PaymentMade
from tests.controls import Controls, Json
from tests.state.facts import DEMO, SHOP, goal

VISITOR = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
SECOND = 1_770_355_640_000


@pytest.fixture(scope="module")
def service() -> Service:
    """A separate mock, to whose logs the tests write."""
    return load_service(Options())


@pytest.fixture(scope="module")
def server(service: Service) -> Iterator[str]:
    with serving(service) as address:
        yield address


@pytest.fixture
def mine(server: str, service: Service) -> Iterator[Controls]:
    """The controls of the mock, with the facts of earlier tests removed."""
    service.reset()
    with Controls(server) as controls:
        yield controls


def _write(service: Service, count: int, account: str = "demo") -> None:
    for number in range(count):
        service.keys.account(account).log.append(DEMO, goal(number), request=number + 10)


def test_nothing_is_listed_before_something_is_written(mine: Controls) -> None:
    assert mine.get("/facts") == {"facts": []}


@pytest.mark.parametrize(
    ("fact", "type_", "members"),
    [
        pytest.param(
            goal(1),
            "goal",
            {
                "eventId": f"{1:024x}",
                "datafast_visitor_id": "00000001-0000-4000-8000-000000000000",
                "name": "signup",
                "metadata": {"plan": "pro"},
            },
            id="goal",
        ),
        pytest.param(
            PaymentMade(
                written=SECOND,
                event_id="a" * 24,
                transaction_id="t1",
                at=SECOND - 1000,
                amount=5,
                currency="EUR",
                customer_id="c",
                is_free_trial=True,
            ),
            "payment",
            {
                "eventId": "a" * 24,
                "transaction_id": "t1",
                "timestamp": "2026-02-06T05:27:19.000Z",
                "amount": 5.0,
                "currency": "EUR",
                "customer_id": "c",
                "renewal": False,
                "refunded": False,
                "is_free_trial": True,
            },
            id="payment",
        ),
        pytest.param(
            Identified(
                written=SECOND,
                event_id="a" * 24,
                profile_id="b" * 24,
                visitor_id=VISITOR,
                user_id="u",
                metadata={"a": 1},
            ),
            "identify",
            {
                "eventId": "a" * 24,
                "profileId": "b" * 24,
                "datafast_visitor_id": VISITOR,
                "user_id": "u",
                "metadata": {"a": 1},
            },
            id="identification",
        ),
        pytest.param(
            GoalsRemoved(written=SECOND, begin=SECOND, end=SECOND),
            "goals_removed",
            {"startAt": "2026-02-06T05:27:20.000Z", "endAt": "2026-02-06T05:27:20.000Z"},
            id="removal",
        ),
        pytest.param(
            PageViewed(
                written=SECOND,
                event_id="a" * 24,
                visitor_id=VISITOR,
                hostname="example.com",
                path="/",
                client=Client(country_code="FR", os="iOS"),
            ),
            "pageview",
            {
                "eventId": "a" * 24,
                "datafast_visitor_id": VISITOR,
                "hostname": "example.com",
                "path": "/",
                "params": {},
                "client": {"countryCode": "FR", "os": "iOS"},
            },
            id="page view",
        ),
    ],
)
def test_a_fact_is_listed_with_its_documented_names(
    fact: Fact, type_: str, members: Json, service: Service, mine: Controls
) -> None:
    service.keys.account("demo").log.append(SHOP, fact, request=7)

    (listed,) = mine.get("/facts")["facts"]

    assert (listed["sequence"], listed["websiteId"], listed["request"]) == (1, SHOP, 7)
    assert listed["type"] == type_
    assert listed["fact"] | members == listed["fact"]
    assert None not in listed["fact"].values()
    assert listed.keys() == set(FactState.__struct_encode_fields__)


def test_the_instant_is_that_of_the_world(service: Service, mine: Controls) -> None:
    _write(service, 1)

    assert mine.get("/facts")["facts"][0]["instant"] == "2026-02-06T05:27:20.000Z"


@pytest.mark.parametrize(
    ("query", "sequences"),
    [
        pytest.param({}, range(21, 121), id="the newest hundred"),
        pytest.param({"limit": 3}, range(118, 121), id="the newest"),
        pytest.param({"after": 0, "limit": 2}, range(1, 3), id="the first"),
        pytest.param({"after": 50, "limit": 1000}, range(51, 121), id="all after one"),
        pytest.param({"after": 120}, range(0), id="none after the last"),
    ],
)
def test_a_page_is_the_newest_facts_or_the_first_after_a_number(
    query: Json, sequences: range, service: Service, mine: Controls
) -> None:
    _write(service, 120)

    listed = mine.get("/facts", **query)["facts"]

    assert [fact["sequence"] for fact in listed] == [*sequences]


@pytest.mark.parametrize(
    ("query", "member"),
    [({"limit": 0}, "/limit"), ({"limit": 1001}, "/limit"), ({"after": -1}, "/after"), ({"kye": 1}, "/kye")],
)
def test_a_wrong_query_is_refused(query: Json, member: str, mine: Controls) -> None:
    reply = mine.ask("GET", "/facts", **query)

    assert (reply.status_code, reply.json()["member"]) == (400, member)


def test_facts_are_those_of_the_account_of_a_key(service: Service, mine: Controls) -> None:
    website_key = mine.post("/keys", {"site": "shop"})
    token = mine.post("/keys", {"account": website_key["account"], "permissions": ["*"]})
    other = mine.mint()
    _write(service, 1)
    _write(service, 2, website_key["account"])

    counts = [
        len(mine.get("/facts", key=key)["facts"])
        for key in (website_key["key"], token["key"], other, "df_test", "dft_test", "df_shop")
    ]

    assert counts == [2, 2, 0, 1, 1, 1]


def test_an_unknown_key_is_refused(mine: Controls) -> None:
    statuses = [mine.ask(method, "/facts", key="df_nobody").status_code for method in ("GET", "DELETE")]

    assert statuses == [404, 404]


def test_deleting_removes_the_facts_of_one_account(service: Service, mine: Controls) -> None:
    minted = mine.post("/keys", {})
    _write(service, 1)
    _write(service, 1, minted["account"])

    reply = mine.ask("DELETE", "/facts", key=minted["key"])

    assert (reply.status_code, reply.content) == (204, b"")
    assert mine.get("/facts", key=minted["key"])["facts"] == []
    assert len(mine.get("/facts")["facts"]) == 1
    mine.ask("DELETE", "/facts")
    assert mine.get("/facts")["facts"] == []
    assert service.keys.account("demo").log.append(DEMO, goal()).sequence == 3


def test_a_reset_removes_the_facts_of_all_accounts(service: Service, mine: Controls) -> None:
    _write(service, 2)
    mine.post("/reset", {})

    assert mine.get("/facts") == {"facts": []}
    assert service.keys.account("demo").version == 0


def test_the_list_is_closed_to_other_pages(mine: Controls) -> None:
    reply = mine.client.get("/facts", headers={"Origin": "http://evil.example"})

    assert reply.status_code == 403
