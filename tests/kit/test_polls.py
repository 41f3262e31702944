"""The clauses about consistency over time: what may differ between two maps, and what may not."""

import json
from email.utils import formatdate
from typing import Any

import pytest

from contract_tests.clauses import all_clauses
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.operations import MAP
from contract_tests.recording import REVISION_2026_02, Recording

_INSTANT = 1_790_000_000
"""The instant of the first map, in Unix seconds; it is 2026-09-21T14:13:20Z."""
_LATELY = "2026-09-21T14:12:20.000Z"
_CLAUSES = {clause.id: clause for clause in all_clauses()}
_LOCATION = {"city": "Paris", "region": "FR-IDF", "countryCode": "FR"}
_SYSTEM = {"browser": {"name": "Chrome"}, "os": {"name": "Mac OS"}, "device": {"type": "desktop"}}
_EVENT = {
    "_id": "6ab1234caaaaaaaaaaaaaaaa",
    "type": "pageview",
    "visitorId": "visitor-a",
    "timestamp": _LATELY,
}
_PAYMENT = {"_id": "6ab1234cbbbbbbbbbbbbbbbb", "timestamp": _LATELY, "amount": 49, "currency": "USD"}


def _map(second: int, part: str, changes: Json) -> Exchange:
    """Returns a map of four visitors, an event and a payment, with the changes in one part of them."""
    found: dict[str, Any] = {"location": _LOCATION, "system": _SYSTEM, "event": _EVENT, "payment": _PAYMENT}
    found[part] = {**found[part], **changes}
    shared = {"sessionStartTime": _LATELY, "location": found["location"], "system": found["system"]}
    data = {
        "count": 4,
        "visitors": [{"visitorId": f"visitor-{n}", **shared} for n in "abcd"],
        "recentEvents": [found["event"]],
        "recentPayments": [found["payment"]],
    }
    body = json.dumps({"status": "success", "data": data}).encode()
    headers = {"date": formatdate(_INSTANT + second, usegmt=True)}
    sent, successes = (_INSTANT + second) * 1000, frozenset({200})
    return Exchange("GET", "http://x", MAP, frozenset(), sent, 0, 200, headers, body, successes=successes)


def _outcome(clause: str, part: str, earlier: Json, later: Json) -> Outcome:
    exchanges = [_map(0, part, earlier), _map(60, part, later)]
    (verdict,) = judge(Recording(exchanges, REVISION_2026_02), [_CLAUSES[clause]])
    return verdict.outcome


@pytest.mark.parametrize(
    ("clause", "part", "earlier", "later"),
    [
        pytest.param("POLL-03", "location", {}, {"city": "Lyon"}, id="another city"),
        pytest.param("POLL-03", "location", {}, {"region": "FR-ARA"}, id="another region"),
        pytest.param("POLL-03", "location", {}, {"countryCode": "DE"}, id="another country"),
        pytest.param("POLL-04", "system", {}, {"browser": {"name": "Safari"}}, id="another browser"),
        pytest.param("POLL-04", "system", {}, {"os": {"name": "Linux"}}, id="another system"),
        pytest.param("POLL-04", "system", {}, {"device": {"type": "tablet"}}, id="another device"),
        pytest.param("POLL-01", "event", {}, {"visitorId": "visitor-b"}, id="another visitor"),
        pytest.param("POLL-01", "event", {}, {"type": "custom"}, id="another type"),
        pytest.param("POLL-02", "payment", {}, {"currency": "EUR"}, id="another currency"),
    ],
)
def test_another_value_breaks_the_contract(clause: str, part: str, earlier: Json, later: Json) -> None:
    assert _outcome(clause, part, earlier, later) is Outcome.BROKEN


@pytest.mark.parametrize(
    ("clause", "part", "earlier", "later"),
    [
        pytest.param("POLL-03", "location", {"time": "12:00"}, {"time": "12:01"}, id="the local time"),
        pytest.param("POLL-04", "system", {"battery": 99}, {"battery": 98}, id="the battery"),
        pytest.param(
            "POLL-04",
            "system",
            {"device": {"type": "mobile", "orientation": "portrait"}},
            {"device": {"type": "mobile", "orientation": "landscape"}},
            id="the way in which a device is held",
        ),
        pytest.param("POLL-03", "location", {}, {"city": None}, id="an unknown city"),
    ],
)
def test_other_members_of_a_visitor_may_change(clause: str, part: str, earlier: Json, later: Json) -> None:
    assert _outcome(clause, part, earlier, later) is Outcome.HOLDS


@pytest.mark.parametrize(
    ("clause", "part", "later"),
    [
        pytest.param("POLL-01", "event", {"visitorId": "VISITOR-A"}, id="an id"),
        pytest.param("POLL-01", "event", {"timestamp": "2026-09-21T16:12:20+02:00"}, id="an instant"),
        pytest.param("POLL-02", "payment", {"amount": 49.0, "currency": "usd"}, id="a currency"),
        pytest.param("POLL-03", "location", {"city": "PARIS"}, id="a city"),
        pytest.param("POLL-04", "system", {"os": {"name": "mac os"}}, id="a system"),
    ],
)
def test_the_same_value_may_be_written_differently(clause: str, part: str, later: Json) -> None:
    assert _outcome(clause, part, {}, later) is Outcome.HOLDS
