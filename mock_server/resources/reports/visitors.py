"""The visitors of a period one by one, `GET /visitors`."""

from typing import Any

from mock_server.errors import CUSTOMERS_WITH_GOAL, TOO_MANY_VALUES, ApiError
from mock_server.instants import iso_of
from mock_server.resources.call import Call, Reply
from mock_server.resources.params import params_of
from mock_server.resources.reports.question import period, selected
from mock_server.resources.reports.rows import success
from mock_server.world.reports.dimensions import referrer_of
from mock_server.world.reports.filters import CONTAINS, IS, Filter, values_of
from mock_server.world.reports.visitors import Listed
from mock_server.world.reports.visitors import visitors as listed
from mock_server.world.world import World

_MOST_VALUES = 50
_PLAIN = (
    *("country", "region", "city", "browser", "os", "device", "referrer", "hostname"),
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "ref", "source", "via"),
)
_PAGES = {"visitedPage": IS, "visitedPageContains": CONTAINS}


def visitors(call: Call) -> Reply:
    """Returns a page of the visitors of a period, last seen first.

    `{"status", "data": [{"visitorId", "lastSeenAt", "currentUrl", "identity", "acquisition"}], "pagination":
    {"limit", "offset", "hasMore"}}`. With `completedGoal`, the visitors are those who reached the goal, and
    `lastSeenAt` is when they did. Raises ApiError 400 for dates or a time zone that cannot be read, for more
    than 50 values of a filter, and for `completedGoal` together with `isCustomer`.
    """
    goal, is_customer = call.query.get("completedGoal"), call.query.get("isCustomer")
    if goal is not None and is_customer is not None:
        raise ApiError(CUSTOMERS_WITH_GOAL)
    facts, chosen, _ = selected(call, period(call), _filters(call))
    offset, limit = call.query["offset"], call.query["limit"]
    found, total = listed(facts, chosen, offset, limit, goal=goal, is_customer=is_customer)
    return success(
        data=[_row(call.world, one, chosen.end - 1) for one in found],
        pagination={"limit": limit, "offset": offset, "hasMore": offset + len(found) < total},
    )


def _filters(call: Call) -> list[Filter]:
    """Returns the filters of the list, which have no operators. Raises ApiError 400."""
    texts = [(name, name, IS) for name in _PLAIN] + [(name, "page", op) for name, op in _PAGES.items()]
    filters = []
    for name, dimension, operator in texts:
        if name in call.query:
            values = values_of(call.query[name])
            if len(values) > _MOST_VALUES:
                raise ApiError(TOO_MANY_VALUES, name=name, most=_MOST_VALUES)
            filters.append(Filter(dimension, operator, values))
    return filters


def _row(world: World, one: Listed, until: int) -> dict[str, Any]:
    session = world.session(one.visitor, one.start)
    place, device = session.persona.place, session.persona.device
    page = session.walk.pages[session.views_until(until) - 1]
    is_withheld = session.persona.is_withheld
    first = session.first_source
    return {
        "visitorId": session.visitor_id,
        "lastSeenAt": iso_of(one.last_seen_at),
        "currentUrl": None if is_withheld else session.address_of(page),
        "identity": {
            "country": place.country_code,
            "region": place.region.partition("-")[2] if place.region else None,
            "city": place.city,
            "browser": device.browser,
            "os": device.os,
            "device": device.type,
        },
        "acquisition": {"referrer": referrer_of(first), **params_of(first)},
    }
