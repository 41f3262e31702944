"""Small figures of one answer, which no service estimates: each contradiction between them is told."""

import pytest

from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome
from tests.kit.exchanges import answered, outcome_of

_WEEK = "startAt=2026-01-12&endAt=2026-01-18"


def _ranked(above: int, below: int) -> Exchange:
    rows = [{"device": "desktop", "visitors": above}, {"device": "mobile", "visitors": below}]
    return answered(f"/analytics/devices?{_WEEK}", rows, pagination={"limit": 100, "offset": 0, "total": 2})


def _goal(completions: int, visitors: int) -> Exchange:
    row = {"goal": "signup", "completions": completions, "visitors": visitors}
    return answered(f"/analytics/goals?{_WEEK}", [row])


def _series(name: str, total: int, *parts: int) -> Exchange:
    rows: list[Json] = [{name: part} for part in parts]
    more: Json = {"totals": {name: total}, "pagination": {"limit": 100, "offset": 0, "total": len(rows)}}
    return answered(f"/analytics/timeseries?{_WEEK}&fields={name}", rows, **more)


@pytest.mark.parametrize(
    ("clause", "exchange", "outcome"),
    [
        pytest.param("SUM-14", _ranked(1, 1), Outcome.HOLDS, id="two rows with one visitor each"),
        pytest.param("SUM-14", _ranked(1, 2), Outcome.WARNING, id="a row with a visitor more"),
        pytest.param("SUM-14", _ranked(190, 199), Outcome.WARNING, id="a row with some visitors more"),
        pytest.param("SUM-14", _ranked(195, 200), Outcome.HOLDS, id="rows that may be estimated"),
        pytest.param("SUM-14", _ranked(1, 4), Outcome.BROKEN, id="a row with many visitors more"),
        pytest.param("SUM-16", _goal(1, 1), Outcome.HOLDS, id="one completion"),
        pytest.param("SUM-16", _goal(0, 1), Outcome.WARNING, id="a visitor without a completion"),
        pytest.param("SUM-16", _goal(195, 200), Outcome.HOLDS, id="completions that may be estimated"),
        pytest.param("SUM-16", _goal(1, 4), Outcome.BROKEN, id="three visitors without a completion"),
        pytest.param("SUM-03", _series("sessions", 3, 1, 2), Outcome.HOLDS, id="sessions"),
        pytest.param("SUM-03", _series("sessions", 4, 1, 2), Outcome.WARNING, id="a session is missing"),
        pytest.param("SUM-03", _series("sessions", 40, 1, 2), Outcome.BROKEN, id="sessions are missing"),
        pytest.param("SUM-04", _series("visitors", 2, 1, 2), Outcome.HOLDS, id="a visitor in two buckets"),
        pytest.param("SUM-04", _series("visitors", 1, 1, 2), Outcome.WARNING, id="a bucket with more"),
        pytest.param("SUM-04", _series("visitors", 4, 1, 2), Outcome.WARNING, id="a visitor is missing"),
        pytest.param("SUM-04", _series("visitors", 9, 1, 2), Outcome.BROKEN, id="visitors are missing"),
    ],
)
def test_a_small_contradiction_within_an_answer_is_a_warning(
    clause: str, exchange: Exchange, outcome: Outcome
) -> None:
    assert outcome_of(clause, [exchange]) is outcome
