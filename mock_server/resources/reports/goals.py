"""Completed goals, their properties, and clicks on links to other websites.

They answer `GET /analytics/goals`, `/analytics/goals/properties` and `/analytics/exit-clicks`.
"""

from mock_server.resources.call import Call, Reply
from mock_server.resources.reports.question import asked, period, selected
from mock_server.resources.reports.rows import paged
from mock_server.world.reports import goals as figures
from mock_server.world.reports import properties


def goals(call: Call) -> Reply:
    """Returns a row for each custom goal, most completions first.

    A row is such as `{"goal": "signup", "completions": 482, "visitors": 391}`; in `fields`, the column `goal`
    is called `name`. Raises ApiError 400 for dates, a time zone or a filter that cannot be read.
    """
    facts, chosen, _ = asked(call)
    fields = call.query.get("fields", ("name", "completions", "visitors"))
    columns = ["goal" if name == "name" else name for name in fields]
    return paged(call, figures.goals(facts, chosen), columns)


def goal_properties(call: Call) -> Reply:
    """Returns a row for each property of the goal `eventName`, or for each value of its `propertyName`.

    A row is such as `{"propertyName": "plan", "completions": 300, "visitors": 260}`, or with `propertyName`
    such as `{"value": "free", "completions": 200, "visitors": 180}`, most completions first. Names that the
    website does not have give no rows. Raises ApiError 400 for dates or a time zone that cannot be read.
    """
    facts, chosen, _ = selected(call, period(call), [])
    goal, name = call.query["eventName"], call.query.get("propertyName")
    if name is None:
        rows = properties.properties(facts, chosen, goal)
        return paged(call, rows, ("propertyName", "completions", "visitors"))
    rows = properties.values(facts, chosen, goal, name)
    return paged(call, rows, ("value", "completions", "visitors"))


def exit_clicks(call: Call) -> Reply:
    """Returns a row for each link, most visitors first.

    A row is such as `{"url": "https://example.org/?a=1", "visitors": 12, "clicks": 15}`. Raises ApiError 400
    for dates, a time zone or a filter that cannot be read.
    """
    facts, chosen, _ = asked(call)
    return paged(
        call, figures.exit_clicks(facts, chosen), call.query.get("fields", ("url", "visitors", "clicks"))
    )
