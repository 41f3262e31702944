"""Mutants that accept a write and report it wrongly: not at all, twice, elsewhere, or after its removal."""

from collections.abc import Callable

from contract_tests.exchange import Exchange, Json
from contract_tests.mutants.mutant import Mutant, Mutation, Weight
from contract_tests.mutants.planting import Data, rewriting
from contract_tests.mutants.seen import Seen
from contract_tests.operations import GOAL_PROPERTIES, GOALS, IDENTIFY, MAP, OVERVIEW, VISITOR
from contract_tests.recording import REVISION_2026_02
from contract_tests.shown import BY_PROVIDER, COMPLETED_CUSTOM_GOALS, COMPLETED_GOALS, row_of

_LOW = {"score": 3, "conversionRate": 0.01, "expectedValue": 1, "confidence": 0.5}
Edit = Callable[[Seen, Data, Exchange], object]


def _mutant(
    name: str, clause: str, operation: str, edit: Edit, weight: Weight = "breaks", revision: str | None = None
) -> Mutant:
    """Returns a mutant that edits the `data` of an operation's answers.

    `edit` also gets the accepted writes.
    """
    return _of_body(
        name, clause, operation, lambda seen, body, e: edit(seen, body["data"], e), weight, revision
    )


def _of_body(
    name: str, clause: str, operation: str, edit: Edit, weight: Weight = "breaks", revision: str | None = None
) -> Mutant:
    """Returns a mutant that edits the whole body of an operation's answers."""

    def make() -> Mutation:
        seen = Seen()
        change = rewriting(operation, lambda body, exchange: edit(seen, body, exchange))

        def mutate(exchange: Exchange) -> Exchange:
            seen.note(exchange)
            changed = change(exchange)
            return exchange if changed.json == exchange.json else changed

        return mutate

    return Mutant(name, clause, make, revision, weight)


def _each_list(profile: Data, change: Callable[[list[Json]], list[Json]]) -> None:
    """Applies an edit to each list of goals in a profile."""
    for name in (COMPLETED_GOALS, COMPLETED_CUSTOM_GOALS):
        if name in profile["activity"]:
            profile["activity"][name] = change(profile["activity"][name])


def _hide_goals(seen: Seen, profile: Data, _exchange: Exchange) -> None:
    _each_list(profile, lambda goals: [goal for goal in goals if goal["name"] not in seen.names])


def _double_goals(seen: Seen, profile: Data, _exchange: Exchange) -> None:
    _each_list(
        profile, lambda goals: [g for goal in goals for g in [goal] * (1 + (goal["name"] in seen.names))]
    )


def _keep_names(seen: Seen, profile: Data, _exchange: Exchange) -> None:
    _each_list(profile, lambda goals: [{**g, "name": seen.names.get(g["name"], g["name"])} for g in goals])


def _hyphenate(seen: Seen, profile: Data, exchange: Exchange) -> None:
    _keep_names(seen, profile, exchange)
    for goal in profile["activity"]["completedGoals"]:
        goal["name"] = goal["name"].lower().replace(" ", "-")


def _changed_goals(**members: Json) -> Edit:
    def edit(seen: Seen, profile: Data, _exchange: Exchange) -> None:
        for goal in profile["activity"].get(COMPLETED_GOALS, ()):
            if goal["name"] in seen.names:
                goal.update(members)

    return edit


def _hide_events(seen: Seen, shown: Data, _exchange: Exchange) -> None:
    shown["recentEvents"] = [event for event in shown["recentEvents"] if not seen.is_goal(event)]


def _double_events(seen: Seen, shown: Data, _exchange: Exchange) -> None:
    again = [{**e, "_id": f"{e['_id'][:8]}{'0' * 16}"} for e in shown["recentEvents"] if seen.is_goal(e)]
    _add(shown["recentEvents"], again)


def _move_events(seen: Seen, shown: Data, _exchange: Exchange) -> None:
    for event in filter(seen.is_goal, shown["recentEvents"]):
        event["visitorId"] = "00000000-0000-4000-8000-000000000000"


def _add(listed: list[Json], more: list[dict[str, Json]]) -> None:
    """Adds rows to a list whose newest row is the first."""
    listed += more
    listed.sort(key=lambda row: str(row["timestamp"]), reverse=True)


def _report_elsewhere(seen: Seen, body: Data, exchange: Exchange) -> None:
    if seen.names and exchange.sender != seen.sender:
        body["data"].append({"goal": next(iter(seen.names)), "completions": 1, "visitors": 1})
        body["pagination"]["total"] += 1


def _keep_goals(seen: Seen, profile: Data, _exchange: Exchange) -> None:
    known = seen.goals.get(str(profile["visitorId"]).lower(), [])
    removed = [goal for goal in known if goal["name"] in seen.removed]
    if COMPLETED_GOALS in profile["activity"]:
        profile["activity"][COMPLETED_GOALS] = sorted(
            [*profile["activity"][COMPLETED_GOALS], *removed], key=lambda goal: str(goal["timestamp"])
        )


