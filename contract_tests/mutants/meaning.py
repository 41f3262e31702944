"""Members whose values are well-formed, and wrong."""

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

from contract_tests.asking import labels
from contract_tests.exchange import Exchange, Json
from contract_tests.families import MAP, REALTIME, VISITOR
from contract_tests.instants import ms
from contract_tests.mutants.mutant import Mutant, Mutation
from contract_tests.mutants.planting import answering, editing, iso
from contract_tests.recording import REVISION_2026_02, rows

Data = Any
Edit = Callable[[Data, Exchange], object]
_MINUTE = 60_000


# -- how an edit is brought to its place -------------------------------------------------------------


def _map(name: str, clause: str, edit: Edit, revision: str | None = None) -> Mutant:
    return Mutant(name, clause, partial(editing, MAP, edit), revision)


def _row(name: str, clause: str, place: str, edit: Edit, revision: str | None = None) -> Mutant:
    """Edits every row of one of the map's lists."""

    def edit_all(data: Data, exchange: Exchange) -> None:
        for row in rows(data, place):
            edit(row, exchange)

    return _map(name, clause, edit_all, revision)


def _profile(name: str, clause: str, edit: Edit) -> Mutant:
    return Mutant(name, clause, partial(editing, VISITOR, edit))


def _activity(name: str, clause: str, edit: Edit) -> Mutant:
    return _profile(name, clause, lambda data, exchange: edit(data["activity"], exchange))


def _counting(
    name: str, clause: str, operation: str, edit: Callable[[Data, int], object], revision: str | None = None
) -> Mutant:
    """An edit that gets the number of the answer: 0, 1, 2 …"""

    def make() -> Mutation:
        numbers = count()
        return editing(operation, lambda data, _exchange: edit(data, next(numbers)))

    return Mutant(name, clause, make, revision)


# -- edits ---------------------------------------------------------------------------------------------


def _dated(row: Data, at: int) -> None:
    """Gives a row another instant, and the id that tells it."""
    row["timestamp"] = iso(at)
    row["_id"] = f"{at // 1000 % 2**32:08x}{row['_id'][8:]}"


