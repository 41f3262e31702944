"""Probes of what reports select: filters by the values of breakdowns, dates in a time zone, and columns."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from contract_tests.asking import labels
from contract_tests.asking.probes.probe import REFUSALS, SUCCESSES, Asker, Series
from contract_tests.asking.probes.sums import ask_if_there
from contract_tests.asking.rules import MAIN
from contract_tests.exchange import Exchange, Json, is_figure
from contract_tests.operations import GOALS, OVERVIEW, TIMESERIES, VISITORS

FILTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "filter_country": ("getCountries", ("country",)),
    "filter_region": ("getRegions", ("region",)),
    "filter_city": ("getCities", ("city",)),
    "filter_device": ("getDevices", ("device",)),
    "filter_browser": ("getBrowsers", ("browser",)),
    "filter_os": ("getOperatingSystems", ("operating_system",)),
    "filter_referrer": ("getReferrers", ("referrer",)),
    "filter_page": ("getPages", ("path",)),
    "filter_hostname": ("getHostnames", ("hostname",)),
    "filter_goal": (GOALS, ("goal",)),
    "filter_utm_source": ("getCampaigns", ("campaign", "utm_source")),
}
"""The breakdown whose rows a filter selects, and the place of the filter's value in a row."""

LISTED = {"country": "country", "browser": "browser", "device": "device"}
"""The filters of the visitors' list, each with the member of a visitor's `identity` that it selects."""

ZONE = "Asia/Tokyo"
"""A time zone without summer time, whose days differ from those of most websites."""

NO_VALUES = frozenset({"Unknown", "(not set)"})
"""The names of rows without a value. No page says that a filter finds them."""

FIGURES = "name,visitors,sessions,revenue,payments"
# The filter by `Safari` selects `Mobile Safari`, too.
_UNUSUAL = frozenset({"Safari", "Direct/None"}) | NO_VALUES
_SPECIAL = frozenset(",:*")
_COUNTRY, _DEVICE, _DESKTOP = "filter_country", "filter_device", "is:desktop"
# The text before a filter's value. Without an operator, a filter means `is`.
_CONDITIONS = {_COUNTRY: "", "filter_page": "contains:"}
_FILTERED = labels.FILTERED


def value_of(row: Json, place: Sequence[str]) -> str | None:
    """Returns the value that a filter selects in a row of a breakdown; None if it is no text, or empty."""
    for name in place:
        row = row.get(name) if isinstance(row, dict) else None
    return row if isinstance(row, str) and row else None


def _filtered(asker: Asker) -> None:
    """Requests the overview with each filter except the one by device, which the probes of sums send.

    It is also requested for the desktops in two countries, and for the desktops in all other countries.
    """
    chosen = {name: list(_values(asker, name)) for name in FILTERS if name != _DEVICE}
    for name, values in chosen.items():
        for value in values[:1]:
            _ask(asker, {name: _CONDITIONS.get(name, "is:") + value})
    if len(countries := chosen[_COUNTRY][:2]) > 1:
        for condition in ("is", "is_not"):
            _ask(asker, {_COUNTRY: f"{condition}:{','.join(countries)}", _DEVICE: _DESKTOP})
    for visits in ("gte:2", "lte:1"):
        _ask(asker, {"filter_visit_count": visits, "fields": "visitors,sessions"})


def _ask(asker: Asker, filters: Mapping[str, str]) -> None:
    ask_if_there(asker, OVERVIEW, filters, _FILTERED)


def _values(asker: Asker, name: str) -> Iterator[str]:
    """Yields the values of a filter that select at most half of the visitors, most visitors first.

    A filter without any effect is then noticed.
    """
    operation, place = FILTERS[name]
    overview, rows = _answer(asker, OVERVIEW), _answer(asker, operation)
    if not overview or not rows:
        return
    found: dict[str, float] = {}
    for row in rows:
        value, visitors = value_of(row, place), _visitors(row)
        if value is not None and visitors is not None:
            found[value] = found.get(value, 0) + visitors
    most = (_visitors(overview[0]) or 0) / 2
    for value in sorted(found, key=lambda value: -found[value]):
        is_usual = value not in _UNUSUAL and _SPECIAL.isdisjoint(value) and len(value) <= 200
        if is_usual and value.strip() == value and 0 < found[value] <= most:
            yield value


