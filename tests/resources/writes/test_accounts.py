"""Writing requests with other tokens, of other accounts, and at the same time."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx2
import pytest

from mock_server.instants import iso_of
from mock_server.service import Service
from tests.controls import Controls
from tests.credentials import DEMO, bearer
from tests.resources.writes.requests import (
    DAY,
    GOALS,
    IDENTIFY,
    NOW,
    PAYMENTS,
    assert_refused,
    facts_of,
    goal,
    identity,
    log_of,
    payment,
)

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

    assert_refused(lacking, 403, permission)
    assert_refused(suspended, 403, "suspended")
    assert_refused(nobody, 401, "API key")
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