def _long_ago(row: Data, exchange: Exchange) -> None:
    # To the second, like the id: what is told again is told alike.
    _dated(row, (exchange.now.earliest - 11 * _MINUTE) // 1000 * 1000)


def _soon(row: Data, exchange: Exchange) -> None:
    _dated(row, (exchange.now.latest + _MINUTE) // 1000 * 1000)


def _soon_at(name: str) -> Edit:
    def move(row: Data, exchange: Exchange) -> None:
        row[name] = iso(exchange.now.latest + _MINUTE)

    return move


def _doubled(name: str) -> Edit:
    def double(data: Data, _exchange: Exchange) -> None:
        if data[name]:
            data[name].append(data[name][-1])
            data["count"] += name == "visitors"

    return double


def _mixed(data: Data, _exchange: Exchange) -> None:
    for row in data["visitors"][::2]:
        browser = row["system"]["browser"]
        row["system"]["browser"] = browser["name"] if isinstance(browser, dict) else {"name": browser}


def _score(is_customer: bool, **members: Json) -> Edit:
    def change(row: Data, _exchange: Exchange) -> None:
        if row.get("isCustomer") is is_customer and isinstance(row.get("conversionLikelihood"), dict):
            row["conversionLikelihood"].update(members)

    return change


def _other_second(row: Data, _exchange: Exchange) -> None:
    row["_id"] = f"{int(row['_id'][:8], 16) + 1:08x}{row['_id'][8:]}"


def _named(member: str) -> Edit:
    def name(row: Data, _exchange: Exchange) -> None:
        if row["isCustomer"] is False:
            row[member] = "jane@example.com"

    return name


def _amount(is_payment: bool, amount: Json) -> Edit:
    def change(row: Data, _exchange: Exchange) -> None:
        if (row["type"] == "payment") is is_payment:
            row["amount"] = amount

    return change


def _random(row: Data, _exchange: Exchange) -> None:
    if row["profileData"]["hasProfile"] is True:
        row["profileData"]["isRandomName"] = True


def _swapped(activity: Data, _exchange: Exchange) -> None:
    for one, other in (("firstVisitAt", "lastVisitAt"), ("timeSinceFirstVisit", "timeSinceCurrentVisit")):
        activity[one], activity[other] = activity[other], activity[one]


def _future_visit(activity: Data, exchange: Exchange) -> None:
    activity.update(firstVisitAt=None, lastVisitAt=iso(exchange.now.latest + _MINUTE))
    del activity["timeSinceCurrentVisit"]


def _born_earlier(activity: Data, _exchange: Exchange) -> None:
    first = ms(activity["firstVisitAt"])
    if first is not None and activity["visitCount"] == 1:
        activity["firstVisitAt"] = iso(first - _MINUTE)
        del activity["timeSinceFirstVisit"]


def _unsorted(activity: Data, _exchange: Exchange) -> None:
    goals = activity["completedGoals"]
    if len(goals) > 2:
        goals.insert(1, goals.pop())


def _last_soon(name: str) -> Edit:
    def move(activity: Data, exchange: Exchange) -> None:
        for row in rows(activity, name)[-1:]:
            row["timestamp"] = iso(exchange.now.latest + _MINUTE)

    return move


def _fewer_pages(activity: Data, _exchange: Exchange) -> None:
    activity["pageViewCount"] = max(len(activity["visitedPages"]) - 1, 1)


def _identified_soon(data: Data, exchange: Exchange) -> None:
    if data["profile"] is not None:
        data["profile"]["identifiedAt"] = iso(exchange.now.latest + _MINUTE)


def _born_after_the_session() -> Mutation:
    """First visits begin when a profile is first asked for, though the map has told of a session before."""
    born: dict[str, str] = {}

    def edit(data: Data, exchange: Exchange) -> None:
        data["activity"]["firstVisitAt"] = born.setdefault(data["visitorId"], iso(exchange.now.latest))
        data["activity"]["lastVisitAt"] = None
        del data["activity"]["timeSinceFirstVisit"], data["activity"]["timeSinceCurrentVisit"]

    return editing(VISITOR, edit)


def _fewer_visits(activity: Data, _exchange: Exchange) -> None:
    """A visit fewer than the map has told of; of the first and last one nothing is said."""
    if activity["visitCount"] > 1:
        activity.update(visitCount=activity["visitCount"] - 1, firstVisitAt=None)


def _earlier_and_earlier(data: Data, number: int) -> None:
    activity = data["activity"]
    first = ms(activity["firstVisitAt"])
    if first is not None and activity["visitCount"] > 1:
        activity["firstVisitAt"] = iso(first - number * _MINUTE)
        del activity["timeSinceFirstVisit"]


def _backwards(data: Data, number: int) -> None:
    data["activity"].update(firstVisitAt=None, timeSinceFirstVisit=10**10 - number * _MINUTE)


def _forgetting() -> Mutation:
    """Who is asked for again has not viewed their first page any more."""
    asked: set[str] = set()

    def edit(data: Data, _exchange: Exchange) -> None:
        if data["visitorId"] in asked:
            del data["activity"]["visitedPages"][:1]
        asked.add(data["visitorId"])

    return editing(VISITOR, edit)


def _each(place: str, change: Callable[[Data, int], object]) -> Callable[[Data, int], None]:
    def change_all(data: Data, number: int) -> None:
        for row in rows(data, place):
            change(row, number)

    return change_all


def _other_type(row: Data, number: int) -> None:
    if row["type"] != "payment":
        row["type"] = f"custom-{number}"


def _is_profile(exchange: Exchange) -> bool:
    return labels.MET in exchange.labels


MEANING_MUTANTS = (
    _map("half in another revision", "REV-01", _mixed),
    _map("count too small", "MAP-72", lambda data, _e: data.update(count=max(len(data["visitors"]) - 1, 0))),
    _map("count always 1", "MAP-72", lambda data, _e: data.update(count=min(data["count"], 1))),
    _map("visitor listed twice", "MAP-73", _doubled("visitors")),
    _map("event listed twice", "MAP-74", _doubled("recentEvents")),
    _map("payment listed twice", "MAP-75", _doubled("recentPayments")),
    _row("events out of the window", "MAP-76", "recentEvents", _long_ago),
    _row("payments out of the window", "MAP-77", "recentPayments", _long_ago),
    _row("events ahead of time", "MAP-78", "recentEvents", _soon),
    _row("payments ahead of time", "MAP-79", "recentPayments", _soon),
    _row("sessions ahead of time", "MAP-80", "visitors", _soon_at("sessionStartTime"), REVISION_2026_02),
    _map("payments oldest first", "MAP-81", lambda data, _e: data["recentPayments"].reverse()),
    _row("customers with 99", "MAP-82", "visitors", _score(True, score=99), REVISION_2026_02),
    _row("customers with 0", "MAP-82", "visitors", _score(True, score=0), REVISION_2026_02),
    _row("baseline of 51", "MAP-83", "visitors", _score(False, isBaseline=True, score=51), REVISION_2026_02),
    _map("metrics missing", "MAP-84", lambda data, _e: data.pop("conversionMetrics", None)),
    _map("metrics null", "MAP-84", lambda data, _e: data.update(conversionMetrics=None)),
    _map("flag never set", "MAP-85", lambda data, _e: data.update(hasConversionPredictions=False)),
    _row("ids of another second", "MAP-86", "recentEvents", _other_second),
    _row("payments without amount", "MAP-87", "recentEvents", _amount(True, None)),
    _row("page views with amount", "MAP-87", "recentEvents", _amount(False, 49)),
    _row("name without payment", "MAP-88", "visitors", _named("customerName"), REVISION_2026_02),
    _row("address without payment", "MAP-88", "visitors", _named("customerEmail"), REVISION_2026_02),
    _row("random name of the identified", "MAP-89", "visitors", _random),
    _profile(
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
    _activity("all visits are one", "VIS-68", lambda a, _e: a.update(visitCount=1)),
    _activity("the only visit at two times", "VIS-68", _born_earlier),
    _profile("identified ahead of time", "VIS-69", _identified_soon),
    _activity("visit ahead of time", "VIS-70", _future_visit),
    _counting("event changes its type", "POLL-01", MAP, _each("recentEvents", _other_type)),
    _counting(
        "event changes its visitor",
        "POLL-01",
        MAP,
        _each("recentEvents", lambda row, n: row.update(visitorId=f"{n:08x}{row['visitorId'][8:]}")),
    ),
    _counting(
        "payment changes its amount",
        "POLL-02",
        MAP,
        _each("recentPayments", lambda row, n: row.update(amount=row["amount"] + n)),
    ),
    _counting(
        "visitor travels",
        "POLL-03",
        MAP,
        _each("visitors", lambda row, n: row["location"].update(street=n)),
        REVISION_2026_02,
    ),
    _counting(
        "visitor changes device",
        "POLL-04",
        MAP,
        _each("visitors", lambda row, n: row["system"].update(engine=n)),
        REVISION_2026_02,
    ),
    _counting(
        "page views shrink",
        "POLL-05",
        VISITOR,
        lambda data, n: data["activity"].update(pageViewCount=100_000 - n),
    ),
    _counting(
        "visits shrink", "POLL-05", VISITOR, lambda data, n: data["activity"].update(visitCount=100_000 - n)
    ),
    _counting("first visit moves", "POLL-06", VISITOR, _earlier_and_earlier),
    _counting("time goes backwards", "POLL-07", VISITOR, _backwards),
    Mutant("pages are forgotten", "POLL-08", _forgetting),
    Mutant(
        "counter too high",
        "AGR-01",
        partial(editing, REALTIME, lambda data, _e: data[0].update(visitors=data[0]["visitors"] + 1000)),
    ),
    Mutant(
        "counter always 0",
        "AGR-01",
        partial(editing, REALTIME, lambda data, _e: data[0].update(visitors=0)),
    ),
    Mutant("visitors without profiles", "AGR-02", partial(answering, _is_profile, status=404)),
    Mutant("visitors all bots", "AGR-02", partial(answering, _is_profile, status=400)),
    _profile("another city", "AGR-03", lambda data, _e: data["identity"].update(city="Elsewhere")),
    _profile("another region", "AGR-03", lambda data, _e: data["identity"].update(region="ZZ-00")),
    _profile("another country", "AGR-03", lambda data, _e: data["identity"].update(countryCode="ZZ")),
    _profile("another browser", "AGR-04", lambda data, _e: data["identity"]["browser"].update(name="Mosaic")),
    _profile("another system", "AGR-04", lambda data, _e: data["identity"]["os"].update(name="BeOS")),
    _profile("another device", "AGR-04", lambda data, _e: data["identity"]["device"].update(type="console")),
    Mutant(
        "a visit fewer than on the map",
        "AGR-05",
        partial(editing, VISITOR, lambda data, e: _fewer_visits(data["activity"], e)),
        REVISION_2026_02,
    ),
    _profile("identified without profile", "AGR-06", lambda data, _e: data.update(profile=None)),
    Mutant("first visit after the session", "AGR-07", _born_after_the_session, REVISION_2026_02),
)
