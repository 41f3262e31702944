"""Visitors and events on many maps: each counts once, however often a program has requested the map."""

from collections.abc import Sequence

import pytest

from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome
from tests.kit.exchanges import answered, outcome_of

_AT = "2026-01-21T11:59:00.000Z"


def _map(names: str, odd: str) -> Exchange:
    """Returns a map of visitors, of whom some contradict their events and their predictions."""
    return answered("/analytics/realtime/map", _shown(names, odd))


def _shown(names: str, odd: str) -> Json:
    rows = [{"visitorId": name, **_visitor(is_odd=name in odd)} for name in names]
    shared = {"type": "pageview", "timestamp": _AT, "countryCode": "DE", "path": "/"}
    events = [{"_id": f"{name}1", "visitorId": name, **shared} for name in names]
    return {"count": len(names), "visitors": rows, "recentEvents": events}


def _visitor(*, is_odd: bool) -> Json:
    raw = {"expectedValue": 100 if is_odd else 2, "conversionRate": 0.1, "averageValue": 20}
    return {
        "location": {"countryCode": "FR" if is_odd else "DE"},
        "currentUrl": "/cart" if is_odd else "/",
        "conversionLikelihood": {"raw": raw},
    }


@pytest.mark.parametrize("clause", ["MAP-95", "MAP-96", "MAP-99"])
@pytest.mark.parametrize(
    ("maps", "outcome"),
    [
        pytest.param([_map("abc", "a"), *[_map("a", "a")] * 9], Outcome.HOLDS, id="one of three, often"),
        pytest.param([_map("abc", "ab"), *[_map("c", "")] * 9], Outcome.WARNING, id="two of three, once"),
        pytest.param([_map("abc", "ab"), _map("abc", "")], Outcome.HOLDS, id="two of three, at first"),
        pytest.param([*[_map("abc", "ab")] * 2, _map("abc", "")], Outcome.WARNING, id="two of three, mostly"),
        pytest.param([_map("ab", "ab")] * 9, Outcome.NOT_OBSERVED, id="two, often"),
    ],
)
def test_a_visitor_on_many_maps_counts_once(clause: str, maps: Sequence[Exchange], outcome: Outcome) -> None:
    assert outcome_of(clause, maps) is outcome
