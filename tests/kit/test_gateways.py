"""Statuses of gateways: where the server behind one does not answer, no clause accuses the server."""

import json

import pytest

from contract_tests.asking import labels
from contract_tests.clauses import all_clauses
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.operations import REALTIME
from contract_tests.recording import Recording
from tests.quick import quick


def _answer(status: int, label: str, body: Json) -> Exchange:
    told = body if isinstance(body, bytes) else json.dumps(body).encode()
    found, successes = frozenset({label}), frozenset({200})
    return Exchange("GET", "http://x/y", REALTIME, found, 0, 0, status, {}, told, successes=successes)


@pytest.mark.parametrize("status", quick([429, 502, 503, 504, 520, 522, 525, 527, 530], 3))
@pytest.mark.parametrize("label", [labels.NO_CREDENTIAL, labels.BAD_FIELDS, labels.OK, labels.DATES])
def test_a_gateway_accuses_nobody(status: int, label: str) -> None:
    page = b"<html>The server is down.</html>"
    exchanges = [
        _answer(200, labels.OK, {"status": "success", "data": [{"visitors": 1}]}),
        *[_answer(status, label, page)] * 2,
    ]

    verdicts = judge(Recording(exchanges), all_clauses())

    against = (Outcome.BROKEN, Outcome.WARNING, Outcome.FAILED)
    assert [v.clause.id for v in verdicts if v.outcome in against] == []


@pytest.mark.parametrize("status", [500, 501, 505, 519, 528, 599])
def test_a_server_that_fails_again_at_what_it_must_refuse_is_accused(status: int) -> None:
    exchanges = [
        _answer(200, labels.OK, {"status": "success", "data": [{"visitors": 1}]}),
        *[_answer(status, labels.NO_CREDENTIAL, {"status": "error"})] * 2,
    ]

    verdicts = judge(Recording(exchanges), all_clauses())

    assert {v.clause.id: v.outcome for v in verdicts}["AUTH-01"] is Outcome.BROKEN


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(500, Outcome.HOLDS), (503, Outcome.HOLDS), (429, Outcome.NOT_OBSERVED), (404, Outcome.BROKEN)],
)
def test_a_rate_limit_is_no_error_on_the_servers_side(status: int, outcome: Outcome) -> None:
    verdicts = judge(Recording([_answer(status, labels.SERVER_ERROR, {})]), all_clauses())

    assert {v.clause.id: v.outcome for v in verdicts}["ERR-07"] is outcome
