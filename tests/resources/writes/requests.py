"""Bodies, paths and instants that the tests of writing requests share, and what a mock has recorded."""

from typing import Any

import httpx2

from mock_server.instants import instant_of
from mock_server.service import Service
from mock_server.state.log import Log
from mock_server.world.facts import Fact
from tests.instants import INSTANT

Json = Any
NOW = instant_of(INSTANT) // 1000 * 1000
SECOND, DAY = 1_000, 86_400_000
NOBODY = "00000000-0000-4000-8000-000000000000"
GOALS, PAYMENTS, IDENTIFY = "/goals", "/payments", "/identify"
MONTH = {"startAt": "2023-01-01T00:00:00Z", "endAt": "2023-01-31T23:59:59Z"}
TOLD_MONTH = {"start": "2023-01-01T00:00:00.000Z", "end": "2023-01-31T23:59:59.000Z"}


def log_of(service: Service, account: str = "demo") -> Log:
    return service.keys.account(account).log


def facts_of(service: Service) -> list[Fact]:
    return [entry.fact for entry in log_of(service)]


def goal(visitor: str, **more: Json) -> Json:
    return {"datafast_visitor_id": visitor, "name": "signup", **more}


def payment(**more: Json) -> Json:
    return {"amount": 29.99, "currency": "USD", "transaction_id": "payment_456", **more}


def identity(visitor: str, **more: Json) -> Json:
    return {"datafast_visitor_id": visitor, "user_id": "user_123", **more}


def assert_refused(reply: httpx2.Response, status: int, told: str) -> None:
    """Asserts that a request is refused in the envelope, with a message that has this text."""
    assert reply.status_code == status, reply.text
    error = reply.json()["error"]
    assert (reply.json()["status"], error["code"]) == ("error", status)
    assert told in error["message"]
