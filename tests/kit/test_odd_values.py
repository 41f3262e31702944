"""Values that no report has, in all answers of a run: clauses judge or ignore them, and none crashes."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from contract_tests.clauses import all_clauses
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.recording import Recording
from tests.quick import quick

_DATE = re.compile(r"(startAt|endAt)=\d{4}-\d\d-\d\d(?=&|$)")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT.+")


def _with_numbers(odd: float) -> Callable[[Json], Json]:
    return lambda value: odd if isinstance(value, int | float) and not isinstance(value, bool) else value


def _with_times(odd: str) -> Callable[[Json], Json]:
    return lambda value: odd if isinstance(value, str) and _TIME.fullmatch(value) else value


def _with_even_days(odd: str) -> Callable[[Json], Json]:
    with_times = _with_times(odd)
    return lambda value: with_times(value) if isinstance(value, str) and value[9:10] in "02468" else value


@pytest.mark.parametrize(
    "change",
    quick(
        [
            pytest.param(_with_numbers(10**400), id="integers too large for a float"),
            pytest.param(_with_numbers(-(10**400)), id="negative integers too large for a float"),
            pytest.param(_with_numbers(10**308), id="integers whose sum is too large for a float"),
            pytest.param(_with_numbers(1e308), id="floats whose sum is infinite"),
            pytest.param(_with_times("9999-12-31T23:59:59.999-12:00"), id="the last instant of the calendar"),
            pytest.param(
                _with_times("0001-01-01T00:00:00.000+14:00"), id="the first instant of the calendar"
            ),
            pytest.param(
                _with_even_days("0001-01-01T00:00:00.000+14:00"),
                id="the first instant of the calendar, between others",
            ),
        ],
        1,
    ),
)
def test_extreme_values_crash_no_clause(recorded: list[Exchange], change: Callable[[Json], Json]) -> None:
    exchanges = [_changed(exchange, change) for exchange in recorded]

    assert _crashes(exchanges) == []


@pytest.mark.parametrize(
    ("where", "member", "odd"),
    quick(
        [
            pytest.param("interval=", "interval", ["day"], id="a list of intervals"),
            pytest.param("limit=", "data", None, id="a page without rows"),
            pytest.param("limit=", "data", [[]], id="a page of lists"),
        ],
        1,
    ),
)
def test_members_of_another_type_crash_no_clause(
    recorded: list[Exchange], where: str, member: str, odd: Json
) -> None:
    def change(value: Json) -> Json:
        return {**value, member: odd} if isinstance(value, dict) and member in value else value

    exchanges = [_changed(e, change) if where in e.url else e for e in recorded]

    assert _crashes(exchanges) == []


def test_a_list_without_times_crashes_no_clause(recorded: list[Exchange]) -> None:
    def change(value: Json) -> Json:
        is_row = isinstance(value, dict)
        return {k: v for k, v in value.items() if k != "timestamp"} if is_row else value

    exchanges = [e if "limit=" in e.url else _changed(e, change) for e in recorded]

    assert _crashes(exchanges) == []


@pytest.mark.parametrize("date", [pytest.param("0001-01-01", marks=pytest.mark.long), "9999-12-31"])
def test_periods_of_all_time_crash_no_clause(recorded: list[Exchange], date: str) -> None:
    exchanges = [replace(exchange, url=_DATE.sub(rf"\1={date}", exchange.url)) for exchange in recorded]

    assert _crashes(exchanges) == []


def _crashes(exchanges: list[Exchange]) -> list[tuple[str, str | None]]:
    verdicts = judge(Recording(exchanges), all_clauses())
    return [(v.clause.id, v.bug) for v in verdicts if v.outcome is Outcome.FAILED]


def _changed(exchange: Exchange, change: Callable[[Json], Json]) -> Exchange:
    """Returns an exchange with each value of its body changed; as it is if the body is not JSON."""
    body = exchange.json
    if not isinstance(body, dict):
        return exchange
    return replace(exchange, body=json.dumps(_rebuilt(body, change)).encode())


def _rebuilt(value: Json, change: Callable[[Json], Json]) -> Json:
    if isinstance(value, dict):
        return change({name: _rebuilt(inner, change) for name, inner in value.items()})
    if isinstance(value, list):
        return [_rebuilt(inner, change) for inner in value]
    return change(value)
