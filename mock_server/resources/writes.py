"""The parts that several operations that write share: ids, the account's log, and the filters of removals."""

from typing import NamedTuple

from mock_server.errors import INVALID_PERIOD, ApiError
from mock_server.instants import iso_of
from mock_server.resources.call import Call
from mock_server.state.log import Log
from mock_server.world.facts import Fact
from mock_server.world.reports.period import PeriodError, period_of, zone_of


class Filters(NamedTuple):
    """The filters that removals of goals and of payments share, as in facts.Removal."""

    visitor_id: str | None
    begin: int | None
    end: int | None

    def told(self) -> dict[str, object]:
        """Returns the members of the answer that repeat the filters which were given."""
        told: dict[str, object] = {}
        if self.visitor_id is not None:
            told["datafast_visitor_id"] = self.visitor_id
        if self.begin is not None and self.end is not None:
            told["timeRange"] = {"start": iso_of(self.begin), "end": iso_of(self.end)}
        return told


def filters_of(call: Call) -> Filters:
    """Returns the visitor and the period of a removal. Raises ApiError 400 for half a period."""
    visitor_id = call.query.get("datafast_visitor_id")
    try:
        zone = zone_of(call.world.site.timezone)
        period = period_of(call.query.get("startAt"), call.query.get("endAt"), zone)
    except PeriodError as error:
        raise ApiError(INVALID_PERIOD, problem=error) from None
    begin, end = (None, None) if period is None else (period.begin, period.end - 1)
    return Filters(visitor_id and visitor_id.lower(), begin, end)


def log_of(call: Call) -> Log:
    """Returns the log of the account that writes."""
    assert call.account is not None, "an operation that writes has an account"
    return call.account.log


def write(call: Call, fact: Fact) -> None:
    """Adds a fact about the website to the account's log."""
    log_of(call).append(call.world.site.website_id, fact, call.request)


def object_id(call: Call) -> str:
    """Returns the id of what is written next: 24 hexadecimal digits, the first eight the Unix second."""
    return call.world.written_id(call.instant, log_of(call).version)
