"""Goal properties over HTTP: names and values, their pages, and that they agree with goals and the map."""

from collections import Counter
from typing import Any

import httpx2
import pytest

from mock_server.contract.document import REVISIONS
from mock_server.instants import instant_of, iso_of
from tests.credentials import DEMO
from tests.instants import INSTANT
from tests.resources.test_reports import WEEK, ask, rows
from tests.schemas import strict_validator

PROPERTIES = "/analytics/goals/properties"
SIGNUP = {"eventName": "signup"}
PLAN = {**SIGNUP, "propertyName": "plan"}


def goal(api: httpx2.Client, name: str, **query: Any) -> dict[str, Any]:
    """Returns the row of a goal, without its name."""
    [row] = [row for row in rows(api, "/analytics/goals", **query) if row.pop("goal") == name]
    return row


def test_a_goal_has_its_properties(api: httpx2.Client) -> None:
    whole = goal(api, "signup", **WEEK)

    assert rows(api, PROPERTIES, **SIGNUP, **WEEK) == [
        {"propertyName": name, **whole} for name in ("method", "plan")
    ]


def test_a_property_has_its_values(api: httpx2.Client) -> None:
    found = rows(api, PROPERTIES, **PLAN, **WEEK)

    whole = goal(api, "signup", **WEEK)
    assert [row["value"] for row in found] == ["free", "starter", "pro"]
    assert sum(row["completions"] for row in found) == whole["completions"]
    assert all(row["completions"] >= row["visitors"] > 0 for row in found)


def test_values_come_page_by_page(api: httpx2.Client) -> None:
    whole = ask(api, PROPERTIES, **PLAN, **WEEK).json()
    pages = [ask(api, PROPERTIES, **PLAN, **WEEK, limit=2, offset=n).json() for n in (0, 2, 4)]

    assert [row for page in pages for row in page["data"]] == whole["data"]
    assert [page["pagination"] for page in pages] == [
        {"limit": 2, "offset": n, "total": 3} for n in (0, 2, 4)
    ]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param({"eventName": "nobody"}, id="unknown goal"),
        pytest.param({"eventName": "SIGNUP"}, id="goal in capitals"),
        pytest.param({"eventName": "watch_demo"}, id="goal without properties"),
        pytest.param({"eventName": "nobody", "propertyName": "plan"}, id="property of an unknown goal"),
        pytest.param({**SIGNUP, "propertyName": "nothing"}, id="unknown property"),
        pytest.param({**SIGNUP, "propertyName": "Plan"}, id="property in capitals"),
        pytest.param({**SIGNUP, "propertyName": ""}, id="empty property"),
        pytest.param({**PLAN, "startAt": "2099-01-01", "endAt": "2099-01-02"}, id="to come"),
    ],
)
def test_what_there_is_not_gives_an_empty_list(api: httpx2.Client, names: dict[str, str]) -> None:
    reply = ask(api, PROPERTIES, **{**WEEK, **names})

    assert reply.status_code == 200
    assert reply.json()["data"] == []
    assert reply.json()["pagination"]["total"] == 0


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({}, id="no goal"),
        pytest.param({"propertyName": "plan"}, id="property without a goal"),
        pytest.param({**SIGNUP, "startAt": "2026-01-01"}, id="one date alone"),
        pytest.param({**SIGNUP, "limit": 0}, id="limit"),
    ],
)
def test_what_cannot_be_answered_is_a_400(api: httpx2.Client, query: dict[str, Any]) -> None:
    reply = ask(api, PROPERTIES, **query)

    assert reply.status_code == 400
    strict_validator(REVISIONS[0], "getGoalProperties", 400).validate(reply.json())


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("names", [SIGNUP, PLAN], ids=["properties", "values"])
def test_the_answer_is_the_documented_one(api: httpx2.Client, revision: str, names: dict[str, str]) -> None:
    reply = ask(api, PROPERTIES, **names, **WEEK)

    strict_validator(revision, "getGoalProperties", 200).validate(reply.json())


def test_an_account_token_names_the_website(api: httpx2.Client) -> None:
    query = {**PLAN, **WEEK}

    assert rows(api, PROPERTIES, "dft_test", websiteId=DEMO, **query) == rows(api, PROPERTIES, **query)


@pytest.mark.parametrize(("name", "property_name"), [("signup", "plan"), ("newsletter_signup", "topic")])
def test_values_are_those_of_the_map(api: httpx2.Client, name: str, property_name: str) -> None:
    events = ask(api, "/analytics/realtime/map").json()["data"]["recentEvents"]
    # The map lists only the latest events, so it may lack events at the same instant as the oldest one.
    since = instant_of(events[-1]["timestamp"]) + 1
    period = {"startAt": iso_of(since), "endAt": INSTANT}
    data = [event["extraData"] for event in events if instant_of(event["timestamp"]) >= since]

    on_map = Counter(one[property_name] for one in data if one.get("eventName") == name)

    found = rows(api, PROPERTIES, eventName=name, propertyName=property_name, **period)
    assert {row["value"]: row["completions"] for row in found} == on_map
