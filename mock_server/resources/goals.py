"""Custom goals that servers send and remove, `POST /goals` and `DELETE /goals`."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from mock_server.errors import GOAL_RESERVED, ApiError
from mock_server.resources.call import Call, Reply
from mock_server.resources.lives import visitor_of
from mock_server.resources.writes import filters_of, object_id, write
from mock_server.world.facts import GoalReached, GoalsRemoved

_encode = msgspec.json.Encoder().encode
# The only reserved name in the documentation.
_RESERVED = frozenset({"identify"})
_TAG = re.compile(r"<[a-zA-Z/!?][^>]*>")


def create_goal(call: Call, *, is_server: bool = True) -> Reply:
    """Records a goal of a visitor; the answer has the id of its event.

    `is_server` is false if a browser sent the goal. Raises ApiError: 400 for a reserved name or a bot, 404
    for a visitor without page views.
    """
    name = goal_name(call.body)
    visitor_id = visitor_of(call, call.body["datafast_visitor_id"])
    metadata = call.body.get("metadata") or {}
    goal = GoalReached(
        written=call.instant,
        event_id=object_id(call),
        visitor_id=visitor_id,
        name=name,
        description=call.body.get("description"),
        properties={key: without_markup(value) for key, value in metadata.items()},
        is_server=is_server,
    )
    write(call, goal)
    data = {"message": "Custom event created successfully", "eventId": goal.event_id}
    return Reply(_encode({"status": "success", "data": [data]}))


def delete_goals(call: Call) -> Reply:
    """Removes the goals that match all filters. The answer repeats the filters. Raises ApiError 400."""
    filters = filters_of(call)
    name = _name_of(call.query["name"]) if "name" in call.query else None
    write(call, GoalsRemoved(written=call.instant, name=name, **filters._asdict()))
    when = "" if filters.begin is None else " within time range"
    data = {
        "message": f"Goal events deleted successfully{when}",
        **({} if name is None else {"goal_name": name}),
        **filters.told(),
    }
    return Reply(_encode({"status": "success", "data": [data]}))


def goal_name(body: Mapping[str, Any], place: str = "/name") -> str:
    """Returns the name under which a goal is recorded.

    Raises ApiError 400, which names the place, for a reserved name.
    """
    name = _name_of(body["name"])
    if name in _RESERVED:
        raise ApiError(GOAL_RESERVED, place=place, name=name)
    return name


def without_markup(text: str) -> str:
    """Returns a text without its tags, but with the text between them.

    If the removal of a tag creates another tag, that one is removed as well.
    """
    while (bare := _TAG.sub("", text)) != text:
        text = bare
    return text


def _name_of(sent: str) -> str:
    """Returns the recorded form of a goal's name."""
    return sent.lower().replace(" ", "_")
