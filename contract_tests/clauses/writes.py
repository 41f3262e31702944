"""Clauses about what a run writes: it shows everywhere, once, on its own website, until it is removed."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from contract_tests.asking import labels
from contract_tests.asking.probes.refusals import (
    CREATE_GOAL,
    CREATE_PAYMENT,
    DELETE_GOALS,
    DELETE_PAYMENTS,
    IDENTIFY,
    REFUSED_WRITES,
)
from contract_tests.asking.rules import WRITING
from contract_tests.clauses.clause import Clause, Violation, clause
from contract_tests.clauses.realtime_map import is_number
from contract_tests.clauses.statuses import Answered
from contract_tests.clauses.trails import (
    EARLIER_PAYMENT,
    GOAL,
    GONE,
    HELD,
    IDENTITY,
    NEEDS_GOAL,
    NEEDS_IDENTITY,
    NEEDS_PAYMENT,
    OTHER_GOAL,
    PAYMENT,
    Trail,
    accepted,
    after_removal,
    first_row,
    missing,
    name_of,
    read_of,
    trails_of,
)
from contract_tests.document import IMPLIED, OBSERVED, OTHER
from contract_tests.exchange import Exchange, Json
from contract_tests.families import MAP, VISITOR
from contract_tests.recording import Recording
from contract_tests.shown import (
    are_events_told,
    are_payments_told,
    completions_of,
    events_of,
    goals_of,
    metadata_of,
    named,
    paid,
    payments_of,
    recorded_name,
    row_of,
    sent_in,
    user_of,
)

_GOALS, _METADATA = "getGoals", "getMetadata"
_CUSTOMER_SCORE = 100
# In ms: between two answers as near as that, nobody pays by chance.
_SOON = 5_000


# -- goals ---------------------------------------------------------------------------------------------


def _in_profile(write: tuple[str, str]) -> Callable[[Recording], list[Trail]]:
    """Returns a function that picks the profile after a goal, if its goals can be read."""
    return lambda recording: [
        trail for trail in trails_of(recording, write, VISITOR) if goals_of(trail.after.data) is not None
    ]


def _shown(trail: Trail) -> list[dict[str, Json]]:
    return named(trail.after.data, name_of(trail))


@clause(
    "WRITE-01",
    "A goal that was accepted is in the visitor's profile.",
    source="POST /goals",
    standing=OTHER,
    needs=NEEDS_GOAL,
    cases=_in_profile(GOAL),
)
def goal_is_in_profile(trail: Trail) -> Iterable[Violation]:
    if not _shown(trail):
        problem = f"the goal `{name_of(trail)}` was accepted, and is not here"
        yield missing(trail, problem, "/data/activity")


@clause(
    "WRITE-02",
    "A goal that was sent once is in the profile once.",
    source="POST /goals",
    standing=OTHER,
    needs=NEEDS_GOAL,
    cases=lambda recording: [trail for trail in _in_profile(GOAL)(recording) if _shown(trail)],
)
def goal_is_there_once(trail: Trail) -> Iterable[Violation]:
    number = len(_shown(trail))
    if number > 1:
        problem = f"the goal `{name_of(trail)}` was sent once, and is here {number} times"
        yield trail.violation(problem, "/data/activity", number)


def _written_as(trail: Trail) -> str | None:
    """Returns the name under which the profile has a goal, whatever its case and blanks; None for no goal."""
    names = (goal["name"] for goal in goals_of(trail.after.data) or ())
    return next((name for name in names if recorded_name(name) == name_of(trail)), None)


@clause(
    "WRITE-03",
    "The name of a goal is recorded in lower case, with `_` for each blank.",
    source="POST /goals",
    standing=OTHER,
    needs=NEEDS_GOAL,
    cases=lambda recording: [
        trail for trail in _in_profile(OTHER_GOAL)(recording) if _written_as(trail) is not None
    ],
)
def name_is_in_lower_case(trail: Trail) -> Iterable[Violation]:
    name = _written_as(trail)
    if name != name_of(trail):
        problem = f"`{trail.body['name']}` was sent; expected is `{name_of(trail)}`"
        yield trail.violation(problem, "/data/activity", name)


@clause(
    "WRITE-04",
    "A goal that a server has sent has the origin `manual`, and the type `custom`.",
    source="POST /goals",
    standing=OTHER,
    needs=NEEDS_GOAL,
    cases=lambda recording: [
        trail
        for trail in _in_profile(GOAL)(recording)
        if any(isinstance(goal.get("origin"), str) for goal in _shown(trail))
    ],
)
def origin_is_manual(trail: Trail) -> Iterable[Violation]:
    goal = _shown(trail)[0]
    for member, wanted, is_soft in (("origin", "manual", False), ("type", "custom", True)):
        # The page calls the types examples.
        if isinstance(goal.get(member), str) and goal[member] != wanted:
            problem = f"the `{member}` of the goal `{goal['name']}` is not `{wanted}`"
            yield trail.violation(problem, "/data/activity", goal[member], is_soft=is_soft)


@clause(
    "WRITE-05",
    "A goal of an active visitor is an event on the map, of this visitor, once.",
    source="POST /goals",
    standing=OTHER,
    needs=f"{NEEDS_GOAL}, of a visitor who is on the map",
    cases=lambda recording: [
        trail
        for trail in trails_of(recording, GOAL, MAP)
        if are_events_told(trail.after.data)
        and row_of(trail.after.data, str(trail.body["datafast_visitor_id"])) is not None
    ],
)
def goal_is_on_the_map(trail: Trail) -> Iterable[Violation]:
    events = events_of(trail.after.data, name_of(trail))
    if not events:
        problem = f"the goal `{name_of(trail)}` was accepted, and is no event here"
        # The list may be short, and a cache may hold the map.
        yield trail.violation(problem, "/data/recentEvents", is_soft=True)
    if len(events) > 1:
        problem = f"the goal `{name_of(trail)}` was sent once, and is here {len(events)} times"
        yield trail.violation(problem, "/data/recentEvents", len(events))
    for event in events:
        visitor_id = event.get("visitorId")
        if isinstance(visitor_id, str) and visitor_id.lower() != trail.body["datafast_visitor_id"].lower():
            problem = f"the goal `{name_of(trail)}` was that of {trail.body['datafast_visitor_id']}"
            yield trail.violation(problem, "/data/recentEvents", visitor_id)


def _domain_of(recording: Recording, label: str) -> str | None:
    domain = first_row(read_of(recording, _METADATA, label)).get("domain")
    return domain if isinstance(domain, str) else None


def _elsewhere(recording: Recording) -> list[Trail]:
    """Returns the answers about a website of another domain after a goal of the main one."""
    domains = [_domain_of(recording, label) for label in (labels.BEFORE, labels.ANOTHER_WEBSITE)]
    if None in domains or domains[0] == domains[1]:
        return []
    reads = (labels.ANOTHER_WEBSITE, labels.ANOTHER_WEBSITE)
    return [t for operation in (_GOALS, MAP) for t in trails_of(recording, GOAL, operation, reads)]


@clause(
    "WRITE-08",
    "A goal does not show on another website.",
    source="POST /goals",
    standing=IMPLIED,
    needs=f"{NEEDS_GOAL}, and a key of another website for the role `unknowns` (`--credentials`)",
    cases=_elsewhere,
)
def goal_is_on_its_website_only(trail: Trail) -> Iterable[Violation]:
    name = name_of(trail)
    if events_of(trail.after.data, name) or completions_of(trail.after.data, name) is not None:
        yield trail.violation(f"the goal `{name}` was sent to another website", "/data", name)


@clause(
    "WRITE-09",
    "A goal that was removed is not in the visitor's profile.",
    source="DELETE /goals",
    standing=OTHER,
    needs=NEEDS_GOAL,
    cases=after_removal(GOAL, VISITOR),
)
def removed_goal_is_not_in_profile(trail: Trail) -> Iterable[Violation]:
    if _shown(trail):
        yield missing(trail, f"the goal `{name_of(trail)}` was removed, and is still here", "/data/activity")


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
        problem = f"the goal `{name_of(trail)}` has another name than those that were removed"
        yield trail.violation(problem, "/data/activity")


@clause(
    "WRITE-11",
    "A goal that was removed is no event on the map.",
    source="DELETE /goals",
    standing=OTHER,
    needs=NEEDS_GOAL,
    cases=after_removal(GOAL, MAP),
)
def removed_goal_is_not_on_the_map(trail: Trail) -> Iterable[Violation]:
    if events_of(trail.after.data, name_of(trail)):
        problem = f"the goal `{name_of(trail)}` was removed, and is still here"
        yield trail.violation(problem, "/data/recentEvents", is_soft=True)


# -- payments ------------------------------------------------------------------------------------------


class Paid(NamedTuple):
    """The number of payments in a profile before and after `sent` payments, with the trail of the first."""

    trail: Trail
    sent: int
    before: int
    after: int


def _paid(recording: Recording, read: str = labels.AFTER) -> list[Paid]:
    """Returns the payments in the profile, as one case; none if they cannot be counted."""
    trails = trails_of(recording, PAYMENT, VISITOR, (labels.BEFORE, read))
    also = accepted(recording, *EARLIER_PAYMENT) is not None
    return [
        Paid(trail, 1 + also, before, after)
        for trail in trails
        if trail.before is not None
        and (before := paid(trail.before.data)) is not None
        and (after := paid(trail.after.data)) is not None
    ]


@clause(
    "WRITE-13",
    "A payment that was accepted is in the visitor's profile, as a goal with the origin `payment_provider`.",
    source="POST /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT,
    cases=_paid,
)
def payment_is_in_profile(case: Paid) -> Iterable[Violation]:
    if case.after < case.before + case.sent:
        problem = f"{case.sent} payments were accepted; the profile had {case.before} before"
        violation = missing(case.trail, problem, "/data/activity")
        yield replace(violation, value=case.after)


@clause(
    "WRITE-14",
    "A transaction that is sent twice is one payment in the profile.",
    source="POST /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT,
    cases=lambda recording: [
        case for case in _paid(recording) if accepted(recording, CREATE_PAYMENT, labels.PAYMENT_AGAIN)
    ],
)
def transactions_are_recorded_once(case: Paid) -> Iterable[Violation]:
    if case.after > case.before + case.sent:
        problem = f"{case.sent} transactions were sent twice; the profile had {case.before} payments before"
        yield case.trail.violation(problem, "/data/activity", case.after)


def _payments_on(shown: Exchange | None, body: dict[str, Json]) -> int:
    return 0 if shown is None else len(payments_of(shown.data, body))


@clause(
    "WRITE-15",
    "A payment that was accepted is on the map once, in its currency.",
    source="POST /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT,
    cases=lambda recording: [
        trail for trail in trails_of(recording, PAYMENT, MAP) if are_payments_told(trail.after.data)
    ],
)
def payment_is_on_the_map(trail: Trail) -> Iterable[Violation]:
    number = _payments_on(trail.after, trail.body) - _payments_on(trail.before, trail.body)
    told = f"a payment of {trail.body['amount']} {trail.body['currency']}"
    if number < 1:
        # The list may be short, and a cache may hold the map.
        yield trail.violation(f"{told} was accepted, and is not here", "/data/recentPayments", is_soft=True)
    elif number > 1:
        yield trail.violation(f"one transaction is {told}", "/data/recentPayments", number)


def _customer(trail: Trail) -> bool | None:
    """Whether the visitor of a trail is a customer on the later map; None if it does not say so."""
    row = row_of(trail.after.data, str(trail.body["datafast_visitor_id"])) or {}
    value = row.get("isCustomer")
    return value if isinstance(value, bool) else None


@clause(
    "WRITE-16",
    "A visitor who has paid is a customer on the map.",
    source="POST /payments",
    standing=OTHER,
    needs=f"{NEEDS_PAYMENT}, of a visitor who is on a map with `isCustomer`",
    cases=lambda recording: [t for t in trails_of(recording, PAYMENT, MAP) if _customer(t) is not None],
)
def payers_are_customers(trail: Trail) -> Iterable[Violation]:
    if not _customer(trail):
        # A map without the payment may be older.
        is_told = bool(payments_of(trail.after.data, trail.body))
        problem = f"the visitor {trail.body['datafast_visitor_id']} has paid"
        yield trail.violation(problem, "/data/visitors", False, is_soft=not is_told)


@clause(
    "WRITE-17",
    "The profile of a visitor who has paid has no prediction, or one with a score of 100.",
    source="POST /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT,
    cases=lambda recording: [
        case
        for case in _paid(recording)
        if case.after > case.before and "prediction" in case.trail.after.data
    ],
)
def payers_have_no_prediction(case: Paid) -> Iterable[Violation]:
    prediction = case.trail.after.data["prediction"]
    score = prediction.get("score") if isinstance(prediction, dict) else None
    if is_number(score) and score != _CUSTOMER_SCORE:
        yield case.trail.violation("the visitor has paid", "/data/prediction/score", score)


def _both_removed(recording: Recording) -> bool:
    both = (labels.PAYMENT, labels.EARLIER_PAYMENT)
    return all(accepted(recording, DELETE_PAYMENTS, label) for label in both)


@clause(
    "WRITE-19",
    "Payments that were removed are not in the visitor's profile.",
    source="DELETE /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT,
    cases=lambda recording: _paid(recording, labels.REMOVED) if _both_removed(recording) else [],
)
def removed_payments_are_not_in_profile(case: Paid) -> Iterable[Violation]:
    if case.after > case.before:
        problem = f"all payments were removed; the profile had {case.before} before they were sent"
        yield replace(missing(case.trail, problem, "/data/activity"), value=case.after)


@clause(
    "WRITE-20",
    "A payment that was removed is not on the map.",
    source="DELETE /payments",
    standing=OTHER,
    needs=NEEDS_PAYMENT,
    cases=lambda recording: [
        trail._replace(before=read_of(recording, MAP, labels.BEFORE))
        for trail in after_removal(PAYMENT, MAP)(recording)
    ],
)
def removed_payment_is_not_on_the_map(trail: Trail) -> Iterable[Violation]:
    if _payments_on(trail.after, trail.body) > _payments_on(trail.before, trail.body):
        problem = (
            f"a payment of {trail.body['amount']} {trail.body['currency']} was removed, and is still here"
        )
        yield trail.violation(problem, "/data/recentPayments", is_soft=True)


def _was_customer(recording: Recording) -> bool:
    return any(_customer(t) for t in trails_of(recording, PAYMENT, MAP, (labels.BEFORE, labels.BEFORE)))


def _has_no_payment(recording: Recording, shown: Exchange) -> bool:
    """Returns whether a profile of just before a map has no payment, not even one of the visitor's own."""
    profile = read_of(recording, VISITOR, labels.REMOVED)
    if profile is None or profile.sent is None or shown.sent is None:
        return False
    return paid(profile.data) == 0 and 0 <= shown.sent - profile.sent <= _SOON


