"""The counter against the map: the verdicts of AGR-01 on three rounds of map, counter, map."""

import json
from collections.abc import Sequence

import pytest

from contract_tests.asking import labels
from contract_tests.clauses.counter import counter_agrees_with_map
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.operations import MAP, REALTIME
from contract_tests.recording import REVISION_2026_06, Recording


@pytest.mark.parametrize(
    ("listed", "counted", "outcome"),
    [
        pytest.param([30, 31, 32], [30, 31, 32], Outcome.HOLDS, id="the same number"),
        pytest.param([30, 32, 34], [28, 30, 32], Outcome.HOLDS, id="a growing website, a counter that lags"),
        pytest.param([34, 32, 30], [36, 35, 33], Outcome.HOLDS, id="a shrinking one, likewise"),
        pytest.param([30, 30, 30], [35, 35, 35], Outcome.HOLDS, id="a cache of half a minute"),
        pytest.param([30, 30, 30], [44, 44, 44], Outcome.WARNING, id="a cache, or a wrong counter"),
        pytest.param([30, 31, 32], [33, 34, 35], Outcome.BROKEN, id="always too many"),
        pytest.param([30, 31, 32], [27, 28, 29], Outcome.BROKEN, id="always too few"),
        pytest.param([30, 30, 30], [0, 0, 0], Outcome.BROKEN, id="nobody, and many on the map"),
        pytest.param([30, 31, 32], [33, 31, 34], Outcome.HOLDS, id="once as many"),
    ],
)
def test_the_counter_is_judged_by_the_maps_of_all_rounds(
    listed: Sequence[int], counted: Sequence[int], outcome: Outcome
) -> None:
    rounds = enumerate(zip(listed, counted, strict=True))
    exchanges = [exchange for number, (shown, count) in rounds for exchange in _round(number, shown, count)]

    (verdict,) = judge(Recording(exchanges, REVISION_2026_06), [counter_agrees_with_map])

    assert verdict.outcome is outcome


def _round(number: int, listed: int, counted: int) -> list[Exchange]:
    shown = {"count": listed, "visitors": [{"visitorId": f"visitor-{n}"} for n in range(listed)]}
    answers = ((MAP, shown), (REALTIME, [{"visitors": counted}]), (MAP, shown))
    return [_answer(number, operation, data) for operation, data in answers]


def _answer(number: int, operation: str, data: Json) -> Exchange:
    found = frozenset({labels.SANDWICH, labels.round_of(number)})
    body = json.dumps({"status": "success", "data": data}).encode()
    return Exchange("GET", "http://x", operation, found, 0, 0, 200, {}, body, successes=frozenset({200}))
