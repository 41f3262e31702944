"""Clauses about goals that a run writes: all answers contain them once, until they are removed."""

from collections.abc import Iterable

from contract_tests.asking import labels
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.trails import (
    GOAL,
    GONE,
    HELD,
    NEEDS_GOAL,
    OTHER_GOAL,
    SENT_GOALS,
    Trail,
    after_removal,
    first_row,
    missing,
    name_of,
    read_of,
    trails_of,
)
from contract_tests.documented import IMPLIED, OTHER
from contract_tests.exchange import Json
from contract_tests.operations import GOALS, MAP, METADATA, VISITOR
from contract_tests.recording import Recording
from contract_tests.shown import (
    are_events_told,
    events_of,
    goal_row,
    goals_of,
    named,
    place_of_goals,
    row_of,
)


def _in_profile(recording: Recording) -> list[Trail]:
    """Returns the trail of each goal in the profile after it was sent, if that has a list of goals."""
    return [
        trail
        for write in SENT_GOALS
        for trail in trails_of(recording, write, VISITOR)
        if goals_of(trail.after.data) is not None
    ]


def _seen_in_profile(recording: Recording) -> list[Trail]:
    return [trail for trail in _in_profile(recording) if _shown(trail)]


def _shown(trail: Trail) -> list[dict[str, Json]]:
    return named(trail.after.data, name_of(trail))


@clause(
    "WRITE-01",
    "A goal that was accepted is in the visitor's profile.",
    source="POST /goals",
    standing=OTHER,
    needs=NEEDS_GOAL,
    cases=_in_profile,
)
def goal_is_in_profile(trail: Trail) -> Iterable[Violation]:
    if not _shown(trail):
        problem = f"the goal `{name_of(trail)}` was accepted, and is not here"
        yield missing(trail, problem, place_of_goals(trail.after.data))


@clause(
    "WRITE-02",
    "A goal that was sent once is in the profile once.",
    source="POST /goals",
    standing=OTHER,
    needs=NEEDS_GOAL,
    cases=_seen_in_profile,
)
def goal_is_there_once(trail: Trail) -> Iterable[Violation]:
    found = _shown(trail)
    if len(found) > 1:
        problem = f"the goal `{name_of(trail)}` was sent once, and is here {len(found)} times"
        yield trail.wrong(problem, found[1], "name")


@clause(
    "WRITE-03",
    "The name of a goal is recorded in lower case, with `_` for each blank.",
    source="POST /goals",
    standing=OTHER,
    needs=NEEDS_GOAL,
    cases=_seen_in_profile,
)
def name_is_in_lower_case(trail: Trail) -> Iterable[Violation]:
    for goal in (goal for goal in _shown(trail)[:1] if goal["name"] != name_of(trail)):
        problem = f"`{trail.body['name']}` was sent, so `{name_of(trail)}` is expected"
        yield trail.wrong(problem, goal, "name")


@clause(
    "WRITE-04",
    "A goal that was sent through the API has the origin `manual`, and the type `custom`.",
    source="POST /goals",
    standing=OTHER,
    needs=NEEDS_GOAL,
    cases=lambda recording: [
        trail
        for trail in _in_profile(recording)
        if any(isinstance(goal.get("origin"), str) for goal in _shown(trail))
    ],
)
def origin_is_manual(trail: Trail) -> Iterable[Violation]:
    goal = _shown(trail)[0]
    for member, wanted, is_soft in (("origin", "manual", False), ("type", "custom", True)):
        # The page gives the types as examples only.
        if isinstance(goal.get(member), str) and goal[member] != wanted:
            problem = f"the `{member}` of the goal `{goal['name']}` is not `{wanted}`"
            yield trail.wrong(problem, goal, member, is_soft=is_soft)


