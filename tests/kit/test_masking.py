"""No output contains a token, neither one of DataFast's form, nor any other that was given to the run."""

import base64
import html
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest

from contract_tests.asking.credentials import Credentials, load_credentials
from contract_tests.commands.verify import REPORTS
from contract_tests.masking import Mask
from contract_tests.tokens import without_tokens
from tests.command import ended
from tests.quick import quick
from tests.timing import assert_cheap

# This does not look like a DataFast token: only its use as a credential shows that it is one.
_SECRET = "sk_live/S3cret+T0ken-42"
_SHORT = "s3cr3t"


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "percent-encoded": lambda text: quote(text, safe=""),
    "wholly percent-encoded": _percent,
    "in small percents": lambda text: _percent(text).lower(),
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "one letter percent-encoded": lambda text: text[:3] + _percent(text[3]) + text[4:],
    "JSON-escaped": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    "JSON in JSON": lambda text: json.dumps("".join(f"\\u{ord(c):04X}" for c in text)),
    "JSON with escaped slashes": lambda text: text.replace("/", "\\/"),
    "Python's escapes": lambda text: "".join(f"\\x{ord(c):02x}" for c in text),
    "HTML-escaped": html.escape,
    "HTML's decimals": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "HTML's hexadecimals": lambda text: "".join(f"&#X{ord(c):04X};" for c in text),
    "HTML's names": lambda text: text.replace("_", "&lowbar;").replace("/", "&sol;").replace("+", "&plus;"),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal in capitals": lambda text: text.encode().hex().upper(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 behind a byte": lambda text: base64.b64encode(b"?" + text.encode()).decode(),
    "base64 behind two bytes": lambda text: base64.b64encode(b"::" + text.encode() + b"?").decode(),
    "base64 of a header": lambda text: base64.b64encode(f"Bearer {text}\r\n".encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(b"\xff" + text.encode() + b"\xff").decode(),
    "base64 in a URL": lambda text: quote(base64.b64encode(text.encode() + b"\xff\xfe").decode(), safe=""),
    "UTF-16": lambda text: text.encode("utf-16-le").decode("latin-1"),
    "UTF-16, the other way": lambda text: text.encode("utf-16-be").decode("latin-1"),
}
_EACH_FORM = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


@_EACH_FORM
@pytest.mark.parametrize("around", quick(["{}", "<{}>", '"{}"', "token={}&x=1", "a {} b {}"], 1))
def test_a_given_token_is_found_however_it_is_written(form: Callable[[str], str], around: str) -> None:
    told = Mask([_SECRET]).text(around.replace("{}", form(_SECRET)))

    assert "***" in told
    assert _knowable(told, _SECRET) == []


@_EACH_FORM
def test_a_given_token_is_found_in_bytes(form: Callable[[str], str]) -> None:
    body = b"\xff\x00" + form(_SECRET).encode("latin-1") + b"\xe9"
    told = Mask([_SECRET]).body(body)

    assert _knowable(told.decode("latin-1"), _SECRET) == []
    assert (told[:2], told[-1:]) == (b"\xff\x00", b"\xe9")


def test_the_longest_token_is_found_first() -> None:
    assert Mask(["dft_abc", "df_demo", "df_demo_long"]).text("df_demo_long df_demo dft_abc") == (
        "df_*** df_*** dft_***"
    )


@pytest.mark.parametrize(
    ("token", "text", "told"),
    [
        pytest.param(_SHORT, f"<{_SHORT}> {_SHORT.upper()}.", "<***> ***.", id="a short one"),
        pytest.param(_SHORT, f"x{_SHORT} {_SHORT}x", f"x{_SHORT} {_SHORT}x", id="within a word"),
        pytest.param("abcd", "abcd", "abcd", id="too short"),
        pytest.param("1770355650000", '{"n": 1770355650000}', '{"n": 1770355650000}', id="a number"),
        pytest.param("a.c[d]*e", "aXc[d]*e a.c[d]*e", "aXc[d]*e ***", id="no expression"),
    ],
)
def test_what_is_a_token(token: str, text: str, told: str) -> None:
    assert Mask([token]).text(text) == told


def test_nothing_is_hidden_where_no_token_is_given() -> None:
    assert Mask().text("sk_live") == "sk_live"
    assert Mask().body(b"\xffsk_live") == b"\xffsk_live"


def test_a_word_of_the_document_is_no_secret() -> None:
    body = b'{"status": "success", "data": [{"visitors": 4}]}'

    assert Credentials("success", "Visitors").mask().body(body) == body


