"""`POST /identify`: its answers, and the log afterwards."""

from typing import Any

import httpx2
import pytest

from mock_server.service import Service
from mock_server.world.facts import Identified
from tests.resources.writes.requests import IDENTIFY, facts_of, identity

Json = Any


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
