"""The clauses about sums: servers that round and estimate are not accused; small faults are noticed."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec
import pytest

from contract_tests.asking import labels
from contract_tests.clauses import all_clauses
from contract_tests.clauses.question import is_finished, question_of
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.pointers import objects_at
from contract_tests.recording import Recording

_CLAUSES = [clause for clause in all_clauses() if clause.id.startswith(("SUM-", "SEL-"))]
_PLACES = (("data", "*"), ("totals",), ("data", "*", "revenueBreakdown"), ("totals", "revenueBreakdown"))
_NOON = "Wed, 21 Jan 2026 12:00:00 GMT"


def _estimated(name: str, value: Json) -> Json:
    """Returns a count of visitors or sessions that is wrong by up to 2 %, each by another share."""
    if name not in ("visitors", "sessions"):
        return value
    return round(value * (1 + (zlib.crc32(str(value).encode()) % 401 - 200) / 10_000))


def _in_cents(name: str, value: Json) -> Json:
    is_money = name in ("revenue", "new", "renewal", "refund", "revenue_per_visitor")
    return round(value * 1.37, 2) if is_money else value


def _in_whole_units(name: str, value: Json) -> Json:
    return int(value) if name in ("revenue_per_visitor", "bounce_rate", "conversion_rate") else value


def _without(hidden: str) -> Callable[[str, Json], Json]:
    return lambda name, value: None if name == hidden else value


def _changed(exchanges: list[Exchange], change: Callable[[str, Json], Json]) -> Iterator[Exchange]:
    """Yields the exchanges with each number of a report changed."""
    for exchange in exchanges:
        body = msgspec.json.decode(exchange.body) if exchange.is_success else None
        rows = [row for place in _PLACES for _, row in objects_at(body, place)]
        for row in rows:
            numbers = {name: value for name, value in row.items() if isinstance(value, int | float)}
            row.update({name: change(name, value) for name, value in numbers.items()})
        yield replace(exchange, body=msgspec.json.encode(body)) if rows else exchange


@pytest.mark.long
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _name, value: value, id="exact"),
        pytest.param(_in_cents, id="revenue that has cents"),
        pytest.param(_in_whole_units, id="rates that are whole numbers"),
        *(pytest.param(_without(name), id=f"no {name}") for name in ("visitors", "sessions", "revenue")),
    ],
)
def test_a_service_that_rounds_is_clean(
    recorded: list[Exchange], change: Callable[[str, Json], Json]
) -> None:
    verdicts = judge(Recording(_changed(recorded, change)), _CLAUSES)

    fine = (Outcome.HOLDS, Outcome.NOT_OBSERVED)
    assert [(v.clause.id, v.violations) for v in verdicts if v.outcome not in fine] == []


@pytest.mark.long
def test_a_service_that_estimates_visitors_is_not_accused(recorded: list[Exchange]) -> None:
    verdicts = judge(Recording(_changed(recorded, _estimated)), _CLAUSES)

    assert [(v.clause.id, v.violations) for v in verdicts if v.outcome is Outcome.BROKEN] == []


@pytest.mark.long
def test_every_clause_is_observed_in_a_run(recorded: list[Exchange]) -> None:
    verdicts = judge(Recording(recorded), _CLAUSES)

    assert [v.clause.id for v in verdicts if v.outcome is not Outcome.HOLDS] == []


@pytest.mark.parametrize(
    ("label", "outcome"),
    [(labels.OK, Outcome.BROKEN), (labels.UNKNOWN_CREDENTIAL, Outcome.NOT_OBSERVED)],
)
def test_an_answer_that_had_to_be_a_refusal_is_no_report(label: str, outcome: Outcome) -> None:
    body = msgspec.json.encode({"status": "success", "data": [{"visitors": 100, "sessions": 1}]})
    asked = replace(
        _asked("startAt=2026-01-12&endAt=2026-01-19"),
        labels=frozenset({label}),
        body=body,
        successes=frozenset({200}),
    )

    verdicts = judge(Recording([asked]), _CLAUSES)

    assert {v.clause.id: v.outcome for v in verdicts}["SUM-25"] is outcome


def _asked(query: str, sender: str | None = None) -> Exchange:
    url = f"http://127.0.0.1/api/v1/analytics/overview?{query}"
    headers = {"date": _NOON}
    return Exchange("GET", url, "getOverview", frozenset(), 0, 0, 200, headers, b"", sender=sender)


@pytest.mark.parametrize(
    ("query", "is_over"),
    [
        pytest.param("startAt=2026-01-12&endAt=2026-01-19", True, id="a date two days before"),
        pytest.param("startAt=2026-01-12&endAt=2026-01-20", False, id="yesterday, which goes on elsewhere"),
        pytest.param("startAt=2026-01-21T08:00:00Z&endAt=2026-01-21T10:00:00Z", True, id="an instant"),
        pytest.param("startAt=2026-01-21T08:00:00Z&endAt=2026-01-21T11:30:00Z", False, id="just now"),
        pytest.param("startAt=2026-01-12&endAt=9999-12-31", False, id="the last date of all"),
        pytest.param("startAt=2026-01-12&endAt=soon", False, id="no date"),
        pytest.param("", False, id="all time"),
    ],
)
def test_only_a_period_that_is_over_everywhere_is_compared(query: str, is_over: bool) -> None:
    assert is_finished(_asked(query)) is is_over


def test_columns_and_pages_do_not_change_what_is_asked() -> None:
    plain = question_of(_asked("startAt=2026-01-12&endAt=2026-01-19"))

    assert question_of(_asked("limit=1&fields=visitors&endAt=2026-01-19&startAt=2026-01-12")) == plain
    assert question_of(_asked("startAt=2026-01-12&endAt=2026-01-19&filter_device=is:mobile")) != plain
    assert question_of(_asked("startAt=2026-01-12&endAt=2026-01-19", sender="another")) != plain
