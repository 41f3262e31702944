"""The answers to writing requests, compared with the document."""

from typing import Any

import httpx2
import pytest

from mock_server.contract.document import REVISIONS
from tests.resources.writes.requests import GOALS, IDENTIFY, MONTH, NOBODY, PAYMENTS, goal, identity, payment
from tests.schemas import strict_validator

Json = Any


@pytest.mark.parametrize("revision", REVISIONS)
def test_answers_fit_the_document_with_nothing_undocumented(
    web: httpx2.Client, visitor: str, revision: str
) -> None:
    period = {"datafast_visitor_id": visitor, **MONTH}
    requests: list[tuple[str, str, str, Json]] = [
        ("createGoal", "POST", GOALS, {"json": goal(visitor)}),
        ("createGoal", "POST", GOALS, {"json": goal(NOBODY)}),
        ("deleteGoals", "DELETE", GOALS, {"params": {**period, "name": "signup"}}),
        ("deleteGoals", "DELETE", GOALS, {}),
        ("createPayment", "POST", PAYMENTS, {"json": payment()}),
        ("createPayment", "POST", PAYMENTS, {"json": {}}),
        ("deletePayments", "DELETE", PAYMENTS, {"params": {"tx_id": "payment_456"}}),
        ("deletePayments", "DELETE", PAYMENTS, {"params": period}),
        ("deletePayments", "DELETE", PAYMENTS, {"params": {"tx_id": "unknown"}}),
        ("identifyVisitor", "POST", IDENTIFY, {"json": identity(visitor)}),
        ("identifyVisitor", "POST", IDENTIFY, {"json": identity(NOBODY)}),
    ]
    for operation, method, path, sent in requests:
        reply = web.request(method, path, headers={"Prefer": f"revision={revision}"}, **sent)
        strict_validator(revision, operation, reply.status_code).validate(reply.json())