def _visitors(row: Json) -> float | None:
    value = row.get("visitors") if isinstance(row, dict) else None
    return value if is_figure(value) else None


def _answer(asker: Asker, operation: str) -> list[Json]:
    """Returns the rows of the first usual answer about the run's period; empty if there is none."""
    usual = {labels.OK, labels.ACCOUNT}
    for exchange in asker.exchanges:
        if exchange.operation == operation and exchange.labels & usual and isinstance(exchange.data, list):
            return exchange.data
    return []


def _other_reports(asker: Asker) -> None:
    """Requests other reports with the filter that the probes of sums send with the overview."""
    for operation, values in ((TIMESERIES, {"fields": FIGURES, "interval": "day"}), ("getCountries", {})):
        ask_if_there(asker, operation, {**values, _DEVICE: _DESKTOP}, _FILTERED)


def _one_day(asker: Asker) -> None:
    """Requests one day of ZONE three times: as a date, as two instants, and as its hours."""
    day = asker.period["endAt"]
    named = {"startAt": day, "endAt": day, "timezone": ZONE}
    instants = {"startAt": f"{day}T00:00:00.000+09:00", "endAt": f"{day}T23:59:59.999+09:00"}
    ask_if_there(asker, OVERVIEW, named)
    ask_if_there(asker, OVERVIEW, {**instants, "timezone": ZONE})
    ask_if_there(asker, TIMESERIES, {**named, "fields": FIGURES, "interval": "hour"})


def _weeks(asker: Asker) -> None:
    last = date.fromisoformat(asker.period["endAt"])
    period = {"startAt": str(last - timedelta(days=34)), "endAt": str(last)}
    ask_if_there(asker, TIMESERIES, {**period, "fields": FIGURES, "interval": "week"})


def _listed(asker: Asker) -> None:
    """Requests the visitors' list with all filters of LISTED, by the values of the first listed visitor."""
    lists = (e for e in asker.exchanges if e.operation == VISITORS and isinstance(e.data, list))
    for identity in (found for exchange in lists if (found := _identity(exchange))):
        ask_if_there(asker, VISITORS, {name: identity[member] for name, member in LISTED.items()}, _FILTERED)
        return


def _identity(exchange: Exchange) -> dict[str, str]:
    """Returns the members that LISTED names of the first visitor who has all of them; empty if nobody has."""
    for row in exchange.data:
        found = {member: value_of(row, ("identity", member)) for member in LISTED.values()}
        known = {member: value for member, value in found.items() if value and _SPECIAL.isdisjoint(value)}
        if len(known) == len(found) and not _UNUSUAL & set(known.values()):
            return known
    return {}


def _refused(operation: str, label: str, clause: str, values: Mapping[str, str]) -> Series:
    """Returns a probe of a request that a server must refuse, if it has the operation at all."""

    def ask(asker: Asker) -> None:
        ask_if_there(asker, operation, values, label)

    return Series((clause, *REFUSALS), 1, MAIN, ask)


_DAY = "2026-01-20"

PROBES = (
    Series(("SEL-0[1-3]", "SEL-08", "SUM-1[23]", *SUCCESSES), 14, MAIN, _filtered),
    Series(("SEL-0[23]", "SUM-0[1-7]", *SUCCESSES), 2, MAIN, _other_reports),
    Series(("SEL-0[4-6]", "SUM-01", *SUCCESSES), 3, MAIN, _one_day),
    Series(("SEL-07", *SUCCESSES), 1, MAIN, _weeks),
    Series(("SEL-03", "SEL-11", *SUCCESSES), 1, MAIN, _listed),
    _refused(OVERVIEW, labels.ONE_DATE, "SEL-13", {"startAt": _DAY}),
    _refused(TIMESERIES, labels.NO_FIELDS, "SEL-14", {"interval": "day", "startAt": _DAY, "endAt": _DAY}),
    _refused(
        TIMESERIES,
        labels.BAD_INTERVAL,
        "SEL-15",
        {"fields": "visitors", "interval": "fortnight", "startAt": _DAY, "endAt": "2026-01-22"},
    ),
    _refused(
        VISITORS,
        labels.TWO_CONDITIONS,
        "SEL-16",
        {"completedGoal": "signup", "isCustomer": "true", "startAt": _DAY, "endAt": _DAY},
    ),
)
