"""Preferences, in the header `Prefer` and in the query."""

import httpx2
import pytest

from mock_server.contract.document import REVISIONS
from tests.credentials import bearer
from tests.quick import quick
from tests.schemas import strict_validator

REALTIME = "/analytics/realtime"
MAP = "/analytics/realtime/map"
PATHS = {"getRealtime": REALTIME, "getRealtimeMap": MAP, "getVisitor": "/visitors/x"}
STATUSES = (200, 400, 401, 403, 404, 429, 500)
KEY = bearer("df_demo")
QUIET_INSTANT = "2026-02-06T05:27:20Z"


@pytest.mark.parametrize("revision", quick(REVISIONS, 1))
@pytest.mark.parametrize("operation", PATHS)
@pytest.mark.parametrize("status", STATUSES)
def test_every_documented_status_is_answered_without_a_key(
    web: httpx2.Client, operation: str, status: int, revision: str
) -> None:
    reply = web.get(PATHS[operation], headers={"Prefer": f"code={status}, revision={revision}"})

    assert reply.status_code == status
    assert reply.headers["Preference-Applied"] == f"code={status}, revision={revision}"
    strict_validator(revision, operation, status).validate(reply.json())


def test_a_forced_429_tells_how_long_to_wait(web: httpx2.Client) -> None:
    prefer = f"code=429, at={QUIET_INSTANT}"
    reply = web.get(REALTIME, headers={"Prefer": prefer})

    assert reply.headers["Retry-After"] == "40"
    assert reply.headers["X-RateLimit-Limit"] == str(reply.json()["limit"]) == "60"
    assert reply.headers["X-RateLimit-Remaining"] == "0"
    assert reply.headers["X-RateLimit-Reset"] == str(reply.json()["reset"]) == "1770355680000"
    assert reply.headers["Date"] == "Fri, 06 Feb 2026 05:27:20 GMT"


def test_a_forced_401_challenges(web: httpx2.Client) -> None:
    assert web.get(REALTIME, headers={"Prefer": "code=401"}).headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("prefer", "visitors"),
    [
        pytest.param("example=empty", 0, id="alone"),
        pytest.param('example="empty"', 0, id="quoted"),
        pytest.param('example="em\\pty"', 0, id="with an escape"),
        pytest.param("EXAMPLE = empty ; q=1", 0, id="spaces, capitals and a parameter"),
        pytest.param('respond-async, wait=10; a="b, example=x", example=empty', 0, id="among unknown ones"),
        pytest.param("example=empty, example=documented", 0, id="the first of two"),
        pytest.param("code=200, example=empty", 0, id="with its code"),
        pytest.param(", wait=10, ,,example=empty,", 0, id="among empty members of the list"),
    ],
)
def test_a_named_example(web: httpx2.Client, prefer: str, visitors: int) -> None:
    reply = web.get(REALTIME, headers={"Prefer": prefer})

    assert reply.json() == {"status": "success", "data": [{"visitors": visitors}]}
    assert reply.headers["X-DataFast-Mock-Example"] == "getRealtime"


def test_several_headers_are_one(web: httpx2.Client) -> None:
    headers = [("Prefer", "handling=lenient"), ("Prefer", "code=404"), ("Prefer", "code=500, delay=1")]
    reply = web.get(REALTIME, headers=headers)

    assert reply.status_code == 404
    assert reply.headers["Preference-Applied"] == "code=404, delay=1"


@pytest.mark.parametrize(
    "prefer",
    [
        pytest.param("respond-async", id="unknown"),
        pytest.param("", id="empty"),
        pytest.param(",,;;==", id="signs alone"),
        pytest.param('code="404', id="an open quote"),
        pytest.param("é=1, code", id="no ASCII"),
        pytest.param(";" * 5000, id="many parameters"),
    ],
)
def test_invalid_and_unknown_preferences_are_ignored(web: httpx2.Client, prefer: str) -> None:
    reply = web.get(REALTIME, headers={b"Authorization": b"Bearer df_demo", b"Prefer": prefer.encode()})

    assert reply.status_code == 200
    assert "Preference-Applied" not in reply.headers


