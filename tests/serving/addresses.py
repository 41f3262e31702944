"""Addresses of the mock as an HTTP server, the answers there, and its envelope of errors."""

import httpx2
import pytest

BASE = "/api/v1"
REALTIME = f"{BASE}/analytics/realtime"
MAP = f"{REALTIME}/map"
KNOWN_VISITOR = f"{BASE}/visitors/a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"
ANSWERS = [
    pytest.param("GET", REALTIME, "df_test", 200, id="realtime"),
    pytest.param("GET", MAP, "df_test", 200, id="map"),
    pytest.param("GET", KNOWN_VISITOR, "df_test", 200, id="visitor"),
    pytest.param("GET", "/openapi.json", "df_test", 200, id="document"),
    pytest.param("GET", REALTIME + "?fields=pageviews", "df_test", 400, id="bad request"),
    pytest.param("GET", REALTIME, "df_nobody", 401, id="unauthorized"),
    pytest.param("GET", REALTIME, "df_suspended", 403, id="suspended"),
    pytest.param("GET", "/nothing", "df_test", 404, id="unknown route"),
    pytest.param("POST", REALTIME, "df_test", 405, id="method not allowed"),
    pytest.param("GET", REALTIME, "df_error_500", 500, id="server error"),
    pytest.param("GET", REALTIME, "df_error_504", 504, id="gateway timeout"),
]


def assert_envelope(reply: httpx2.Response, status: int) -> None:
    assert reply.status_code == status, reply.text
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json()["status"] == "error"
    assert reply.json()["error"]["code"] == status
    assert reply.json()["error"]["message"]


def listed(header: str) -> set[str]:
    """Returns the members of a list-valued header, in lower case."""
    return {member.strip().lower() for member in header.split(",")}
