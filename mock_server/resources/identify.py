"""The identification of visitors by servers, `POST /identify`."""

from typing import Any

import msgspec

from mock_server.resources.call import Call, Reply
from mock_server.resources.lives import life_of
from mock_server.resources.writes import object_id, profile_id, write
from mock_server.world.facts import Identified, Profile

_MESSAGES = {
    "created": "User profile created successfully",
    "updated": "User profile updated successfully",
    "unchanged": "User profile unchanged",
}
_OWN = frozenset({"datafast_visitor_id", "user_id"})
_encode = msgspec.json.Encoder().encode
_encode_sorted = msgspec.json.Encoder(order="sorted").encode


def identify_visitor(call: Call, *, is_server: bool = True) -> Reply:
    """Identifies a visitor; the answer says whether the profile is created, updated or unchanged.

    `is_server` is false if a browser sent the identification. Raises ApiError: 404 for a visitor without page
    views, 400 for a bot.
    """
    life = life_of(call, call.body["datafast_visitor_id"])
    user_id: str = call.body["user_id"]
    metadata = {name: value for name, value in call.body.items() if name not in _OWN}
    action = _action(life.profile, user_id, metadata)
    profile = profile_id(call) if life.profile is None else life.profile.profile_id
    if action != "unchanged":
        identified = Identified(
            written=call.instant,
            event_id=object_id(call),
            profile_id=profile,
            visitor_id=life.visitor_id,
            user_id=user_id,
            metadata=metadata,
            is_server=is_server,
        )
        write(call, identified)
    data = {"message": _MESSAGES[action], "profileId": profile, "action": action}
    return Reply(_encode({"status": "success", "data": data}))


def _action(profile: Profile | None, user_id: str, metadata: dict[str, Any]) -> str:
    if profile is None:
        return "created"
    # The values are compared as JSON, because 1, 1.0 and true are equal in Python.
    is_known = _encode_sorted({**profile.metadata, **metadata}) == _encode_sorted(profile.metadata)
    return "unchanged" if is_known and profile.user_id == user_id else "updated"
