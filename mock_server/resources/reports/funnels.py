"""The results of a funnel: the visitors who reached each step, `GET /analytics/funnels/{funnelId}`."""

from typing import Any

from mock_server.errors import FUNNEL_NOT_FOUND, ApiError
from mock_server.resources.call import Call, Reply
from mock_server.resources.reports.question import filters, period, selected
from mock_server.resources.reports.rows import success
from mock_server.state.funnels import Funnel
from mock_server.world.reports import funnels as figures
from mock_server.world.reports.funnels import Reached


def funnel_results(call: Call) -> Reply:
    """Returns one row: `{"funnelId", "name", "steps": [{"id", "visitors", …}], "conversionRate", "revenue"}`.

    Rates are shares of the visitors of the first step. Raises ApiError 400 for dates, a time zone or a filter
    that cannot be read, and 404 for a funnel that the website does not have, or that is not active.
    """
    stretch, matching = period(call), filters(call)
    funnel = _funnel_of(call)
    facts, chosen, _ = selected(call, stretch, matching)
    steps = [figures.Step(() if step.url is None else (step.url,), step.goal_name) for step in funnel.steps]
    reached = figures.funnel(facts, chosen, steps)
    row = {
        "funnelId": funnel.id,
        "name": funnel.name,
        "steps": _steps_of(funnel, reached),
        "conversionRate": _rate(reached[-1], reached[0]),
        "revenue": reached[-1].revenue,
    }
    return success(data=[row])


def _funnel_of(call: Call) -> Funnel:
    """Returns the funnel that a request names. Raises ApiError 404."""
    assert call.account is not None, "the report is not shared by accounts"
    wanted = call.path["funnelId"].lower()
    for funnel in call.account.funnels.get(call.world.site.website_id, ()):
        if funnel.id == wanted and funnel.is_active:
            return funnel
    raise ApiError(FUNNEL_NOT_FOUND, funnel_id=wanted)


def _steps_of(funnel: Funnel, reached: list[Reached]) -> list[dict[str, Any]]:
    before = [reached[0], *reached]
    return [
        {
            "id": step.id,
            "name": step.name,
            "type": step.type,
            **({"url": step.url} if step.type == "pageview" else {"goalName": step.goal_name}),
            "visitors": here.visitors,
            "conversionRate": _rate(here, reached[0]),
            "dropOff": earlier.visitors - here.visitors,
            "revenue": here.revenue,
        }
        for step, here, earlier in zip(funnel.steps, reached, before, strict=False)
    ]


def _rate(step: Reached, first: Reached) -> float:
    """Returns the share of the first step's visitors who reached a step, to four decimals; 0 for nobody."""
    return round(step.visitors / first.visitors, 4) if first.visitors else 0
