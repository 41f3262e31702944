"""The table of report functions by the operation that they answer."""

from collections.abc import Callable, Mapping
from functools import partial

from mock_server.resources.call import Call, Reply
from mock_server.resources.reports.breakdowns import BREAKDOWNS, breakdown, campaigns
from mock_server.resources.reports.funnels import funnel_results
from mock_server.resources.reports.goals import exit_clicks, goal_properties, goals
from mock_server.resources.reports.overview import overview
from mock_server.resources.reports.timeseries import timeseries
from mock_server.resources.reports.visitors import visitors

REPORTS: Mapping[str, Callable[[Call], Reply]] = {
    "getOverview": overview,
    "getTimeseries": timeseries,
    "getGoals": goals,
    "getGoalProperties": goal_properties,
    "getFunnelResults": funnel_results,
    "getExitClicks": exit_clicks,
    "listVisitors": visitors,
    "getCampaigns": campaigns,
    **{name: partial(breakdown, kind) for name, kind in BREAKDOWNS.items()},
}