@clause(
    "WRITE-21",
    "A visitor whose only payments were removed is no customer on the map.",
    source="DELETE /payments",
    standing=OTHER,
    needs=f"{NEEDS_PAYMENT}, of a visitor who made no other one and is on a map with `isCustomer`",
    cases=lambda recording: [
        trail
        for trail in after_removal(PAYMENT, MAP)(recording)
        if _both_removed(recording)
        and _customer(trail) is not None
        and not _was_customer(recording)
        and _has_no_payment(recording, trail.after)
    ],
)
def nobody_without_payments_is_a_customer(trail: Trail) -> Iterable[Violation]:
    if _customer(trail):
        problem = f"all payments of the visitor {trail.body['datafast_visitor_id']} were removed"
        is_told = not payments_of(trail.after.data, trail.body) and trail.is_fresh
        yield trail.violation(problem, "/data/visitors", True, is_soft=not is_told)


# -- identities ----------------------------------------------------------------------------------------


def _identified(recording: Recording, operation: str) -> list[Trail]:
    """Returns what shows of an identification; none on a website without cookies, which stores none."""
    sent = accepted(recording, *IDENTITY)
    is_stored = (
        sent is not None and isinstance(sent.data, dict) and isinstance(sent.data.get("profileId"), str)
    )
    return trails_of(recording, IDENTITY, operation) if is_stored else []


