"""Functions that find what a run has written in profiles, maps and reports."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

import msgspec

from contract_tests.exchange import Exchange, Json

COMPLETED_GOALS, COMPLETED_CUSTOM_GOALS = "completedGoals", "completedCustomGoals"
BY_PROVIDER = "payment_provider"


def sent_in(exchange: Exchange) -> dict[str, Json]:
    """Returns the body of a request; empty if it is not a JSON object."""
    with suppress(msgspec.DecodeError):
        body = msgspec.json.decode(exchange.request_body)
        return body if isinstance(body, dict) else {}
    return {}


def recorded_name(name: str) -> str:
    """Returns the name under which a goal is recorded: in lower case, with `_` for each blank."""
    return name.lower().replace(" ", "_")


def is_name_of(told: Json, name: str) -> bool:
    """Returns whether a text is the name of a goal, whatever has become of its case and its blanks.

    If a name is recorded in another way than the pages say, then that is one fault, and the goal is there.
    """
    return isinstance(told, str) and _letters(told) == _letters(name)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))


def goals_of(profile: Json) -> list[dict[str, Json]] | None:
    """Returns the goals in the `data` of a profile.

    Returns None if the profile has no list of goals, or one of them cannot be read.
    """
    activity = _object(_object(profile).get("activity"))
    listed = activity.get(COMPLETED_GOALS, activity.get(COMPLETED_CUSTOM_GOALS))
    if not isinstance(listed, list):
        return None
    is_readable = all(isinstance(goal, dict) and isinstance(goal.get("name"), str) for goal in listed)
    return listed if is_readable else None


def place_of_goals(profile: Json) -> str:
    """Returns the pointer to the list of goals in a profile's answer, whether or not there is one."""
    has_all = COMPLETED_GOALS in _object(_object(profile).get("activity"))
    return f"/data/activity/{COMPLETED_GOALS if has_all else COMPLETED_CUSTOM_GOALS}"


def named(profile: Json, name: str) -> list[dict[str, Json]]:
    """Returns the goals with a name in the `data` of a profile; none if they cannot be read."""
    return [goal for goal in goals_of(profile) or () if is_name_of(goal["name"], name)]


def paid(profile: Json) -> int | None:
    """Returns the number of a profile's goals that come from a payment provider.

    Returns None if the profile does not list such goals, or one of them cannot be read.
    """
    listed = goals_of(profile)
    if listed is None or COMPLETED_GOALS not in profile["activity"]:
        return None
    origins = [goal.get("origin") for goal in listed]
    return origins.count(BY_PROVIDER) if all(isinstance(origin, str) for origin in origins) else None


def user_of(profile: Json) -> str | None:
    """Returns the user id in the `data` of a profile; None if there is none."""
    user_id = _object(_object(profile).get("profile")).get("userId")
    return user_id if isinstance(user_id, str) else None


def profile_id_of(answer: Json) -> str | None:
    """Returns the profile in the `data` of an answer to an identification; None if none was stored.

    A website without cookies stores no identity.
    """
    profile_id = _object(answer).get("profileId")
    return profile_id if isinstance(profile_id, str) else None


def metadata_of(profile: Json) -> dict[str, Json] | None:
    """Returns the metadata in the `data` of a profile; None if there is no such object."""
    metadata = _object(_object(profile).get("profile")).get("metadata")
    return metadata if isinstance(metadata, dict) else None


def row_of(shown: Json, visitor_id: str) -> dict[str, Json] | None:
    """Returns a visitor's row in the `data` of a map; None if the visitor is not listed."""
    listed = _objects(_object(shown).get("visitors"))
    same = (row for row in listed if str(row.get("visitorId")).lower() == visitor_id.lower())
    return next(same, None)


def events_of(shown: Json, name: str) -> list[dict[str, Json]]:
    """Returns the events of a goal in the `data` of a map, each id once."""
    listed = _objects(_object(shown).get("recentEvents"))
    return _once(
        event for event in listed if is_name_of(_object(event.get("extraData")).get("eventName"), name)
    )


def _event_name(event: dict[str, Json]) -> Json:
    return _object(event.get("extraData")).get("eventName")


def are_events_told(shown: Json) -> bool:
    """Returns whether the `data` of a map has a list of events, and each event has its details.

    The details of an event that may be a goal contain its name.
    """
    listed = _object(shown).get("recentEvents")
    return isinstance(listed, list) and all(map(_is_told, _objects(listed)))


def _is_told(event: dict[str, Json]) -> bool:
    may_be_goal = event.get("type") in ("custom", None)
    return isinstance(event.get("extraData"), dict) and (
        not may_be_goal or isinstance(_event_name(event), str)
    )


def payments_of(shown: Json, body: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Returns the payments on a map with the amount and the currency of a request, each id once.

    A payment with a negative amount, or a hundred times the amount, is returned, too, because other clauses
    report it.
    """
    listed = _objects(_object(shown).get("recentPayments"))
    amount, currency = body.get("amount"), str(body.get("currency")).upper()
    return _once(
        payment
        for payment in listed
        if str(payment.get("currency")).upper() == currency and _is_amount(payment.get("amount"), amount)
    )


def _is_amount(told: Json, amount: Json) -> bool:
    return isinstance(told, int | float) and abs(told) in (amount, 100 * amount)


def are_payments_told(shown: Json) -> bool:
    """Returns whether the `data` of a map has a list of payments, each with its amount and currency."""
    listed = _object(shown).get("recentPayments")
    return isinstance(listed, list) and all(
        isinstance(p.get("amount"), int | float) and isinstance(p.get("currency"), str)
        for p in _objects(listed)
    )


def completions_of(report: Json, name: str) -> Json:
    """Returns the completions of a goal in the `data` of a report; None if the goal has no row."""
    return _object(goal_row(report, name)).get("completions")


def goal_row(report: Json, name: str) -> dict[str, Json] | None:
    """Returns the row of a goal in the `data` of a report; None if the goal has no row."""
    return next((row for row in _objects(report) if is_name_of(row.get("goal"), name)), None)


def _once(rows: Iterable[dict[str, Json]]) -> list[dict[str, Json]]:
    return list({str(row.get("_id", n)): row for n, row in enumerate(rows)}.values())


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _objects(value: Json) -> list[dict[str, Json]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
