"""The numbers and times of a run's answers, and a server that sometimes fails."""

import json

import pytest

from contract_tests.asking import labels
from contract_tests.exchange import Exchange
from contract_tests.judging.run import Run
from contract_tests.operations import MAP, REALTIME
from contract_tests.recording import Recording
from contract_tests.report.answers import answers_of, failures_of
from contract_tests.report.files import WRITERS
from contract_tests.report.terminal import terminal_report

_BASE = "https://stats.example.com/api/v1"


def _exchange(
    status: int, path: str = "/a", trip: int = 10, operation: str | None = MAP, label: str = labels.OK
) -> Exchange:
    return Exchange("GET", _BASE + path, operation, frozenset({label}), 1, trip, status, {}, b"{}")


def _run(*exchanges: Exchange) -> Run:
    return Run(_BASE, Recording(exchanges), [], 1.0)


@pytest.mark.parametrize(
    ("exchanges", "told"),
    [
        pytest.param([_exchange(200), _exchange(404)], None, id="no failure"),
        pytest.param(
            [_exchange(500), _exchange(200), _exchange(200, "/b")],
            "1 of 3 answers were 500; 1 of these requests did not fail at another time: the server is flaky.",
            id="once, and well when sent again",
        ),
        pytest.param([_exchange(500), _exchange(500)], "2 of 2 answers were 500.", id="always"),
        pytest.param(
            [_exchange(500), _exchange(503), _exchange(200, "/b")],
            "2 of 3 answers were 500 or 503.",
            id="two",
        ),
        pytest.param([_exchange(502)], "1 of 1 answer was 502.", id="the only one"),
        pytest.param([_exchange(500, label=labels.SERVER_ERROR)], None, id="what was asked for"),
        pytest.param([], None, id="no answer"),
    ],
)
def test_failures_of_a_server(exchanges: list[Exchange], told: str | None) -> None:
    assert failures_of(_run(*exchanges)) == told


def test_answers_are_counted_by_operation() -> None:
    run = _run(
        _exchange(200, trip=3, operation=REALTIME),
        *(_exchange(200, trip=trip) for trip in (5, 1, 90)),
        _exchange(401, trip=2),
        _exchange(404, operation=None),
    )

    assert [(a.operation, a.statuses_told(), a.times_told()) for a in answers_of(run)] == [
        (REALTIME, "1 × 200", "median 3 ms, slowest 3 ms"),
        (MAP, "3 × 200, 1 × 401", "median 2 ms, slowest 90 ms"),
    ]


@pytest.mark.parametrize("kind", ["terminal", "json", "markdown", "html"])
def test_a_report_says_first_that_a_server_is_flaky(kind: str) -> None:
    run = _run(_exchange(500), _exchange(200))
    told = {**WRITERS, "terminal": terminal_report}[kind](run)

    assert "the server is flaky" in told
    assert told.index("1 of 2 answers were 500") < told.index(MAP)


def test_the_answers_are_numbers_for_programs() -> None:
    content = json.loads(WRITERS["json"](_run(_exchange(200, trip=7), _exchange(500, "/b", trip=9))))

    assert content["operations"] == [
        {
            "operation": MAP,
            "statuses": {"200": 1, "500": 1},
            "medianMilliseconds": 7,
            "slowestMilliseconds": 9,
        }
    ]
