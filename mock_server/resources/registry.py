"""The table of resource functions by the operation that they answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mock_server.resources.call import Call, Reply
from mock_server.resources.goals import create_goal, delete_goals
from mock_server.resources.identify import identify_visitor
from mock_server.resources.metadata import metadata
from mock_server.resources.payments import create_payment, delete_payments
from mock_server.resources.realtime import realtime
from mock_server.resources.realtime_map import realtime_map
from mock_server.resources.visitors import visitor

View = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Report:
    """A resource function that reads a website's past.

    The first report of a process imports numpy and computes the past, so reports are made in a thread.
    """

    operation_id: str
    is_of_account: bool = False
    """Whether the report depends on other parts of the account than its websites, such as funnels."""

    def __call__(self, call: Call) -> Reply:
        """Returns the report. Raises ApiError."""
        # The import is here, because importing numpy takes a third of a server's start.
        from mock_server.resources.reports.table import REPORTS  # noqa: PLC0415

        return REPORTS[self.operation_id](call)


_REPORTS = (
    *("getOverview", "getTimeseries", "getGoals", "getGoalProperties", "getExitClicks", "listVisitors"),
    *("getDevices", "getPages", "getCampaigns", "getReferrers", "getCountries", "getRegions", "getCities"),
    *("getBrowsers", "getOperatingSystems", "getHostnames"),
)

VIEWS: Mapping[str, View] = {
    "getRealtime": realtime,
    "getRealtimeMap": realtime_map,
    "getVisitor": visitor,
    "getMetadata": metadata,
    **{name: Report(name) for name in _REPORTS},
    "getFunnelResults": Report("getFunnelResults", is_of_account=True),
    "createGoal": create_goal,
    "deleteGoals": delete_goals,
    "createPayment": create_payment,
    "deletePayments": delete_payments,
    "identifyVisitor": identify_visitor,
}