def _remove_all_goals(seen: Seen, profile: Data, exchange: Exchange) -> None:
    if seen.removed:
        _hide_goals(seen, profile, exchange)


def _keep_events(seen: Seen, shown: Data, exchange: Exchange) -> None:
    if seen.removed and exchange.sender == seen.sender:
        there = {event["_id"] for event in shown["recentEvents"]}
        _add(shown["recentEvents"], [event for event in seen.events if event["_id"] not in there])


def _paid(seen: Seen, profile: Data, times: int) -> None:
    """Lists each payment `times` times in the profile of a visitor who has paid."""
    if seen.is_payers(profile) and COMPLETED_GOALS in profile["activity"]:
        profile["activity"][COMPLETED_GOALS] = [
            g
            for goal in profile["activity"][COMPLETED_GOALS]
            for g in [goal] * (times if goal["origin"] == BY_PROVIDER else 1)
        ]


def _hide_payments(seen: Seen, profile: Data, _exchange: Exchange) -> None:
    _paid(seen, profile, 0)


def _record_again(seen: Seen, profile: Data, _exchange: Exchange) -> None:
    _paid(seen, profile, max(seen.transactions.values(), default=1))


def _hide_on_map(seen: Seen, shown: Data, _exchange: Exchange) -> None:
    shown["recentPayments"] = [p for p in shown["recentPayments"] if p["amount"] not in seen.amounts]


def _double_on_map(seen: Seen, shown: Data, _exchange: Exchange) -> None:
    own = [p for p in shown["recentPayments"] if p["amount"] in seen.amounts]
    _add(shown["recentPayments"], [{**p, "_id": f"{p['_id'][:8]}{'0' * 16}"} for p in own])


def _of_payers(seen: Seen, shown: Data) -> list[dict[str, Json]]:
    return [row for visitor_id in seen.payers if (row := row_of(shown, visitor_id)) is not None]


def _no_customer(seen: Seen, shown: Data, _exchange: Exchange) -> None:
    for row in _of_payers(seen, shown):
        row.update(isCustomer=False, customerName=None, customerEmail=None)
        row.pop("conversionLikelihood", None)


def _predict(seen: Seen, profile: Data, _exchange: Exchange) -> None:
    if seen.is_payers(profile):
        profile["prediction"] = profile["prediction"] or _LOW


def _keep_payments(seen: Seen, profile: Data, _exchange: Exchange) -> None:
    if seen.has_removed_payments and seen.is_payers(profile) and COMPLETED_GOALS in profile["activity"]:
        known = seen.goals.get(str(profile["visitorId"]).lower(), [])
        payments = [goal for goal in known if goal.get("origin") == BY_PROVIDER]
        profile["activity"][COMPLETED_GOALS] = sorted(
            [*profile["activity"][COMPLETED_GOALS], *payments], key=lambda goal: str(goal["timestamp"])
        )


def _keep_on_map(seen: Seen, shown: Data, exchange: Exchange) -> None:
    if seen.has_removed_payments and exchange.sender == seen.sender:
        _add(shown["recentPayments"], seen.payments)


def _keep_customer(seen: Seen, shown: Data, _exchange: Exchange) -> None:
    for row in _of_payers(seen, shown) if seen.has_removed_payments else ():
        row.update({n: seen.payer[n] for n in seen.payer if n.startswith(("isC", "customer", "conversion"))})


def _replace_rows(body: Data, rows: list[Json]) -> None:
    """Replaces the rows of a report, and changes `pagination.total` with them."""
    body["pagination"]["total"] += len(rows) - len(body["data"])
    body["data"] = rows


def _count_none(seen: Seen, body: Data, _exchange: Exchange) -> None:
    _replace_rows(body, [row for row in body["data"] if row["goal"] not in seen.names])


def _count_twice(seen: Seen, body: Data, _exchange: Exchange) -> None:
    for row in body["data"]:
        row["completions"] *= 1 + (row["goal"] in seen.names)


def _count_removed(seen: Seen, body: Data, exchange: Exchange) -> None:
    if exchange.sender == seen.sender:
        more = [{"goal": name, "completions": 1, "visitors": 1} for name in seen.removed]
        _replace_rows(body, [*body["data"], *more])


def _no_properties(seen: Seen, body: Data, _exchange: Exchange) -> None:
    if seen.names:
        _replace_rows(body, [])


def _other_properties(seen: Seen, body: Data, _exchange: Exchange) -> None:
    if seen.names:
        _replace_rows(body, [{**row, "propertyName": "colour"} for row in body["data"]])


def _earn(payments: int, revenue: float, *, is_removed: bool = False) -> Edit:
    """Returns an edit that adds payments and revenue to the overview of the earlier payment's second.

    With `is_removed`, it does so after a payment was removed, otherwise before.
    """

    def edit(seen: Seen, body: Data, exchange: Exchange) -> None:
        is_moment = ".000Z" in exchange.url
        if is_moment and seen.transactions and seen.has_removed_payments == is_removed:
            row = body["data"][0]
            row.update(payments=row["payments"] + payments, revenue=row["revenue"] + revenue)

    return edit