def _is_user_told(profile: Json) -> bool:
    """Whether the `profile` of a visitor is null, or has a user id."""
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
    "The metadata of a second identification is added to that of the first.",
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
            problem = f"`{name}` was sent as {value!r}"
            yield trail.violation(
                problem, f"/data/profile/metadata/{name}", found.get(name), is_soft=not trail.is_fresh
            )


def _profile_data(trail: Trail) -> dict[str, Json]:
    row = row_of(trail.after.data, str(trail.body["datafast_visitor_id"])) or {}
    shown = row.get("profileData")
    return shown if isinstance(shown, dict) else {}


@clause(
    "WRITE-25",
    "A visitor who was identified has a profile on the map, with the user id that was sent.",
    source="POST /identify",
    standing=OTHER,
    needs=f"{NEEDS_IDENTITY}, of a visitor who is on the map",
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
            yield trail.violation(problem, f"/data/visitors/*/profileData/{name}", shown[name], is_soft=True)


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
    ],
)
def repeated_identity_changes_nothing(case: tuple[Exchange, Exchange]) -> Iterable[Violation]:
    first, again = case
    profile_id, told = first.data.get("profileId"), again.data.get("profileId")
    if isinstance(profile_id, str) and isinstance(told, str) and profile_id != told:
        yield Violation(f"the same data had the profile {profile_id}", again, "/data/profileId", told)
    if again.data.get("action") == "created":
        yield Violation("the same data was sent before", again, "/data/action", "created")


# -- refusals ------------------------------------------------------------------------------------------


def refusal_clauses() -> list[Clause]:
    """Returns a clause for each kind of request that is refused because of what it says."""
    return [
        replace(
            Answered(
                refused.clause,
                refused.label,
                refused.statuses,
                refused.sentence,
                _PATHS[refused.operation],
                OTHER if refused.is_stated else IMPLIED,
                f"{_needs(refused.label)}{WRITING}",
                refused.operation,
            ).clause(),
            accuses=refused.is_stated,
        )
        for refused in REFUSED_WRITES
    ]


def _needs(label: str) -> str:
    if label == labels.BOT:
        return "a bot's id for the role `bot` (`--credentials`), and "
    return (
        "a server on this machine, because a wrong one removes everything, and "
        if label == labels.NO_FILTER
        else ""
    )


_PATHS = {
    CREATE_GOAL: "POST /goals",
    DELETE_GOALS: "DELETE /goals",
    CREATE_PAYMENT: "POST /payments",
    DELETE_PAYMENTS: "DELETE /payments",
    IDENTIFY: "POST /identify",
}
