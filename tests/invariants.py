"""The invariants of a website's answers, which hold at any instant and for any server."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

WINDOW = 600_000
# The members that depend on the instant of the request; all other members of an earlier profile stay the
# same.
_PASSING = ("timeSinceFirstVisit", "timeSinceCurrentVisit")

Json = Any
Ask = Callable[[str], Json]
"""A function that requests a path below the API's base and returns the `data` of the answer."""


class Picture(NamedTuple):
    """The answers of one instant: the counter, the map, and some visitors' profiles by id."""

    instant: int
    realtime: Json
    map: Json
    profiles: dict[str, Json]


def take_picture(ask: Ask, instant: int, most_profiles: int) -> Picture:
    """Requests the counter, the map and some visitors' profiles, those of customers first."""
    seen = ask("/analytics/realtime/map")
    ids = [visitor["visitorId"] for visitor in seen["visitors"]]
    actors = [event["visitorId"] for event in seen["recentEvents"] if event["type"] != "pageview"]
    chosen = list(dict.fromkeys([*actors[: most_profiles // 2], *ids]))[:most_profiles]
    profiles = {visitor_id: ask(f"/visitors/{visitor_id}") for visitor_id in chosen}
    return Picture(instant, ask("/analytics/realtime"), seen, profiles)


def check_picture(picture: Picture) -> Counter[str]:
    """Raises AssertionError at the first contradiction between answers.

    Returns the number of cases of each kind, since a check without cases proves nothing.
    """
    _check_counts(picture)
    _check_events(picture)
    _check_payments(picture)
    _check_predictions(picture)
    for visitor in picture.map["visitors"]:
        _check_visitor(visitor, picture)
        if visitor["visitorId"] in picture.profiles:
            _check_agreement(visitor, picture.profiles[visitor["visitorId"]], picture)
    for visitor_id, profile in picture.profiles.items():
        _check_profile(visitor_id, profile, picture)
    return _met(picture)


def _met(picture: Picture) -> Counter[str]:
    events, payments, visitors = (
        picture.map[name] for name in ("recentEvents", "recentPayments", "visitors")
    )
    profiles = picture.profiles.values()
    goals = [goal for profile in profiles for goal in profile["activity"]["completedGoals"]]
    met = {
        "new payment": sum(payment["isNew"] for payment in payments),
        "later payment": sum(not payment["isNew"] for payment in payments),
        "likelihood": sum("conversionLikelihood" in visitor for visitor in visitors),
        "no likelihood": sum("conversionLikelihood" not in visitor for visitor in visitors),
        "customer": sum(visitor.get("isCustomer", False) for visitor in visitors),
        "visitor and profile": sum(visitor["visitorId"] in picture.profiles for visitor in visitors),
        "identified": sum(profile["profile"] is not None for profile in profiles),
        "anonymous": sum(profile["profile"] is None for profile in profiles),
        "prediction": sum(profile["prediction"] is not None for profile in profiles),
        "known visits": sum(profile["activity"]["firstVisitAt"] is not None for profile in profiles),
        "manual goal": sum(goal["origin"] == "manual" for goal in goals),
        "payment goal": sum(goal["origin"] == "payment_provider" for goal in goals),
    }
    of_profiles = (event["type"] for event in events if event["visitorId"] in picture.profiles)
    return Counter(met) + Counter(f"{kind} event" for kind in of_profiles)


KINDS = (
    *("pageview event", "custom event", "payment event", "new payment", "later payment"),
    *("likelihood", "no likelihood", "customer", "visitor and profile", "identified", "anonymous"),
    *("prediction", "known visits", "manual goal", "payment goal"),
)
"""The kinds of cases that a run over many instants must meet."""


def check_past(earlier: Json, later: Json) -> None:
    """Raises AssertionError if a later profile of a visitor contradicts an earlier one."""
    assert later["identity"] == earlier["identity"]
    before, after = earlier["activity"], later["activity"]
    assert after["firstVisitAt"] == before["firstVisitAt"]
    assert after["visitCount"] >= before["visitCount"]
    for timeline in ("visitedPages", "completedGoals"):
        assert after[timeline][: len(before[timeline])] == before[timeline]
    if earlier["profile"] is not None:
        assert later["profile"]["userId"] == earlier["profile"]["userId"]


def _check_counts(picture: Picture) -> None:
    assert len(picture.realtime) == 1
    assert picture.realtime[0]["visitors"] == picture.map["count"] == len(picture.map["visitors"])
    _assert_unique(visitor["visitorId"] for visitor in picture.map["visitors"])
    _assert_unique(row["_id"] for row in (*picture.map["recentEvents"], *picture.map["recentPayments"]))


def _check_events(picture: Picture) -> None:
    _check_feed(picture.map["recentEvents"], picture.instant)
    for event in picture.map["recentEvents"]:
        assert (event["amount"] is not None) == (event["type"] == "payment")
        assert int(event["_id"][:8], 16) == _ms(event["timestamp"]) // 1000 % 2**32
        if event["visitorId"] in picture.profiles:
            _check_event(event, picture.profiles[event["visitorId"]], picture.map["recentPayments"])


def _check_event(event: Json, profile: Json, payments: list[Json]) -> None:
    """Raises AssertionError if an event contradicts its visitor's profile or the map's payments."""
    at = event["timestamp"]
    paid = [goal["timestamp"] for goal in _payment_goals(profile)]
    known = profile["profile"]
    assert (event["customerName"] is not None) == any(payment <= at for payment in paid)
    assert (event["displayName"] is not None) == (known is not None and known["identifiedAt"] <= at)
    if event["type"] == "custom":
        goals = [(goal["name"], goal["timestamp"]) for goal in profile["activity"]["completedGoals"]]
        assert (event["extraData"]["eventName"], at) in goals
    if event["type"] == "payment":
        assert at in paid
        rows = [row for row in payments if (row["timestamp"], row["amount"]) == (at, event["amount"])]
        (row,) = rows
        # A customer has paid before a renewal, even if no earlier payment is known.
        assert row["isNew"] == (at == paid[0] and not row["renewal"])


def _check_payments(picture: Picture) -> None:
    payments = picture.map["recentPayments"]
    _check_feed(payments, picture.instant)
    events = [event for event in picture.map["recentEvents"] if event["type"] == "payment"]
    oldest = min((event["timestamp"] for event in picture.map["recentEvents"]), default="")
    told = len(picture.map["recentEvents"]) < 100
    expected = [(p["timestamp"], p["amount"]) for p in payments if told or p["timestamp"] > oldest]
    # A full feed may lack the older payments, but not the newer ones.
    assert [(event["timestamp"], event["amount"]) for event in events][: len(expected)] == expected
    assert not [p for p in payments if p["renewal"] and p["isNew"]]


def _check_feed(rows: list[Json], instant: int) -> None:
    times = [_ms(row["timestamp"]) for row in rows]
    assert times == sorted(times, reverse=True)
    assert all(instant - WINDOW < time <= instant for time in times)
    assert len(rows) <= 100


def _check_predictions(picture: Picture) -> None:
    told = picture.map["hasConversionPredictions"]
    assert ("conversionMetrics" in picture.map) == told
    for visitor in picture.map["visitors"]:
        likelihood = visitor.get("conversionLikelihood")
        assert (likelihood is not None) == told
        if likelihood is not None and visitor.get("isCustomer"):
            assert likelihood["score"] == 100
        elif likelihood is not None and "isCustomer" in visitor:
            assert likelihood["score"] <= 99


def _check_visitor(visitor: Json, picture: Picture) -> None:
    shown = visitor["profileData"]
    assert shown["hasProfile"] == (shown["userId"] is not None) == (shown["displayName"] is not None)
    assert shown["isRandomName"] == (not shown["hasProfile"])
    if "isCustomer" in visitor:
        assert visitor["isCustomer"] == (visitor["customerName"] is not None)
        assert visitor["isCustomer"] == (visitor["customerEmail"] is not None)
        assert _ms(visitor["sessionStartTime"]) <= picture.instant


def _check_agreement(visitor: Json, profile: Json, picture: Picture) -> None:
    identity, activity = profile["identity"], profile["activity"]
    assert visitor["location"] == {name: identity[name] for name in ("city", "region", "countryCode")}
    names = {"browser": "name", "os": "name", "device": "type"}
    system = {part: identity[part][name] for part, name in names.items()}
    shown = {
        part: value[names[part]] if isinstance(value, dict) else value
        for part, value in visitor["system"].items()
    }
    assert shown == system
    assert visitor["profileData"]["hasProfile"] == (profile["profile"] is not None)
    if visitor["currentUrl"] is not None:
        assert activity["currentUrl"].endswith(visitor["currentUrl"])
    latest = _ms(activity["visitedPages"][-1]["timestamp"])
    assert picture.instant - WINDOW < latest <= picture.instant
    likelihood, prediction = visitor.get("conversionLikelihood"), profile["prediction"]
    if prediction is not None:
        assert all(likelihood[member] == prediction[member] for member in ("score", "confidence"))
    if "visitCount" in visitor:
        assert visitor["visitCount"] == activity["visitCount"]
        assert _ms(visitor["sessionStartTime"]) == picture.instant - activity["timeSinceCurrentVisit"]
        assert visitor["isCustomer"] == bool(_payment_goals(profile))
        assert visitor["isCustomer"] <= (prediction is None)


def _check_profile(visitor_id: str, profile: Json, picture: Picture) -> None:
    activity = profile["activity"]
    assert profile["visitorId"] == visitor_id
    assert activity["pageViewCount"] == len(activity["visitedPages"]) >= activity["visitCount"] >= 1
    times = [page["timestamp"] for page in activity["visitedPages"]]
    assert times == sorted(times)
    first, last = (picture.instant - activity[f"timeSince{visit}Visit"] for visit in ("First", "Current"))
    assert first <= last <= picture.instant
    assert _ms(times[0]) == first
    assert _ms(times[-1]) >= last
    if activity["firstVisitAt"] is not None:
        assert (_ms(activity["firstVisitAt"]), _ms(activity["lastVisitAt"])) == (first, last)
        assert activity["currentUrl"] == activity["visitedPages"][-1]["url"]
    goals = [goal["timestamp"] for goal in activity["completedGoals"]]
    assert goals == sorted(goals)
    assert all(first <= _ms(goal) <= picture.instant for goal in goals)
    if profile["profile"] is not None:
        assert first <= _ms(profile["profile"]["identifiedAt"]) <= picture.instant
    manual = [goal for goal in activity["completedGoals"] if goal["origin"] == "manual"]
    if "completedCustomGoals" in activity:
        custom = [(goal["name"], goal["timestamp"]) for goal in activity["completedCustomGoals"]]
        assert custom == [(goal["name"], goal["timestamp"]) for goal in manual]


def _payment_goals(profile: Json) -> list[Json]:
    return [goal for goal in profile["activity"]["completedGoals"] if goal["origin"] == "payment_provider"]


def _ms(timestamp: str) -> int:
    """Returns a timestamp in ms since the epoch; the API writes only one form."""
    moment = datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _assert_unique(values: Iterable[str]) -> None:
    listed = list(values)
    assert len(set(listed)) == len(listed)


def data_of(body: bytes) -> Json:
    """Returns the `data` of a successful answer."""
    answer = json.loads(body)
    assert answer["status"] == "success"
    return answer["data"]
