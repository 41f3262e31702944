"""Funnel results over HTTP: their shape, the funnels that exist, and that they agree with other reports."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import httpx2
import pytest

from mock_server.contract.document import REVISIONS
from mock_server.testing import RunningMock, running
from tests.controls import Controls
from tests.credentials import DEMO
from tests.instants import AROUND, INSTANT
from tests.resources.test_reports import WEEK, ask, overview, rows
from tests.schemas import strict_validator

SIGNUP, CHECKOUT, INACTIVE, ORDER = (f"69857bb827ddefd472fb2b{end}" for end in ("09", "0a", "0b", "0c"))
UNKNOWN = "0" * 24
VISITOR = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
SHIPPED = [
    pytest.param(SIGNUP, "df_demo", id="signup"),
    pytest.param(CHECKOUT, "df_demo", id="checkout"),
    pytest.param(ORDER, "df_shop", id="order"),
]
FILTERS = [
    pytest.param({"filter_country": "FR,US"}, id="country"),
    pytest.param({"filter_device": "is_not:desktop"}, id="device"),
    pytest.param({"filter_page": "contains:blog"}, id="page"),
    pytest.param({"filter_country": ""}, id="nobody"),
]


def results(api: httpx2.Client, funnel: str, key: str = "df_test", **query: Any) -> dict[str, Any]:
    """Returns the row of a funnel."""
    reply = ask(api, f"/analytics/funnels/{funnel}", key, **query)
    assert reply.status_code == 200, reply.text
    [row] = reply.json()["data"]
    return dict(row)


@pytest.mark.parametrize(("funnel", "key"), SHIPPED)
def test_steps_narrow_one_after_another(api: httpx2.Client, funnel: str, key: str) -> None:
    row = results(api, funnel, key, **WEEK)

    steps = row["steps"]
    assert row["funnelId"] == funnel
    assert steps[0]["visitors"] > steps[-1]["visitors"] > 0
    assert (steps[0]["conversionRate"], steps[0]["dropOff"]) == (1, 0)
    for before, step in pairwise(steps):
        assert step["dropOff"] == before["visitors"] - step["visitors"] >= 0
        assert step["conversionRate"] == round(step["visitors"] / steps[0]["visitors"], 4)
        assert step["revenue"] <= before["revenue"]
    assert {name: row[name] for name in ("conversionRate", "revenue")}.items() <= steps[-1].items()


def test_a_step_says_what_has_to_be_done(api: httpx2.Client) -> None:
    steps = results(api, SIGNUP, **WEEK)["steps"]

    told = [{name: step.get(name) for name in ("id", "type", "url", "goalName")} for step in steps]
    assert told[1] == {"id": "pricing", "type": "pageview", "url": "/pricing*", "goalName": None}
    assert told[3] == {"id": "signup", "type": "goal", "url": None, "goalName": "signup"}


@pytest.mark.parametrize("query", [pytest.param({}, id="no filter"), *FILTERS])
def test_the_first_step_has_the_viewers_of_its_page(api: httpx2.Client, query: Mapping[str, str]) -> None:
    first = results(api, SIGNUP, **WEEK, **query)["steps"][0]

    viewers = {row["path"]: row["visitors"] for row in rows(api, "/analytics/pages", **WEEK, **query)}
    assert first["visitors"] == viewers.get("/", 0)
    assert first["revenue"] <= overview(api, **WEEK, **query)["revenue"]


@pytest.mark.parametrize("query", FILTERS)
def test_a_filter_raises_no_number(api: httpx2.Client, query: Mapping[str, str]) -> None:
    narrowed, whole = results(api, CHECKOUT, **WEEK, **query), results(api, CHECKOUT, **WEEK)

    for less, more in zip(narrowed["steps"], whole["steps"], strict=True):
        assert less["visitors"] <= more["visitors"]
        assert less["revenue"] <= more["revenue"]


def test_without_dates_the_period_is_all_time() -> None:
    since = {"startAt": "2025-03-03", "endAt": "2025-03-06", "timezone": "UTC"}

    with running(now="2025-03-06T12:00:00Z", speed=0) as mock, httpx2.Client(base_url=mock.url) as api:
        assert results(api, SIGNUP) == results(api, SIGNUP, **since)
        assert results(api, SIGNUP)["steps"][0]["visitors"] > 0


def test_a_period_without_visits_has_steps_that_nobody_reached(api: httpx2.Client) -> None:
    row = results(api, SIGNUP, startAt="2099-01-01", endAt="2099-01-02")

    assert {name: row[name] for name in ("conversionRate", "revenue")} == {"conversionRate": 0, "revenue": 0}
    for step in row["steps"]:
        figures = [step[name] for name in ("visitors", "conversionRate", "dropOff", "revenue")]
        assert figures == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("funnel", "query", "status"),
    [
        pytest.param("first", {}, 400, id="no ObjectId"),
        pytest.param(SIGNUP[:-1], {}, 400, id="too short"),
        pytest.param(UNKNOWN, {}, 404, id="unknown"),
        pytest.param(INACTIVE, {}, 404, id="not active"),
        pytest.param(ORDER, {}, 404, id="of another website"),
        pytest.param(SIGNUP, {"startAt": "2026-01-01"}, 400, id="one date alone"),
        pytest.param(UNKNOWN, {"startAt": "2026-01-01"}, 400, id="parameters before the funnel"),
        pytest.param(SIGNUP, {"filter_country": "gte:3"}, 400, id="operator"),
    ],
)
def test_a_funnel_that_cannot_be_shown_is_refused(
    api: httpx2.Client, funnel: str, query: Mapping[str, str], status: int
) -> None:
    reply = ask(api, f"/analytics/funnels/{funnel}", **query)

    assert reply.status_code == status
    strict_validator(REVISIONS[0], "getFunnelResults", status).validate(reply.json())


def test_an_id_may_be_in_capitals(api: httpx2.Client) -> None:
    assert results(api, CHECKOUT.upper(), **WEEK) == results(api, CHECKOUT, **WEEK)


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_answer_is_the_documented_one(api: httpx2.Client, revision: str) -> None:
    reply = ask(api, f"/analytics/funnels/{SIGNUP}", **WEEK)

    strict_validator(revision, "getFunnelResults", 200).validate(reply.json())


def test_an_account_token_names_the_website(api: httpx2.Client) -> None:
    query = {**WEEK, "websiteId": DEMO}

    assert results(api, SIGNUP, "dft_test", **query) == results(api, SIGNUP, **WEEK)


def test_a_new_account_has_the_funnels_of_its_websites(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(site="shop")

    assert results(web, ORDER, key, **WEEK) == results(web, ORDER, "df_shop", **WEEK)


def test_a_wildcard_matches_pages_that_only_browsers_viewed(turned: RunningMock, controls: Controls) -> None:
    minted = controls.post("/keys", {"site": "demo", "now": INSTANT, "frozen": True})
    event = {"websiteId": minted["trackingId"], "type": "pageview", "visitorId": VISITOR}
    with httpx2.Client(base_url=turned.server) as browser, httpx2.Client(base_url=turned.url) as api:
        for path in ("/", "/pricing/teams"):
            reply = browser.post("/api/events", json={**event, "href": f"https://own.example{path}"})
            assert reply.status_code == 200, reply.text
            controls.put("/clock", {"advance": 1_000}, key=minted["key"])

        row = results(api, SIGNUP, minted["key"], **AROUND, filter_hostname="own.example")

    assert [step["visitors"] for step in row["steps"]] == [1, 1, 0, 0]
