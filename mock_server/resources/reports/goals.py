"""Completed goals and clicks on links that lead away, `GET /analytics/goals` and `/analytics/exit-clicks`."""

from mock_server.resources.call import Call, Reply
from mock_server.resources.reports.question import asked
from mock_server.resources.reports.rows import paged
from mock_server.world.reports import goals as figures


def goals(call: Call) -> Reply:
    """Returns a row for each custom goal, most completions first.

    A row is such as `{"goal": "signup", "completions": 482, "visitors": 391}`; the column `goal` is asked for
    as `name`. Raises ApiError 400 for dates, a time zone or a filter that cannot be read.
    """
    facts, chosen, _ = asked(call)
    fields = call.query.get("fields", ("name", "completions", "visitors"))
    columns = ["goal" if name == "name" else name for name in fields]
    return paged(call, figures.goals(facts, chosen), columns)


def exit_clicks(call: Call) -> Reply:
    """Returns a row for each link, most visitors first.

    A row is such as `{"url": "https://example.org/?a=1", "visitors": 12, "clicks": 15}`. Raises ApiError 400
    for dates, a time zone or a filter that cannot be read.
    """
    facts, chosen, _ = asked(call)
    return paged(
        call, figures.exit_clicks(facts, chosen), call.query.get("fields", ("url", "visitors", "clicks"))
    )