def test_every_role_is_a_secret_and_ids_are_none() -> None:
    given = load_credentials("mock")
    told = given.mask().text(f"{given.limited} {given.suspended} {given.website_id} {given.bot}")

    assert told == f"df_*** df_*** {given.website_id} {given.bot}"


def _knowable(told: str, secret: str) -> list[str]:
    """Returns the names of the forms in which a text still contains a secret."""
    return [name for name, form in FORMS.items() if _core(name, form(secret)) in told]


def _core(name: str, text: str) -> str:
    """Returns the part of an encoded secret that does not depend on the text around the secret."""
    return (text[4:-4] or text) if "base64" in name else text


# --- tokens of DataFast's form ------------------------------------------------------------------------------

LOOKS = {
    "plain": "df_secret1",
    "of an account": "dft_secret1",
    "in a URL": "https://x.example/?t=df_secret1&u=dft_secret1",
    "the first letter": "%64f_secret1",
    "the second letter": "d%66_secret1",
    "the underscore": "df%5Fsecret1",
    "the underscore in small letters": "dft%5fsecret1",
    "the account's letter": "df%74_secret1",
    "a letter of the rest": "df_s%65cret1",
    "twice": "df%255Fsecret1",
    "three times": "%252564f_secret1",
    "behind an encoded character": "%20df_secret1%3Ddft_secret1",
    "behind an escape of JSON": "\\ndf_secret1\\u001bdft_secret1",
    "behind an escape of Python": "\\x1bdf_secret1",
    "behind a backslash": "\\df_secret1",
    "JSON's escape": "df\\u005fsecret1",
    "JSON in JSON": "df\\\\u005fsecret1",
    "JSON in a URL": "df%5Cu005fsecret1",
    "JavaScript's escape": "d\\u{66}_secret1",
    "Python's escape": "d\\x66_secret1",
    "an octal escape": "df\\137secret1",
    "HTML's number": "df&#95;secret1",
    "HTML's number in hexadecimal": "df&#x5F;secret1",
    "HTML's name": "df&lowbar;secret1",
    "HTML in HTML": "df&amp;#95;secret1",
}


@pytest.mark.parametrize("text", LOOKS.values(), ids=LOOKS)
def test_what_looks_like_a_token_is_kept_secret(text: str) -> None:
    assert "secret1" not in without_tokens(text)


@pytest.mark.parametrize("text", ["pdf_secret1", "df-secret1", "abcdf_x", "df", "%2Fpdf_x", "sdft_x", "df_"])
def test_what_looks_like_none_is_shown(text: str) -> None:
    assert without_tokens(text) == text


