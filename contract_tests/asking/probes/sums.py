"""Probes of reports: of an hour, of one date, with opposite filters, and the current list of visitors.

Most sums are compared with reports of a finished week, which the access probes request.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from contract_tests.asking import labels
from contract_tests.asking.probes.probe import SUCCESSES, Asker, Series
from contract_tests.asking.rules import MAIN
from contract_tests.operations import GOALS, METADATA, OVERVIEW, TIMESERIES, VISITORS

_MOST_LISTED = "250"

_SELECTED = ("SEL-0[1-3]", "SEL-0[89]", "SEL-10", "SEL-1[78]")
_ROWS = ("SUM-0[56]", "SUM-14", *_SELECTED)
_PARTITION = ("SUM-0[5-7]", "SUM-14", *_SELECTED)
SUMS_OF: Mapping[str, tuple[str, ...]] = {
    OVERVIEW: ("SUM-0[1589]", "SUM-0[67]", "SUM-1[023]", "SUM-25", "SEL-0[1-4]", "SEL-08", "SEL-12"),
    TIMESERIES: ("SUM-0[1-4]", "SUM-11", "SUM-15", "SUM-2[34]", "SEL-0[5-9]", "SEL-12", "SEL-19", "SEL-20"),
    METADATA: ("SEL-0[568]", "SEL-12"),
    "getDevices": (*_PARTITION, "SUM-15"),
    **dict.fromkeys(("getCountries", "getBrowsers", "getOperatingSystems"), _PARTITION),
    **dict.fromkeys(("getPages", "getCampaigns", "getReferrers", "getRegions", "getCities"), _ROWS),
    "getHostnames": _ROWS,
    GOALS: ("SUM-15", "SUM-16", *_SELECTED),
    "getExitClicks": ("SUM-16", "SEL-0[89]", "SEL-10"),
    VISITORS: ("SUM-17", "SEL-03", "SEL-09", "SEL-1[017]"),
}
"""Patterns of the clauses that a usual correct request makes observable, by operation."""


def _hour(asker: Asker) -> None:
    """Requests the overview and the visitors of one hour, because these visitors fit into one answer."""
    hour = {name: f"{asker.period['endAt']}T{time}" for name, time in _HOUR.items()}
    ask_if_there(asker, OVERVIEW, hour)
    for chosen in ({}, {"isCustomer": "false"}, {"isCustomer": "true"}):
        ask_if_there(asker, VISITORS, {**hour, "limit": _MOST_LISTED, **chosen})


# The hour does not begin at midnight, because some servers read midnight as a date.
_HOUR = {"startAt": "03:00:00Z", "endAt": "03:59:59Z"}


def _filtered(asker: Asker) -> None:
    for condition in ("is", "is_not"):
        ask_if_there(asker, OVERVIEW, {"filter_device": f"{condition}:desktop"})


def _one_date(asker: Asker) -> None:
    day = asker.period["endAt"]
    fields = "name,visitors,sessions,revenue,payments"
    ask_if_there(asker, TIMESERIES, {"fields": fields, "interval": "day", "startAt": day, "endAt": day})


def _present(asker: Asker) -> None:
    # The run's usual period ends two days before today.
    last = date.fromisoformat(asker.period["endAt"])
    yesterday, today = (str(last + timedelta(days=days)) for days in (1, 2))
    values = {"startAt": yesterday, "endAt": today, "timezone": "UTC", "limit": _MOST_LISTED}
    ask_if_there(asker, VISITORS, values, labels.PRESENT)


def ask_if_there(asker: Asker, operation: str, values: Mapping[str, str], *found: str) -> None:
    """Requests an operation, unless the server has refused all earlier requests for the operation."""
    asked = [e for e in asker.exchanges if e.operation == operation and not e.labels & labels.REFUSED]
    if not asked or any(e.is_success for e in asked):
        asker.ask(operation, *found, values=values)


def _series(serves: tuple[str, ...], most: int, run: Callable[[Asker], None]) -> Series:
    return Series((*serves, *SUCCESSES), most, MAIN, run)


PROBES = (
    _series(("SUM-08", "SUM-09", "SUM-10", "SUM-1[789]", "SUM-25"), 4, _hour),
    _series(("SUM-1[23]",), 2, _filtered),
    _series(("SUM-11", "SUM-0[234]", "SUM-2[234]"), 1, _one_date),
)

PRESENT = _series(("SUM-2[01]",), 1, _present)
"""The visitors' list that is compared with the latest map.

It is sent before any map of another website is requested.
"""
