"""Mutants of the profile: well-formed members with wrong values."""

from contract_tests.exchange import Exchange
from contract_tests.instants import iso, ms
from contract_tests.mutants.mutant import Mutant
from contract_tests.mutants.planting import MINUTE, Change, Data, in_profiles, span_of
from contract_tests.recording import rows


def _activity(name: str, clause: str, edit: Change) -> Mutant:
    return in_profiles(name, clause, lambda data, exchange: edit(data["activity"], exchange))


def _swapped(activity: Data, _exchange: Exchange) -> None:
    for one, other in (("firstVisitAt", "lastVisitAt"), ("timeSinceFirstVisit", "timeSinceCurrentVisit")):
        activity[one], activity[other] = activity[other], activity[one]
    activity.update(visitedPages=[], pageViewCount=0)


def _future_visit(activity: Data, exchange: Exchange) -> None:
    # The change is so small that the time since then is still 0.
    activity.update(
        firstVisitAt=None, lastVisitAt=iso(span_of(exchange).latest + 500), timeSinceCurrentVisit=0
    )


def _born_earlier(activity: Data, _exchange: Exchange) -> None:
    first = ms(activity["firstVisitAt"])
    if first is not None and activity["visitCount"] == 1:
        activity["firstVisitAt"] = iso(first - 10 * MINUTE)
        activity["timeSinceFirstVisit"] += 10 * MINUTE


def _long_ago(activity: Data, _exchange: Exchange) -> None:
    for page in activity["visitedPages"]:
        page["timestamp"] = "2001" + page["timestamp"][4:]


def _unsorted(activity: Data, _exchange: Exchange) -> None:
    goals = activity["completedGoals"]
    if len(goals) > 2:
        goals.insert(1, goals.pop())


def _last_soon(name: str) -> Change:
    def move(activity: Data, exchange: Exchange) -> None:
        for row in rows(activity, name)[-1:]:
            row["timestamp"] = iso(span_of(exchange).latest + MINUTE)

    return move


def _fewer_pages(activity: Data, _exchange: Exchange) -> None:
    activity["pageViewCount"] = max(len(activity["visitedPages"]) - 1, 1)


def _identified_soon(data: Data, exchange: Exchange) -> None:
    if data["profile"] is not None:
        data["profile"]["identifiedAt"] = iso(span_of(exchange).latest + MINUTE)


VISITOR_MUTANTS = (
    in_profiles(
        "another visitor's profile",
        "VIS-60",
        lambda data, _e: data.update(visitorId="00000000-0000-4000-8000-000000000001"),
    ),
    _activity("first and last visit swapped", "VIS-61", _swapped),
    _activity(
        "time since the first visit in seconds",
        "VIS-62",
        lambda a, _e: a.update(timeSinceFirstVisit=a["timeSinceFirstVisit"] // 1000),
    ),
    _activity("time since the first visit 0", "VIS-62", lambda a, _e: a.update(timeSinceFirstVisit=0)),
    _activity(
        "time since the current visit in seconds",
        "VIS-63",
        lambda a, _e: a.update(timeSinceCurrentVisit=a["timeSinceCurrentVisit"] // 1000),
    ),
    _activity("time since the last page view", "VIS-63", lambda a, _e: a.update(timeSinceCurrentVisit=0)),
    _activity("fewer pages than listed", "VIS-64", _fewer_pages),
    _activity("page views ahead of time", "VIS-65", _last_soon("visitedPages")),
    _activity("goals ahead of time", "VIS-66", _last_soon("completedGoals")),
    _activity("goals in disorder", "VIS-67", _unsorted),
    _activity("pages before the first visit", "VIS-72", _long_ago),
    _activity("pages newest first", "VIS-71", lambda a, _e: a["visitedPages"].reverse()),
    _activity("no pages", "VIS-73", lambda a, _e: a.update(visitedPages=[])),
    _activity("all visits are one", "VIS-68", lambda a, _e: a.update(visitCount=1)),
    _activity("the only visit at two times", "VIS-68", _born_earlier),
    in_profiles("identified ahead of time", "VIS-69", _identified_soon),
    _activity("visit ahead of time", "VIS-70", _future_visit),
)