@clause(
    "WRITE-05",
    "A goal of an active visitor is on the map as one event of this visitor.",
    source="POST /goals",
    standing=OTHER,
    needs=NEEDS_GOAL.and_more(", of a visitor who is on the map"),
    cases=lambda recording: [
        trail
        for write in SENT_GOALS
        for trail in trails_of(recording, write, MAP)
        if are_events_told(trail.after.data)
        and row_of(trail.after.data, str(trail.body["datafast_visitor_id"])) is not None
    ],
)
def goal_is_on_the_map(trail: Trail) -> Iterable[Violation]:
    events = events_of(trail.after.data, name_of(trail))
    if not events:
        problem = f"the goal `{name_of(trail)}` was accepted, and there is no event of it"
        # The list may be limited to a few rows, and the map may come from a cache.
        yield trail.violation(problem, "/data/recentEvents", is_soft=True)
    if len(events) > 1:
        problem = f"the goal `{name_of(trail)}` was sent once, and is here {len(events)} times"
        yield trail.wrong(problem, events[1], "_id")
    for event in events:
        visitor_id = event.get("visitorId")
        if isinstance(visitor_id, str) and visitor_id.lower() != trail.body["datafast_visitor_id"].lower():
            problem = f"the goal `{name_of(trail)}` was sent for {trail.body['datafast_visitor_id']}"
            yield trail.wrong(problem, event, "visitorId")


def _domain_of(recording: Recording, label: str) -> str | None:
    domain = first_row(read_of(recording, METADATA, label)).get("domain")
    return domain if isinstance(domain, str) else None


def _elsewhere(recording: Recording) -> list[Trail]:
    """Returns the answers about another website after a goal was sent for the main one.

    There is no case unless both domains are known and differ.
    """
    domains = [_domain_of(recording, label) for label in (labels.BEFORE, labels.ANOTHER_WEBSITE)]
    if None in domains or domains[0] == domains[1]:
        return []
    reads = (labels.ANOTHER_WEBSITE, labels.ANOTHER_WEBSITE)
    return [
        trail
        for operation in (GOALS, MAP)
        for write in SENT_GOALS
        for trail in trails_of(recording, write, operation, reads)
    ]


@clause(
    "WRITE-08",
    "A goal does not show on another website.",
    source="POST /goals",
    standing=IMPLIED,
    needs=NEEDS_GOAL.and_more(", and a key of another website for the role `unknowns` (`--credentials`)"),
    cases=_elsewhere,
)
def goal_is_on_its_website_only(trail: Trail) -> Iterable[Violation]:
    name = name_of(trail)
    problem = f"the goal `{name}` was sent to another website"
    for event in events_of(trail.after.data, name)[:1]:
        yield trail.wrong(problem, event["extraData"], "eventName")
    row = goal_row(trail.after.data, name)
    if row is not None:
        yield trail.wrong(problem, row, "goal")


@clause(
    "WRITE-09",
    "A goal that was removed is not in the visitor's profile.",
    source="DELETE /goals",
    standing=OTHER,
    needs=NEEDS_GOAL,
    cases=lambda recording: [
        trail for trail in after_removal(GOAL, VISITOR)(recording) if goals_of(trail.after.data) is not None
    ],
)
def removed_goal_is_not_in_profile(trail: Trail) -> Iterable[Violation]:
    for goal in _shown(trail)[:1]:
        problem = f"the goal `{name_of(trail)}` was removed, and is still here"
        problem += "" if trail.is_fresh else HELD
        yield trail.wrong(problem, goal, "name", is_soft=not trail.is_fresh)


@clause(
    "WRITE-10",
    "A removal of goals by name leaves the visitor's other goals.",
    source="DELETE /goals",
    standing=OTHER,
    needs=NEEDS_GOAL,
    cases=lambda recording: [
        trail
        for removed in after_removal(GOAL, VISITOR)(recording)[:1]
        for trail in trails_of(recording, OTHER_GOAL, VISITOR, GONE)
        if removed.before is not None
        and named(removed.before.data, name_of(trail))
        and goals_of(trail.after.data) is not None
    ],
)
def other_goals_stay(trail: Trail) -> Iterable[Violation]:
    if not _shown(trail):
        problem = f"the goal `{name_of(trail)}` is gone, although goals of another name were removed"
        yield missing(trail, problem, place_of_goals(trail.after.data))


@clause(
    "WRITE-11",
    "A goal that was removed is not among the events on the map.",
    source="DELETE /goals",
    standing=OTHER,
    needs=NEEDS_GOAL,
    cases=lambda recording: [
        trail for trail in after_removal(GOAL, MAP)(recording) if are_events_told(trail.after.data)
    ],
)
def removed_goal_is_not_on_the_map(trail: Trail) -> Iterable[Violation]:
    for event in events_of(trail.after.data, name_of(trail))[:1]:
        problem = f"the goal `{name_of(trail)}` was removed, and is still here"
        yield trail.wrong(problem, event["extraData"], "eventName", is_soft=True)
