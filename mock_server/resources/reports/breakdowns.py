"""The visitors, revenue and payments of a period by a dimension, such as `GET /analytics/devices`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from mock_server.resources.call import Call, Reply
from mock_server.resources.reports.question import asked
from mock_server.resources.reports.rows import Row, paged
from mock_server.world.reports.breakdown import breakdown as rows_by
from mock_server.world.reports.dimensions import CAMPAIGN_NAMES
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.parts import parts_of

_FIGURES = ("visitors", "revenue", "payments")
_FLAG = "https://purecatamphetamine.github.io/country-flag-icons/3x2/{code}.svg"

Naming = Callable[[Sequence[Facts]], Callable[[str], Row]]
"""A function that takes the facts of all parts of a past, and returns another function.

The other function takes a value of the dimension and returns the members that name it in a row.
"""


class Breakdown(NamedTuple):
    """A dimension of visits, and the form of its values in the answer."""

    dimension: str
    columns: Sequence[str]
    """The members of a row before the figures."""
    naming: Naming


def breakdown(kind: Breakdown, call: Call) -> Reply:
    """Returns a row for each value that occurs, most visitors first.

    A row is such as `{"device": "desktop", "visitors": 7892, "revenue": 18234, "payments": 91}`. Raises
    ApiError 400 for dates, a time zone or a filter that cannot be read.
    """
    facts, chosen, _ = asked(call)
    name_of = kind.naming([part.facts for part in parts_of(facts, chosen)])
    rows = [{**row, **name_of(row["value"])} for row in rows_by(facts, chosen, kind.dimension)]
    return paged(call, rows, call.query.get("fields", (*kind.columns, *_FIGURES)))


def _plain(dimension: str, column: str | None = None) -> Breakdown:
    """Makes a breakdown with the dimension's value in `column`, which has the dimension's name by default."""
    member = column or dimension
    return Breakdown(dimension, [member], lambda _: lambda value: {member: value})


def _countries(parts: Sequence[Facts]) -> Callable[[str], Row]:
    dimensions = [facts.dimensions["country"] for facts in parts]
    codes = {
        name: code
        for dimension in dimensions
        for name, (code, *_) in zip(dimension.values, dimension.aliases, strict=True)
    }

    def name_of(country: str) -> dict[str, Any]:
        code = codes[country]
        return {"country": country, "image": _FLAG.format(code=code) if code else None}

    return name_of


def _page(address: str) -> Row:
    path, _, hostname = address.rpartition(" ")
    return {"hostname": hostname, "path": path}


BREAKDOWNS: Mapping[str, Breakdown] = {
    "getDevices": _plain("device"),
    "getPages": Breakdown("address", ["hostname", "path"], lambda _: _page),
    "getReferrers": _plain("referrer"),
    "getCountries": Breakdown("country", ["country", "image"], _countries),
    "getRegions": _plain("region"),
    "getCities": _plain("city"),
    "getBrowsers": _plain("browser"),
    "getOperatingSystems": _plain("os", "operating_system"),
    "getHostnames": _plain("hostname"),
}
"""The breakdowns by their operations, except for campaigns, whose values have eight names each."""


def campaigns(call: Call) -> Reply:
    """Returns a row for each campaign, most visitors first.

    A row is such as `{"campaign": {"utm_source": "google", …}, "visitors": 9, …}`; a name without a value is
    an empty text. If only some of the names are requested, campaigns that differ only in other names share a
    row. Raises ApiError 400 as other breakdowns do.
    """
    facts, chosen, _ = asked(call)
    fields = call.query.get("fields", (*CAMPAIGN_NAMES, *_FIGURES))
    names = [name for name in CAMPAIGN_NAMES if name in fields]
    sums: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows_by(facts, chosen, "campaign"):
        campaign = dict(parse_qsl(row["value"], keep_blank_values=True))
        values = tuple(campaign[name] for name in names)
        total = sums.setdefault(values, {"campaign": dict(zip(names, values, strict=True))})
        for figure in _FIGURES:
            total[figure] = total.get(figure, 0) + row[figure]
    rows = sorted(sums.values(), key=lambda row: (-row["visitors"], *row["campaign"].values()))
    columns = [*(["campaign"] if names else []), *(name for name in fields if name in _FIGURES)]
    return paged(call, rows, columns)
