"""A mock in this process, for the length of a block."""

import json
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mock_server.errors import InputError
from mock_server.testing import running
from tests.credentials import bearer
from tests.instants import INSTANT
from tests.starting import ANOTHER_DOCUMENT, OWN_SITES, QUIET, QUIET_ID


def test_mock_in_process_has_url_and_key_and_frees_its_port(anywhere: httpx2.Client) -> None:
    with running(site="quiet", now=INSTANT) as mock:
        reply = anywhere.get(f"{mock.url}/analytics/realtime", headers=bearer(mock.key))
        address = ("127.0.0.1", httpx2.URL(mock.url).port or 0)

    assert reply.json()["status"] == "success"
    assert mock.key == "df_quiet"
    with socket.socket() as sock:
        assert sock.connect_ex(address) != 0


def test_mock_in_process_ends_with_its_block_even_where_that_fails() -> None:
    before = set(threading.enumerate())

    with pytest.raises(ZeroDivisionError), running(now=INSTANT):
        _ = 1 / 0

    assert set(threading.enumerate()) <= before


def test_mock_in_process_takes_the_command_s_options(tmp_path: Path, anywhere: httpx2.Client) -> None:
    (tmp_path / "nook.yaml").write_text(QUIET.replace(QUIET_ID, OWN_SITES["nook"]), encoding="utf-8")
    (tmp_path / "own.json").write_text(json.dumps(ANOTHER_DOCUMENT), encoding="utf-8")
    options: dict[str, Any] = {
        "now": datetime(2026, 2, 6, 5, 27, tzinfo=UTC),
        "rate_limit": "1/min",
        "openapi": [tmp_path / "own.json"],
    }

    with running(site="nook", sites=str(tmp_path), speed=0, **options) as mock:
        replies = [anywhere.get(f"{mock.url}/analytics/realtime", headers=bearer(mock.key)) for _ in range(2)]
        made = anywhere.post(f"{mock.server}/teams")

    assert mock.key == "df_nook"
    assert [reply.status_code for reply in replies] == [200, 429]
    assert replies[0].headers["Date"] == "Fri, 06 Feb 2026 05:27:00 GMT"
    assert made.status_code == 204


def test_two_mocks_in_process_differ_by_their_seeds(anywhere: httpx2.Client) -> None:
    with running(seed=1, now=INSTANT, speed=0) as one, running(seed=2, now=INSTANT, speed=0) as two:
        maps = [
            anywhere.get(f"{mock.url}/analytics/realtime/map", headers=bearer(mock.key))
            for mock in (one, two)
        ]

    assert [reply.status_code for reply in maps] == [200, 200]
    assert maps[0].content != maps[1].content


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"site": "nowhere"}, id="site"),
        pytest.param({"revision": "2020-01"}, id="revision"),
        pytest.param({"now": "yesterday"}, id="now"),
        pytest.param({"rate_limit": "yesterday"}, id="rate limit"),
    ],
)
def test_mock_in_process_refuses_invalid_arguments(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"nowhere|2020-01|yesterday"), running(**options):
        pass


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param({"seed": "7"}, "seed: '7' is not a whole number", id="seed as a text"),
        pytest.param({"seed": 7.0}, "seed: 7.0 is not a whole number", id="seed with decimals"),
        pytest.param({"seed": True}, "seed: True is not a whole number", id="seed as a boolean"),
        pytest.param(
            {"now": 1770355650}, "now: 1770355650 is not an instant as a text", id="now as a number"
        ),
        pytest.param({"speed": "fast"}, "speed: 'fast' is not a number", id="speed as a text"),
        pytest.param({"any_key": "false"}, "any_key: 'false' is not True or False", id="boolean as a text"),
        pytest.param({"rate_limit": 5}, "rate_limit: 5 is not a text such as 60/min", id="rate as a number"),
    ],
)
def test_mock_in_process_refuses_arguments_of_another_kind(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as refused, running(**options):
        pass

    assert str(refused.value).startswith(told)
