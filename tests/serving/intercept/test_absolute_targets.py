"""Whole URLs as the targets of requests, without a tunnel."""

import json
import re
import socket

import httpx2
import pytest

from mock_server.serving.intercept.refusals import HOST
from tests.controls import Controls
from tests.quick import quick
from tests.serving.intercept.intercepting import (
    CONNECT,
    PATH,
    SHORT,
    URL,
    Intercepting,
    absolute,
    heard,
    said,
    statuses,
)

ABSOLUTE = [
    f"https://{HOST}",
    f"http://{HOST}",
    f"https://{HOST}:443",
    f"http://{HOST}:80",
    "HTTPS://DATAFA.ST",
    f"https://{HOST}.",
    f"https://someone:secret@{HOST}",
]


@pytest.mark.parametrize("origin", quick(ABSOLUTE, 2))
@pytest.mark.parametrize(
    ("method", "path", "lines", "body"),
    [
        pytest.param("GET", PATH, "Authorization: Bearer df_test\r\n", "", id="map"),
        pytest.param("GET", f"{PATH}?fields=no", "Authorization: Bearer df_test\r\n", "", id="query"),
        pytest.param("GET", PATH, "", "", id="no key"),
        pytest.param("HEAD", PATH, "Authorization: Bearer df_test\r\n", "", id="HEAD"),
        pytest.param("OPTIONS", PATH, "Origin: http://a.test\r\n", "", id="OPTIONS"),
        pytest.param("POST", PATH, "Content-Length: 4\r\n", '{"": ', id="POST with a body"),
        pytest.param("GET", PATH, "Prefer: fault=truncate, site=shop\r\n", "", id="fault"),
        pytest.param("GET", "/nowhere", "Authorization: Bearer df_test\r\n", "", id="404"),
        pytest.param("GET", "", "", "", id="no path"),
    ],
)
def test_absolute_target_is_answered_as_at_the_mocks_own_address(
    command: Intercepting, origin: str, method: str, path: str, lines: str, body: str
) -> None:
    rest = f" HTTP/1.1\r\nHost: {HOST}\r\n{lines}Connection: close\r\n\r\n{body}"
    own = httpx2.URL(command.url)

    answer = said(command.proxy, f"{method} {origin}{path}{rest}".encode())

    assert answer == said((own.host, own.port or 0), f"{method} {path or '/'}{rest}".encode())
    assert answer.startswith(b"HTTP/1.1 ")


def test_each_absolute_target_on_a_connection_is_judged_by_its_own_host(command: Intercepting) -> None:
    key = "Authorization: Bearer df_test"
    requests = [
        absolute(URL, key),
        absolute(f"http://example.com{PATH}", key, "Content-Length: 2\r\n\r\n{}", method="POST")[:-4],
        absolute(URL),
        absolute(URL, key),
        CONNECT,
    ]
    with socket.create_connection(command.proxy, timeout=30) as sock:
        found = statuses(sock, *requests)

        assert sock.recv(1) == b""
    assert found == [200, 403, 401, 200, 400]


def test_absolute_targets_in_one_segment_are_answered_in_order(command: Intercepting) -> None:
    segment = b"".join(
        [
            absolute(URL, "Authorization: Bearer df_test"),
            absolute("http://example.com/"),
            absolute(URL, "Connection: close"),
        ]
    )

    answer = said(command.proxy, segment)

    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"403", b"401"]


def test_absolute_target_may_come_in_pieces(command: Intercepting) -> None:
    with socket.create_connection(command.proxy, timeout=30) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in absolute(URL, "Connection: close"):
            sock.sendall(bytes([byte]))

        assert heard(sock).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    ("fault", "seconds", "heard_of_it"),
    [("reset", 30, "Connection reset"), ("empty", 30, ""), ("hang", SHORT, "timed out")],
)
def test_fault_of_an_absolute_target_is_that_of_its_connection(
    command: Intercepting, fault: str, seconds: float, heard_of_it: str
) -> None:
    with socket.create_connection(command.proxy, timeout=30) as sock:
        sock.sendall(absolute(URL, "Authorization: Bearer df_test", f"Prefer: fault={fault}"))
        sock.settimeout(seconds)
        try:
            found = sock.recv(1).decode()
        except OSError as error:
            found = str(error)

    assert heard_of_it in found
    assert bool(found) == bool(heard_of_it)


@pytest.mark.long
def test_absolute_target_is_in_the_journal_without_the_headers_for_the_proxy(command: Intercepting) -> None:
    with Controls(command.url) as controls, socket.create_connection(command.proxy, timeout=30) as sock:
        key = controls.mint()
        statuses(
            sock,
            absolute(f"{URL}?a=b", f"Authorization: Bearer {key}", "Proxy-Authorization: Basic c2VjcmV0"),
        )
        (entry,) = controls.get("/requests", key=key)["requests"]

    assert entry["path"] == PATH
    assert entry["query"] == {"a": ["b"]}
    assert "c2VjcmV0" not in json.dumps(entry)
    assert "other.example" not in json.dumps(entry)
