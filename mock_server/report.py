"""A website's past in a terminal: the figures of a period, and the first rows of its breakdowns."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from mock_server.errors import ApiError, InputError
from mock_server.options import DEFAULT_REVISION
from mock_server.resources.call import Call
from mock_server.resources.registry import VIEWS
from mock_server.world.past.kept import KeptPasts
from mock_server.world.reports.period import MOST_BUCKETS
from mock_server.world.site import Site
from mock_server.world.world import World

# The parameters of the operations, and the options that are sent as these.
_OPTIONS = {"startAt": "--from", "endAt": "--to", "timezone": "--timezone"}
_ROWS = 8
_MOST_BARS = 32
_LONGEST_BAR = 24
_LONGEST_NAME = 40
_COLUMNS = ("visitors", "revenue", "payments")
_TABLES = {
    "Pages": "getPages",
    "Referrers": "getReferrers",
    "Countries": "getCountries",
    "Devices": "getDevices",
    "Browsers": "getBrowsers",
    "Operating systems": "getOperatingSystems",
    "Campaigns": "getCampaigns",
    "Goals": "getGoals",
}


class Question(NamedTuple):
    """The period of a report, as in the API's parameters.

    Dates of None mean the whole past; a time zone of None means the website's.
    """

    begin: str | None
    end: str | None
    timezone: str | None


def report(site: Site, seed: int, instant: int, question: Question) -> Iterator[str]:
    """Yields the lines of a report on a website at an instant, in ms. Raises InputError for invalid dates."""
    source = _Source(World(seed, site), instant, question)
    figures = source.ask("getOverview", fields=_OVERVIEW)["data"][0]
    yield f"{site.domain}  ·  {_period_of(question)}  ·  {question.timezone or site.timezone}"
    yield ""
    yield from _figures(figures)
    yield ""
    yield from _curve(source)
    for title, operation in _TABLES.items():
        answer = source.ask(operation, limit=_ROWS, offset=0)
        if answer["data"]:
            yield ""
            yield from _table(title, answer["data"], answer["pagination"]["total"])


_OVERVIEW = (
    *("visitors", "sessions", "bounce_rate", "avg_session_duration", "currency", "revenue", "payments"),
    *("revenue_per_visitor", "conversion_rate", "pageviews", "new_visitors", "returning_visitors"),
)


class _Source:
    """The reports of one world at one instant, all for the same period."""

    def __init__(self, world: World, instant: int, question: Question) -> None:
        self._world = world
        self._instant = instant
        self._pasts = KeptPasts()
        sent = {"startAt": question.begin, "endAt": question.end, "timezone": question.timezone}
        self._query = {name: value for name, value in sent.items() if value is not None}

    @property
    def has_period(self) -> bool:
        """Whether the question has dates."""
        return "startAt" in self._query

    def curve(self, interval: str) -> Any:
        """Returns the answer with the time series of the visitors, or None for too long a period.

        Without dates, it has the API's default period for the interval.
        """
        try:
            return self.ask(
                "getTimeseries", fields=("visitors",), interval=interval, limit=MOST_BUCKETS, offset=0
            )
        except InputError:
            # Other reports on the same period were answered, so there are too many buckets.
            return None

    def ask(self, operation: str, **query: Any) -> Any:
        """Returns the answer of an operation as plain values. Raises InputError."""
        call = Call(
            self._world, self._instant, DEFAULT_REVISION, {}, {**self._query, **query}, pasts=self._pasts
        )
        try:
            return msgspec.json.decode(VIEWS[operation](call).body)
        except ApiError as error:
            raise _in_options(error.message) from None


def _in_options(message: str) -> InputError:
    """Returns the error of an operation as one about the options of the command."""
    told = message.removeprefix("Invalid query: ").removesuffix(".")
    # What to write in a URL is no help here.
    told = told.partition("; in a URL")[0]
    for parameter, option in _OPTIONS.items():
        told = re.sub(rf"\b{parameter}\b", option, told)
    place, is_named, problem = told.partition(": ")
    return InputError(place, problem) if is_named else InputError("--from, --to", told)


def _period_of(question: Question) -> str:
    return f"{question.begin} to {question.end}" if question.begin and question.end else "all time"


def _figures(row: Mapping[str, Any]) -> Iterator[str]:
    """Yields lines with the figures of the overview, in two columns."""
    seconds = round(row["avg_session_duration"] / 1_000)
    money = row["currency"] or ""
    shown = [
        ("visitors", f"{row['visitors']:,}"),
        ("sessions", f"{row['sessions']:,}"),
        ("new visitors", f"{row['new_visitors']:,}"),
        ("page views", f"{row['pageviews']:,}"),
        ("bounce rate", f"{row['bounce_rate']} %"),
        ("session length", f"{seconds // 60} min {seconds % 60} s"),
    ]
    if row["currency"]:
        shown += [
            ("revenue", f"{money}{row['revenue']:,}"),
            ("payments", f"{row['payments']:,}"),
            ("revenue per visitor", f"{money}{row['revenue_per_visitor']:,}"),
            ("conversion rate", f"{row['conversion_rate']} %"),
        ]
    for left, right in zip(shown[::2], shown[1::2], strict=True):
        yield "".join(f"  {name:<20}{value:>16}   " for name, value in (left, right)).rstrip()


def _curve(source: _Source) -> Iterator[str]:
    """Yields a bar for each hour, day or month of a period.

    A long period has bars for its latest months only; one of thousands of years has none.
    """
    answer = source.curve("day" if source.has_period else "month")
    if answer is None or len(answer["data"]) > _MOST_BARS:
        answer = source.curve("month")
    if answer is None:
        yield "Visitors by month: the period is too long to show them"
        return
    buckets = answer["data"][-_MOST_BARS:]
    most = max((bucket["visitors"] for bucket in buckets), default=0)
    is_cut = not source.has_period or len(answer["data"]) > len(buckets)
    yield f"Visitors by {answer['interval']}" + (f", the last {len(buckets)}" if is_cut else "")
    for bucket in buckets:
        bar = "▇" * round(_LONGEST_BAR * bucket["visitors"] / most) if most else ""
        name = bucket["timestamp"][:7] if answer["interval"] == "month" else bucket["name"]
        yield f"  {name:<8}{bucket['visitors']:>10,}  {bar}".rstrip()


def _table(title: str, rows: Sequence[Mapping[str, Any]], total: int) -> Iterator[str]:
    """Yields the rows of a breakdown under its title."""
    columns = [name for name in (*_COLUMNS, "completions") if name in rows[0]]
    if not any(row.get("revenue") for row in rows):
        columns = [name for name in columns if name not in ("revenue", "payments")]
    heads = "".join(f"  {name:>12}" for name in columns)
    yield f"{title:<{_LONGEST_NAME + 2}}{heads}"
    for row in rows:
        cells = "".join(f"  {row[name]:>12,}" for name in columns)
        yield f"  {_name_of(row)[:_LONGEST_NAME]:<{_LONGEST_NAME}}{cells}"
    if total > len(rows):
        yield f"  … and {total - len(rows):,} more"


def _name_of(row: Mapping[str, Any]) -> str:
    """Returns the name of a row: its first text, or the parts of a campaign."""
    if "campaign" in row:
        return " · ".join(value for value in row["campaign"].values() if value)
    return str(row.get("path") or next(value for value in row.values() if isinstance(value, str)))