@pytest.mark.parametrize(
    ("prefer", "words"),
    [
        pytest.param("code=418", "documented: 200, 400, 401", id="undocumented code"),
        pytest.param("code=many", "a final status", id="no code"),
        pytest.param("example=nobody", "documented: documented, empty", id="unknown example"),
        pytest.param("code=404, example=empty", "documented: notFound", id="example of another code"),
        pytest.param("code=103", "a final status", id="a status that is not final"),
        pytest.param("code=600", "a final status", id="a status that is none"),
        pytest.param(f"code={'4' * 5_000}", "a final status", id="endless status"),
        pytest.param(f"delay={'9' * 5_000}", "up to 60,000", id="endless delay"),
        pytest.param(f"delay=1..{'9' * 5_000}", "up to 60,000", id="delay to an endless one"),
        pytest.param(f"fault=drip:{'9' * 5_000}", "up to 60,000", id="endless drip"),
        pytest.param(f"fault=truncate:{'9' * 5_000}", "is not a valid number here", id="endless share"),
        pytest.param(
            "fault=drip:1_000",
            "up to 60,000 is expected, such as 1500, or a duration such as 1.5s",
            id="Python's number",
        ),
        pytest.param(f"at={'9' * 5_000}", "not an ISO 8601 instant", id="endless instant"),
        pytest.param("delay=soon", "up to 60,000", id="no delay"),
        pytest.param("delay=60001", "up to 60,000", id="too long a delay"),
        pytest.param("delay=9..1", "up to 60,000", id="a delay from more to less"),
        pytest.param("delay=2m", "up to 60,000", id="too long a duration"),
        pytest.param("delay=200..2s", "up to 60,000", id="too long a first bound"),
        pytest.param("delay=-1s", "up to 60,000", id="a duration below zero"),
        pytest.param("fault=truncate:100%", "a number below 1 is expected", id="the whole body"),
        pytest.param("fault=truncate:-1", "a number of at least 0 is expected", id="less than no body"),
        pytest.param("fault=fire", "reset, empty, truncate", id="unknown fault"),
        pytest.param("fault=truncate:2", "a number below 1 is expected", id="too large a share"),
        pytest.param("fault=truncate:all", "not a valid number", id="no share"),
        pytest.param("fault=reset:now", "no argument after a colon", id="a fault that takes nothing"),
        pytest.param(
            "fault=missing:data", "a JSON pointer, such as /data/count, is expected", id="no pointer"
        ),
        pytest.param(
            "fault=wrong-type:/data~2", "a JSON pointer, such as /data/count, is expected", id="no escape"
        ),
        pytest.param("fault=missing:/data/nothing", "its members are: 1 item", id="no such member"),
        pytest.param("site=nowhere", "demo, edge_cases", id="unknown site"),
        pytest.param("revision=2020-01", "2026-02, 2026-06", id="unknown revision"),
        pytest.param("at=yesterday", "ISO 8601", id="no instant"),
        pytest.param("at=1066-10-14", "outside the years 1971 to 9998", id="an instant before all years"),
    ],
)
def test_an_invalid_value_is_refused_with_the_valid_ones(web: httpx2.Client, prefer: str, words: str) -> None:
    reply = web.get(REALTIME, headers={**KEY, "Prefer": prefer})

    assert reply.status_code == 400
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert words in reply.json()["detail"], reply.json()


def test_another_instant_site_and_revision(web: httpx2.Client) -> None:
    headers = {**KEY, "Prefer": f'at="{QUIET_INSTANT}", site=shop, revision=2026-06'}
    reply = web.get(MAP, headers=headers)

    assert reply.headers["Date"] == "Fri, 06 Feb 2026 05:27:20 GMT"
    assert {payment["currency"] for payment in reply.json()["data"]["recentPayments"]} <= {"JPY"}
    strict_validator("2026-06", "getRealtimeMap", 200).validate(reply.json())
    assert len(reply.json()["data"]["visitors"]) == reply.json()["data"]["count"] > 0


def test_a_preference_does_not_replace_a_key(web: httpx2.Client) -> None:
    assert web.get(REALTIME, headers={"Prefer": "site=shop"}).status_code == 401


@pytest.mark.parametrize(
    ("prefer", "headers", "applied"),
    [
        pytest.param("site=shop, delay=1", {}, "delay=1", id="refused"),
        pytest.param("code=404, site=shop", KEY, "code=404", id="an example is of no site"),
        pytest.param("site=shop, revision=2026-06", KEY, "site=shop, revision=2026-06", id="all"),
    ],
)
def test_only_honoured_preferences_are_named(
    web: httpx2.Client, prefer: str, headers: dict[str, str], applied: str
) -> None:
    reply = web.get(REALTIME, headers={**headers, "Prefer": prefer})

    assert reply.headers["Preference-Applied"] == applied


def test_the_query_does_the_same(web: httpx2.Client) -> None:
    reply = web.get(REALTIME, params={"__code": "404", "__delay": "1", "__unknown": "x"})

    assert reply.status_code == 404
    # The header is missing, because the preference was in the query.
    assert "Preference-Applied" not in reply.headers


def test_the_header_counts_before_the_query(web: httpx2.Client) -> None:
    reply = web.get(REALTIME, params={"__code": "404"}, headers={"Prefer": "code=500"})

    assert reply.status_code == 500


def test_a_page_may_send_it_and_read_the_applied_ones(web: httpx2.Client) -> None:
    origin = {"Origin": "http://localhost:5173"}
    asked = {**origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "prefer"}

    assert "prefer" in web.options(REALTIME, headers=asked).headers["Access-Control-Allow-Headers"]
    reply = web.get(REALTIME, headers={**origin, "Prefer": "code=404"})
    assert "Preference-Applied" in reply.headers["Access-Control-Expose-Headers"]
