"""Proxies in the environment: this machine and `NO_PROXY` are reached directly, all others by the proxy."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from contract_tests.asking.proxies import ProxyError, proxy_of
from tests.command import ended, serving
from tests.kit.nobody import nobody

_PROXY = "http://proxy.example:3128"
_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def _only(**given: str) -> dict[str, str]:
    """Returns an environment with these variables, in capitals and small letters, and no other proxies."""
    told = {name: given.get(name, "") for name in _NAMES}
    return told | {name.lower(): value for name, value in told.items()}


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("url", "environment", "proxy"),
    [
        pytest.param("http://a.example/api", {}, None, id="none"),
        pytest.param("http://a.example/api", {"HTTP_PROXY": _PROXY}, _PROXY, id="by scheme"),
        pytest.param("http://a.example/api", {"http_proxy": _PROXY}, _PROXY, id="in small letters"),
        pytest.param("https://a.example/api", {"HTTP_PROXY": _PROXY}, None, id="another scheme's"),
        pytest.param("https://a.example/api", {"ALL_PROXY": _PROXY}, _PROXY, id="for all"),
        pytest.param("http://a.example", {"HTTP_PROXY": "p.example:1"}, "http://p.example:1", id="no scheme"),
        *(
            pytest.param(f"http://{host}:3000/api/v1", {"ALL_PROXY": "socks5://p.example:1"}, None, id=host)
            for host in ("127.0.0.1", "localhost", "[::1]", "127.0.0.9", "app.localhost", "127.1")
        ),
        *(
            pytest.param("http://a.b.example:8080/", {"ALL_PROXY": _PROXY, "NO_PROXY": told}, None, id=told)
            for told in ("*", "a.b.example", "b.example", ".b.example", "x, .example", "A.B.Example")
        ),
        *(
            pytest.param("http://a.b.example/", {"ALL_PROXY": _PROXY, "NO_PROXY": told}, _PROXY, id=told)
            for told in ("b.example.org", "x.a.b.example", "10.0.0.0/8", "")
        ),
        *(
            pytest.param("http://10.1.2.3:80/", {"ALL_PROXY": _PROXY, "no_proxy": told}, None, id=told)
            for told in ("10.1.2.3", "10.0.0.0/8", "192.168.0.0/16,10.0.0.0/8", "10.1.2.99/24")
        ),
        pytest.param("http://10.1.2.3/", {"ALL_PROXY": _PROXY, "NO_PROXY": "10.2.0.0/16"}, _PROXY, id="10.2"),
        pytest.param("http://[fd00::1]/", {"ALL_PROXY": _PROXY, "NO_PROXY": "fd00::/8"}, None, id="fd00::/8"),
        pytest.param(
            "http://[fd00::1]/", {"ALL_PROXY": _PROXY, "NO_PROXY": "[fd00::1]"}, None, id="[fd00::1]"
        ),
    ],
)
def test_the_proxy_for_a_server(
    url: str, environment: Mapping[str, str], proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert proxy_of(url) == proxy


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        pytest.param(
            "socks5://u:geheim@p.example:1", "socks5://p.example:1", id="SOCKS5 without its package"
        ),
        pytest.param("socks5h://p.example:1", "pip install socksio", id="SOCKS5 that resolves names"),
        pytest.param("socks4://p.example:1", "not an HTTP or SOCKS5 proxy", id="SOCKS4"),
        pytest.param("http://u:geheim@p.example:99999", "is not a URL", id="an impossible port"),
        pytest.param("http://[bad", "is not a URL", id="half an address"),
        pytest.param("http://", "is not a URL", id="no host"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(
    proxy: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)

    with pytest.raises(ProxyError) as raised:
        proxy_of("http://a.example/")

    assert words in str(raised.value)
    assert "geheim" not in str(raised.value)


@pytest.mark.long
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "socks5://127.0.0.1:1"])
def test_the_mock_on_this_machine_is_asked_directly(proxy: str) -> None:
    environment = _only(HTTP_PROXY=proxy, ALL_PROXY=proxy)
    with serving() as address:
        result = ended("verify", address, "--key", "df_test", "--only", "RT-*", environment=environment)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("wait", [[], ["--wait", "300ms"]], ids=["at once", "after a wait"])
def test_a_socks_proxy_without_its_package_is_a_plain_sentence(wait: list[str]) -> None:
    environment = _only(ALL_PROXY="socks5://127.0.0.1:1")
    result = ended("verify", "http://a.example", "--key", "df_test", *wait, environment=environment)

    assert result.returncode == 3
    assert "needs one more package: pip install socksio" in result.stdout
    assert not any(word in result.stdout + result.stderr for word in ("Traceback", "httpx", "Import"))


@pytest.mark.long
def test_a_proxy_that_does_not_answer_is_named() -> None:
    with nobody() as proxy:
        environment = _only(HTTP_PROXY=proxy.replace("://", "://user:geheim@"))
        result = ended("verify", "http://a.example", "--key", "df_test", environment=environment)

    assert result.returncode == 3
    assert f"through the proxy {proxy}: Connection refused" in result.stdout
    assert "geheim" not in result.stdout + result.stderr


def test_a_proxy_that_answers_itself_is_named() -> None:
    with _forbidding() as proxy:
        environment = _only(HTTP_PROXY=proxy)
        result = ended("verify", "http://a.example", "--key", "df_test", environment=environment)

    assert result.returncode == 3
    assert f"through the proxy {proxy} answers 407 with text/html" in result.stdout


def test_a_server_that_is_excepted_is_asked_directly() -> None:
    with nobody() as server:
        environment = _only(ALL_PROXY="http://127.0.0.1:1", NO_PROXY="a.example")
        result = ended("verify", server, "--key", "df_test", environment=environment)

    assert "proxy" not in result.stdout


@contextmanager
def _forbidding() -> Iterator[str]:
    """Runs a proxy that requires a password, and yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps("who are you?").encode()
            self.send_response(407)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Logs nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
