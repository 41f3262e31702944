"""Clauses about a visitor whom a run identifies: the answers contain the identity, and only one profile."""

from collections.abc import Iterable
from dataclasses import replace

from contract_tests.asking import labels
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.telling import value_told
from contract_tests.clauses.trails import HELD, IDENTITY, NEEDS_IDENTITY, Trail, accepted, missing, trails_of
from contract_tests.documented import OBSERVED, OTHER
from contract_tests.exchange import Exchange, Json
from contract_tests.operations import IDENTIFY, MAP, VISITOR
from contract_tests.recording import Recording
from contract_tests.shown import metadata_of, profile_id_of, row_of, sent_in, user_of


def _identified(recording: Recording, operation: str) -> list[Trail]:
    """Returns the trail of an identification, as one case.

    There is no case if the answer has no `profileId`, since a website without cookies stores no identity.
    """
    sent = accepted(recording, *IDENTITY)
    is_stored = sent is not None and profile_id_of(sent.data) is not None
    return trails_of(recording, IDENTITY, operation) if is_stored else []


def _is_user_told(profile: Json) -> bool:
    """Returns whether a visitor's `profile` is null, or contains a user id."""
    return profile is None or (isinstance(profile, dict) and isinstance(profile.get("userId"), str))


@clause(
    "WRITE-23",
    "A visitor who was identified has a profile with the user id that was sent.",
    source="POST /identify",
    standing=OTHER,
    needs=NEEDS_IDENTITY,
    cases=lambda recording: [
        trail
        for trail in _identified(recording, VISITOR)
        if isinstance(trail.after.data, dict) and _is_user_told(trail.after.data.get("profile", 0))
    ],
)
def identified_have_their_user_id(trail: Trail) -> Iterable[Violation]:
    if user_of(trail.after.data) != trail.body["user_id"]:
        problem = f"the visitor was identified as `{trail.body['user_id']}`"
        yield replace(missing(trail, problem, "/data/profile"), value=trail.after.data["profile"])


@clause(
    "WRITE-24",
    "A second identification adds its metadata to the metadata of the first one.",
    source="POST /identify",
    standing=OTHER,
    needs=NEEDS_IDENTITY,
    cases=lambda recording: [
        (trail, sent_in(more))
        for trail in _identified(recording, VISITOR)
        if (more := accepted(recording, IDENTIFY, labels.IDENTITY_MORE)) is not None
        and user_of(trail.after.data) == trail.body["user_id"]
        and metadata_of(trail.after.data) is not None
    ],
)
def metadata_is_merged(case: tuple[Trail, dict[str, Json]]) -> Iterable[Violation]:
    trail, more = case
    found = metadata_of(trail.after.data) or {}
    own = ("datafast_visitor_id", "user_id")
    for name, value in {**trail.body, **more}.items():
        if name not in own and found.get(name) != value:
            problem = f"`{name}` was sent as {value_told(value)}"
            yield trail.violation(
                problem, f"/data/profile/metadata/{name}", found.get(name), is_soft=not trail.is_fresh
            )


def _profile_data(trail: Trail) -> dict[str, Json]:
    row = row_of(trail.after.data, str(trail.body["datafast_visitor_id"])) or {}
    shown = row.get("profileData")
    return shown if isinstance(shown, dict) else {}


@clause(
    "WRITE-25",
    "A visitor who was identified has a profile on the map, and no other user id than the one that was sent.",
    source="POST /identify",
    standing=OTHER,
    needs=NEEDS_IDENTITY.and_more(", of a visitor who is on the map"),
    cases=lambda recording: [
        trail
        for trail in _identified(recording, MAP)
        if isinstance(_profile_data(trail).get("hasProfile"), bool)
        and isinstance(_profile_data(trail).get("userId"), str | None)
    ],
)
def identified_are_on_the_map(trail: Trail) -> Iterable[Violation]:
    shown = _profile_data(trail)
    for name, wanted in (("hasProfile", True), ("userId", trail.body["user_id"])):
        if name in shown and shown[name] not in (None, wanted):
            problem = f"the visitor was identified as `{trail.body['user_id']}`{HELD}"
            yield trail.wrong(problem, shown, name, is_soft=True)


@clause(
    "WRITE-26",
    "An identification that repeats another one creates no second profile.",
    source="POST /identify",
    standing=OBSERVED,
    needs=NEEDS_IDENTITY,
    cases=lambda recording: [
        (first, again)
        for first in [accepted(recording, *IDENTITY)]
        for again in [accepted(recording, IDENTIFY, labels.IDENTITY_AGAIN)]
        if first is not None
        and again is not None
        and isinstance(first.data, dict)
        and isinstance(again.data, dict)
        and (
            isinstance(again.data.get("action"), str)
            or None not in (profile_id_of(first.data), profile_id_of(again.data))
        )
    ],
)
def repeated_identity_changes_nothing(case: tuple[Exchange, Exchange]) -> Iterable[Violation]:
    first, again = case
    profile_id, told = profile_id_of(first.data), profile_id_of(again.data)
    if None not in (profile_id, told) and profile_id != told:
        problem = f"the first identification with the same data had the profile {profile_id}"
        yield Violation(problem, again, "/data/profileId", told)
    if again.data.get("action") == "created":
        problem = "the visitor was identified with the same data before"
        yield Violation(problem, again, "/data/action", "created")