def _no_profile(seen: Seen, profile: Data, _exchange: Exchange) -> None:
    if str(profile["visitorId"]).lower() in seen.users:
        profile["profile"] = None


def _latest_metadata(seen: Seen, profile: Data, _exchange: Exchange) -> None:
    if str(profile["visitorId"]).lower() in seen.users and profile["profile"]:
        known = profile["profile"]["metadata"]
        profile["profile"]["metadata"] = {n: known[n] for n in known if n in seen.metadata}


def _anonymous(seen: Seen, shown: Data, _exchange: Exchange) -> None:
    for visitor_id in seen.users:
        row = row_of(shown, visitor_id) or {"profileData": {}}
        row["profileData"].update(displayName=None, userId=None, hasProfile=False, isRandomName=True)


def _another_profile(seen: Seen, told: Data, _exchange: Exchange) -> None:
    told["profileId"] = f"{told['profileId'][:16]}{seen.users.total():08x}"


WRITES_MUTANTS = (
    _mutant("a goal that is accepted and not shown", "WRITE-01", VISITOR, _hide_goals),
    _mutant("a goal that is shown twice", "WRITE-02", VISITOR, _double_goals),
    _mutant("a goal with its name as it was sent", "WRITE-03", VISITOR, _keep_names),
    _mutant("a goal with a hyphen for its blank", "WRITE-03", VISITOR, _hyphenate),
    _mutant("a goal from a payment provider", "WRITE-04", VISITOR, _changed_goals(origin=BY_PROVIDER)),
    _mutant("a goal of another type", "WRITE-04", VISITOR, _changed_goals(type="signup"), "warns"),
    _mutant("a goal that is not on the map", "WRITE-05", MAP, _hide_events, "warns"),
    _mutant("a goal that is on the map twice", "WRITE-05", MAP, _double_events),
    _mutant("a goal of another visitor on the map", "WRITE-05", MAP, _move_events),
    _of_body("a goal that is in no report", "WRITE-06", GOALS, _count_none, "warns"),
    _of_body("a goal that is counted twice", "WRITE-06", GOALS, _count_twice),
    _of_body("properties that are in no report", "WRITE-07", GOAL_PROPERTIES, _no_properties, "warns"),
    _of_body("other properties than were sent", "WRITE-07", GOAL_PROPERTIES, _other_properties, "warns"),
    _of_body("a goal that shows on another website", "WRITE-08", GOALS, _report_elsewhere),
    _mutant("a goal that is removed and still shown", "WRITE-09", VISITOR, _keep_goals),
    _mutant("a removal of one name that removes all", "WRITE-10", VISITOR, _remove_all_goals),
    _mutant("a goal that is removed and still on the map", "WRITE-11", MAP, _keep_events, "warns"),
    _of_body("a goal that is removed and still counted", "WRITE-12", GOALS, _count_removed, "warns"),
    _mutant("a payment that is accepted and not shown", "WRITE-13", VISITOR, _hide_payments),
    _mutant("a transaction that is recorded twice", "WRITE-14", VISITOR, _record_again),
    _mutant("a payment that is not on the map", "WRITE-15", MAP, _hide_on_map, "warns"),
    _mutant("a payment that is on the map twice", "WRITE-15", MAP, _double_on_map),
    _mutant("a payer who is no customer", "WRITE-16", MAP, _no_customer, revision=REVISION_2026_02),
    _mutant("a payer with a prediction", "WRITE-17", VISITOR, _predict),
    _of_body("a payment that is in no overview", "WRITE-18", OVERVIEW, _earn(-1, -23), "warns"),
    _of_body("a transaction whose revenue counts twice", "WRITE-18", OVERVIEW, _earn(1, 23)),
    _of_body("a payment of another amount", "WRITE-18", OVERVIEW, _earn(0, 1000)),
    _mutant("payments that are removed and still shown", "WRITE-19", VISITOR, _keep_payments),
    _mutant("a payment that is removed and still on the map", "WRITE-20", MAP, _keep_on_map, "warns"),
    _mutant(
        "a customer whose payments are removed", "WRITE-21", MAP, _keep_customer, revision=REVISION_2026_02
    ),
    _of_body(
        "a payment that is removed and still counted",
        "WRITE-22",
        OVERVIEW,
        _earn(1, 23, is_removed=True),
        "warns",
    ),
    _mutant("an identity that is accepted and not shown", "WRITE-23", VISITOR, _no_profile),
    _mutant("metadata that is replaced", "WRITE-24", VISITOR, _latest_metadata),
    _mutant("an identity that is not on the map", "WRITE-25", MAP, _anonymous, "warns"),
    _mutant("a second profile for the same data", "WRITE-26", IDENTIFY, _another_profile, "warns"),
    _mutant(
        "a profile that is created twice",
        "WRITE-26",
        IDENTIFY,
        lambda _seen, told, _exchange: told.update(action="created"),
        "warns",
    ),
)
