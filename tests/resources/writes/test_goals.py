"""`POST` and `DELETE /goals`: their answers, and the log afterwards."""

from typing import Any

import httpx2
import pytest

from mock_server.instants import instant_of
from mock_server.service import Service
from mock_server.world.facts import GoalReached, GoalsRemoved
from tests.credentials import DEMO
from tests.resources.writes.requests import GOALS, MONTH, NOBODY, NOW, TOLD_MONTH, facts_of, goal, log_of

Json = Any


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
