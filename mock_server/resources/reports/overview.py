"""The figures of a period, `GET /analytics/overview`."""

from mock_server.resources.call import Call, Reply
from mock_server.resources.reports.question import asked
from mock_server.resources.reports.rows import only, success
from mock_server.world.reports import overview as figures


def overview(call: Call) -> Reply:
    """Returns one row: `{"status": "success", "data": [{"visitors": 12450, "sessions": 16890, …}]}`.

    Raises ApiError 400 for dates, a time zone or a filter that cannot be read.
    """
    facts, chosen, _ = asked(call)
    row = figures.overview(facts, chosen)
    return success(data=[only(row, call.query.get("fields", figures.COLUMNS))])