@pytest.mark.parametrize(
    "part",
    quick(
        [
            "\\",
            "%5C",
            "%25",
            "%",
            "&amp;",
            "&#0",
            "df_",
            "d",
            "sk_live/",
            "/",
            "\\u0",
            "\\u{0",
            "df%5",
            "QUJD",
        ],
        4,
    ),
)
def test_no_text_takes_long(part: str) -> None:
    text = part * (100_000 // len(part))

    def mask() -> None:
        without_tokens(text)
        Mask([_SECRET, "/secret", "\\\\secret"]).text(f"{text} %73 secret")

    assert_cheap(mask, steps=100 * len(text))


# --- servers that echo --------------------------------------------------------------------------------------


class _Echo(BaseHTTPRequestHandler):
    """A server that echoes the token of each request, in each form, in headers and bodies."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        told = [form(token) for form in FORMS.values()] if token else []
        data = [{"visitors": text, text: text} for text in told] or [{"visitors": "1"}]
        if self.path.endswith("/map"):
            rows = [{"visitorId": text, "location": {text: text}, text: 1} for text in told]
            content = {"count": " ".join(told), "visitors": rows, "recentEvents": told}
            body = json.dumps({"status": " ".join(told) or "success", "data": content}).encode()
        elif "/visitors/" in self.path:
            # This is neither UTF-8 nor JSON.
            body = b"\xff" + token.encode() + b" " + self.path.encode()
        else:
            body = json.dumps({"status": "success", "data": data, "echo": told}).encode()
        self.send_response(200 if told or "map" in self.path else 401, f"Hello {token}")
        for name, value in self._headers(told):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _headers(self, told: list[str]) -> Iterator[tuple[str, str]]:
        yield "Content-Type", f"text/{' '.join(told[:3])}"
        yield "X-RateLimit-Limit", " ".join(told[:3])
        for number, text in enumerate(told):
            if text.isprintable():
                yield f"X-Echo-{number}", text
        if told:
            yield f"X-{_SECRET.replace('/', '-')}-{told[0][:7]}", told[0]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Logs nothing."""


@contextmanager
def _echoing(handler: type[BaseHTTPRequestHandler] = _Echo) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.long
@pytest.mark.parametrize(
    "token",
    [
        pytest.param(_SECRET, id="a stranger's"),
        pytest.param(_SHORT, id="a short one"),
        pytest.param("df_Live+Secret", id="DataFast's"),
    ],
)
def test_an_echo_is_written_nowhere(token: str, tmp_path: Path) -> None:
    files = [tmp_path / kind for kind in (*REPORTS, "har")]
    reports = [f"--report={kind}={tmp_path / kind}" for kind in REPORTS]
    options = ("--key", token, "--pause", "0", "--timeout", "5", f"--save-har={tmp_path / 'har'}", *reports)
    with _echoing() as address:
        result = ended("verify", address, *options)

    assert (result.returncode, result.stderr) == (1, "")
    for text in (result.stdout, *(file.read_text("utf-8") for file in files)):
        assert "***" in text
        assert _knowable(text, token) == []
    _assert_well(files[-1].read_text("utf-8"), token)


def _assert_well(har: str, token: str) -> None:
    """Asserts that a HAR contains no token, not even in bodies that are encoded in base64."""
    contents = [entry["response"]["content"] for entry in json.loads(har)["log"]["entries"]]
    packed = [base64.b64decode(content["text"]) for content in contents if content.get("encoding")]
    assert packed
    assert not any(token.encode().lower() in body.lower() for body in packed)


@pytest.mark.long
def test_an_echo_is_shown_by_no_test(tmp_path: Path) -> None:
    with _echoing() as address:
        options = (
            "--datafast-url",
            address,
            "--datafast-key",
            _SECRET,
            "-k",
            "MAP or ENV",
            "-l",
            "-vv",
        )
        without = (f"-pno:{name}" for name in ("cacheprovider", "schemathesis", "hypothesispytest", "anyio"))
        result = subprocess.run(
            [sys.executable, "-m", "pytest", "--pyargs", "contract_tests", "-rA", *without, *options],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    assert result.returncode == 1
    assert re.search(r"\d+ failed", result.stdout)
    assert _knowable(result.stdout + result.stderr, _SECRET) == []


class _Breaking(BaseHTTPRequestHandler):
    """A server that answers with bytes that are not HTTP, and contain the token."""

    def do_GET(self) -> None:
        token = self.headers.get("Authorization", "")
        self.wfile.write(f"HTTP/1.1 200 OK\r\n{token}\r\n\r\n".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Logs nothing."""


class _Moved(BaseHTTPRequestHandler):
    """A server that redirects to a URL with the token in it."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", f"https://x.example/?t={self.headers['Authorization']}")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Logs nothing."""


@pytest.mark.parametrize("handler", [_Breaking, _Moved])
def test_an_echo_is_in_no_sentence(handler: type[BaseHTTPRequestHandler]) -> None:
    with _echoing(handler) as address:
        result = ended("verify", f"{address}/{_SECRET}/v1", "--key", _SECRET)

    assert result.returncode == 3
    assert "***" in result.stdout
    assert _knowable(result.stdout + result.stderr, _SECRET) == []


def test_tokens_of_recorded_traffic_are_secrets_too(tmp_path: Path) -> None:
    told = {"status": _SECRET, "data": [{"visitors": _SECRET.upper()}]}
    entry = {
        "startedDateTime": "2026-02-06T05:27:30Z",
        "request": {
            "method": "GET",
            "url": f"https://x.example/analytics/realtime?k={_SECRET}",
            "headers": [{"name": "AUTHORIZATION", "value": f"Token {_SECRET}"}],
        },
        "response": {"status": 200, "content": {"text": json.dumps(told)}},
    }
    har, report = tmp_path / "a.har", tmp_path / "a.json"
    har.write_text(json.dumps({"log": {"entries": [entry]}}))
    result = ended("verify", "--har", str(har), "--only", "ENV-*,RT-*", "--report", f"json={report}")

    assert result.returncode == 1
    assert _knowable(result.stdout + report.read_text("utf-8"), _SECRET) == []


@pytest.mark.parametrize("part", quick(["\\", "%", "%25", "&amp;", "&#x0", "\\u", "df_", "a\\", "%64f_"], 3))
def test_hostile_texts_are_looked_through_in_the_time_of_their_length(part: str) -> None:
    mask = Mask(["df_sesame-open", "sk_live_SECRET-x", "-odd\\one_"])
    text = part * (100_000 // len(part)) + "\\u0073%73"

    assert_cheap(lambda: without_tokens(mask.text(text)), steps=100 * len(text))


def test_a_token_with_backslashes_is_masked() -> None:
    token = r"odd\\one-42"

    assert Mask([token]).text(rf"{json.dumps(token)} {token}") == '"***" ***'
