"""A visitor's profile, `GET /visitors/{visitorId}` (page 004)."""

from typing import Any

import msgspec

from mock_server.contract.document import REVISION_2026_02
from mock_server.instants import iso_of
from mock_server.resources.call import Call, Reply
from mock_server.resources.lives import life_of
from mock_server.resources.params import params_of
from mock_server.world.facts import Profile
from mock_server.world.life import MANUAL, Life, ReachedGoal
from mock_server.world.world import World

_encode = msgspec.json.Encoder().encode


def visitor(call: Call) -> Reply:
    """Returns a visitor's profile: `{"status", "data": {"visitorId", "identity", "activity", …}}`.

    Raises ApiError: 404 for a visitor without page views at that instant, 400 for a bot.
    """
    life = life_of(call, call.path["visitorId"])
    data = {
        "visitorId": life.visitor_id,
        "identity": _identity(call.world, life),
        "activity": _activity(life, call.revision),
        "profile": _profile(life.profile),
        "prediction": _prediction(call.world, life),
    }
    return Reply(_encode({"status": "success", "data": data}))


def _identity(world: World, life: Life) -> dict[str, Any]:
    place, device = life.persona.place, life.persona.device
    first = life.sessions[0].source
    return {
        "country": place.country,
        "countryCode": place.country_code,
        "region": place.region,
        "city": place.city,
        "params": params_of(first),
        "adClickIds": {first.ad_click_id: world.click_id(life)} if first.ad_click_id else {},
        "browser": {"name": device.browser, "version": device.browser_version},
        "os": {"name": device.os, "version": device.os_version},
        "device": {"type": device.type, "vendor": device.vendor, "model": device.model},
        "viewport": {"width": device.width, "height": device.height},
    }


def _activity(life: Life, revision: str) -> dict[str, Any]:
    is_withheld = life.persona.is_withheld
    first, last = life.sessions[0].start, life.sessions[-1].start
    pages = [
        {"url": session.address_of(page), "timestamp": iso_of(at)}
        for session in life.sessions
        for at, page in zip(session.walk.views, session.walk.pages, strict=True)
        if at <= life.instant
    ]
    activity = {
        "visitCount": len(life.sessions),
        "pageViewCount": len(pages),
        "timeSinceFirstVisit": life.instant - first,
        "timeSinceCurrentVisit": life.instant - last,
        "firstVisitAt": None if is_withheld else iso_of(first),
        "lastVisitAt": None if is_withheld else iso_of(last),
        "currentUrl": None if is_withheld else pages[-1]["url"],
        "completedGoals": _completed_goals(life),
        "visitedPages": pages,
    }
    if revision == REVISION_2026_02:
        activity["completedCustomGoals"] = [
            _custom_goal(goal) for goal in life.goals if goal.origin == MANUAL
        ]
    return activity


def _completed_goals(life: Life) -> list[dict[str, str]]:
    return [
        {"name": goal.name, "origin": goal.origin, "type": goal.type, "timestamp": iso_of(goal.at)}
        for goal in life.goals
    ]


def _custom_goal(goal: ReachedGoal) -> dict[str, Any]:
    """Returns a goal in the older form, which `completedCustomGoals` has."""
    return {
        "name": goal.name,
        "description": goal.description,
        "isServer": goal.is_server,
        "timestamp": iso_of(goal.at),
    }


def _profile(profile: Profile | None) -> dict[str, Any] | None:
    """Returns the identity that was sent for a visitor, or None if the visitor was never identified."""
    if profile is None:
        return None
    return {
        "userId": profile.user_id,
        "metadata": profile.metadata,
        "identifiedAt": iso_of(profile.identified_at),
    }


def _prediction(world: World, life: Life) -> dict[str, Any] | None:
    """Returns the prediction in US dollars; None for a customer, and if the site has no conversion model."""
    likelihood = world.likelihood(life.sessions[0])
    money = world.site.money
    if life.payments or likelihood is None or money is None:
        return None
    return {
        "score": likelihood.score,
        "conversionRate": likelihood.conversion_rate,
        "expectedValue": round(likelihood.expected_value * money.usd_rate, 3),
        "confidence": likelihood.confidence,
    }
