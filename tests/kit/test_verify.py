"""`datafast-mock verify` against the mock and against other servers: verdicts and exit codes."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from contract_tests.asking.own_mock import INSTANT
from contract_tests.report.files import report_schema
from tests.command import address_of, ended, serving, started
from tests.kit.nobody import nobody
from tests.kit.strangers.plain import KEY, Stranger
from tests.kit.strangers.refusing import Waking
from tests.kit.strangers.serving import running
from tests.quick import quick

_MOCK = ("--credentials", "mock")
# The options for tests in which the time between polls does not matter.
_SWIFT = (*_MOCK, "--pause", "0.2")
# The options for an instant with payments. At another instant there may be none, and then their members are
# not observed.
_FULL = ("--now", INSTANT)
# The clauses that may be unobserved, because they need a visitor who has just paid, or a map of 2026-02.
_UNSEEN = {
    "2026-02": {"MAP-93"},
    "2026-06": {"MAP-93", "MAP-94", "MAP-96", "AGR-11", "WRITE-16", "WRITE-21"},
}
_KINDS = ("json", "junit", "markdown")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a mock for tests that write nothing to it."""
    with serving(*_FULL) as address:
        yield address


@pytest.mark.parametrize(
    "options",
    [
        pytest.param((*_FULL, "--revision", "2026-02"), id="2026-02"),
        pytest.param((*_FULL, "--revision", "2026-06"), id="2026-06"),
        pytest.param((*_FULL, "--speed", "60"), id="a minute a second"),
        pytest.param((*_FULL, "--freeze"), id="frozen", marks=pytest.mark.slow),
        pytest.param(("--now", "2025-12-31T23:59:50Z"), id="the turn of a year", marks=pytest.mark.slow),
        pytest.param(
            ("--now", "2041-03-01T00:00:00Z", "--revision", "2026-06"),
            id="years ahead",
            marks=pytest.mark.slow,
        ),
        pytest.param((*_FULL, "--seed", "7"), id="another world", marks=pytest.mark.slow),
    ],
)
@pytest.mark.long
def test_the_mock_holds_every_clause(options: tuple[str, ...], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    begun = time.monotonic()
    with serving(*options) as address:
        ready = time.monotonic()
        result = ended("verify", address, *_MOCK, "--writes", "--report", f"json={report}")
    over = time.monotonic()
    assert result.returncode == 0, result.stdout
    content = json.loads(report.read_bytes())
    outcomes = {clause["id"]: clause["outcome"] for clause in content["clauses"]}
    revision = options[options.index("--revision") + 1] if "--revision" in options else "2026-02"
    unseen = {clause_id for clause_id, outcome in outcomes.items() if outcome == "not observed"}
    # On a busy machine a minute a second leaves no time to see a visitor before and after a payment.
    hurried = {"WRITE-21"} if "--speed" in options else set()
    assert unseen <= _UNSEEN[revision] | hurried, result.stdout
    assert set(outcomes.values()) <= {"holds", "other revision", "not observed"}, result.stdout
    assert content["revision"] == revision
    # The kit waits for some seconds; its work takes as long as a few starts of the mock.
    assert over - ready < 15 + 30 * (ready - begun)
    assert content["answers"] < 200


@pytest.mark.long
def test_a_fault_is_told_with_all_that_repeats_it() -> None:
    with (
        serving(*_FULL) as upstream,
        started("count-too-small", "--upstream", upstream, "--port", "0", command="mutate") as mutate,
    ):
        result = ended("verify", address_of(mutate), *_SWIFT)
    assert result.returncode == 1
    told = result.stdout
    assert "1 broken" in told
    broken = told[told.index("BROKEN") :]
    assert "MAP-72    `count` is at least the number of listed visitors" in broken
    assert "/data/count = " in broken
    assert "Get realtime map" in broken
    assert 'curl -i -H "Authorization: Bearer $DATAFAST_KEY"' in broken
    # The report also lists the clause that the fault makes unobservable, and what it needs.
    assert "1 clause: three rounds of map, counter, map" in told
    assert "df_demo" not in told


@pytest.mark.long
def test_a_sample_of_mutants_is_noticed_over_the_wire(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with serving(*_FULL) as upstream:
        for name, clause in (
            ("malformed visitor id, 404", "ERR-02"),
            ("another city", "AGR-03"),
            ("getDevices ignores offset", "getDevices.paging-offset"),
            ("one date, 200", "SEL-13"),
        ):
            with started(name, "--upstream", upstream, "--port", "0", command="mutate") as mutate:
                result = ended(
                    "verify",
                    address_of(mutate),
                    *_SWIFT,
                    "--report",
                    f"json={report}",
                )
            outcomes = {c["id"]: c["outcome"] for c in json.loads(report.read_bytes())["clauses"]}
            broken = [clause for clause, outcome in outcomes.items() if outcome == "broken"]
            assert (result.returncode, broken) == (1, [clause])


@pytest.mark.long
def test_the_baseline_lets_known_deviations_pass(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with serving(*_FULL) as upstream:
        with started("count too small", "--upstream", upstream, "--port", "0", command="mutate") as mutate:
            address = address_of(mutate)
            first = ended("verify", address, *_SWIFT, "--report", f"json={report}")
            again = ended("verify", address, *_SWIFT, "--baseline", str(report))
        mended = ended("verify", upstream, *_SWIFT, "--baseline", str(report))
    assert (first.returncode, again.returncode, mended.returncode) == (1, 0, 0)
    assert "1 known deviation," in again.stdout
    assert "KNOWN DEVIATIONS\nMAP-72" in again.stdout
    assert "No longer broken, to be removed from the baseline: MAP-72" in mended.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    quick(
        [
            pytest.param(("--key", "df_nobody"), 4, "refuses the token df_*** with 401", id="refused key"),
            pytest.param((), 4, "no key was given, and the server refuses requests without one", id="no key"),
            pytest.param(
                ("--account-token", "dft_test"), 4, "no website was given for the account", id="no website"
            ),
            pytest.param(
                ("--key", "df_test", "--only", "ENV-*", "--require", "AUTH-04"),
                5,
                "AUTH-04",
                id="unseen clause",
            ),
            pytest.param(
                ("--key", "df_limited", "--max-requests", "3"), 3, "have all been sent", id="too few requests"
            ),
            pytest.param(("--key", "df_error_500"), 5, "answered 500", id="lasting 500"),
        ],
        3,
    ),
)
def test_partial_verdicts(server: str, arguments: tuple[str, ...], code: int, words: str) -> None:
    result = ended("verify", server, *arguments, "--pause", "0.2")

    assert result.returncode == code, result.stdout
    assert words in result.stdout.splitlines()[-1]


def test_a_refused_token_is_all_that_is_told(server: str) -> None:
    result = ended("verify", server, "--key", "df_nobody")

    (told,) = result.stdout.splitlines()
    assert told.startswith(
        f"No verdict: {server}/api/v1/analytics/realtime refuses the token df_*** with 401;"
    )
    assert "--key" in told


def test_a_missing_key_is_told_first_and_last(server: str) -> None:
    _, first, *_, last = ended("verify", server, "--pause", "0.2").stdout.splitlines()

    assert first == last
    assert "no key was given" in first


@pytest.mark.long
def test_before_its_websites_began_the_mock_breaks_no_clause_but_has_no_visitor_to_judge() -> None:
    with serving("--now", "2019-12-31T23:59:50Z") as address:
        result = ended("verify", address, *_SWIFT)

    # A broken clause would make the code 1.
    assert result.returncode == 5, result.stdout
    assert "no successful answer of getVisitor was seen" in result.stdout.splitlines()[-1]


def test_a_server_that_does_not_answer_gets_no_verdict(tmp_path: Path) -> None:
    reports = [tmp_path / name for name in ("report.json", "report.md", "report.html")]
    kinds = ("json", "markdown", "html")
    options = [f"--report={kind}={path}" for kind, path in zip(kinds, reports, strict=True)]
    with nobody() as address:
        result = ended("verify", address, "--key", "df_test", *options)

    assert result.returncode == 3
    assert result.stdout.splitlines()[-1].startswith("No verdict: no answer from ")
    report = json.loads(reports[0].read_bytes())
    assert report["verdict"] == "no verdict"
    # The report is valid, although it lists all clauses, including those that are made from the document.
    assert [error.message for error in Draft202012Validator(report_schema()).iter_errors(report)] == []
    assert "DataFast contract: no verdict" in reports[1].read_text()
    assert "? No verdict" in reports[2].read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("localhost:8484",), "must begin with http://", id="no URL"),
        pytest.param(("http://[::1",), "its host or port is not valid", id="half a URL"),
        pytest.param(("http://me:hunter2@x",), "'http://***@x' contains a user: leave", id="a user"),
        pytest.param(
            ("https://hunter2@x/api/v1",), "'https://***@x/api/v1' contains a user", id="a user only"
        ),
        pytest.param(("http://@x",), "contains a user", id="a user without a name"),
        pytest.param(("http://me:hunter2/y@x",), "'http://***@x' is not a URL", id="a slash in the password"),
        pytest.param(("http://me:hunter2?y@x",), "'http://***@x' is not a URL", id="a query in the password"),
        pytest.param(("http://me%3Ahunter2@x",), "contains a user", id="an encoded user"),
        pytest.param(("me:hunter2@x",), "'***@x' is not a URL", id="a user without a scheme"),
        pytest.param(("http:///me:hunter2@x",), "the host is missing", id="no host"),
        pytest.param(("http://x:99999",), "its host or port is not valid", id="no port"),
        pytest.param(("--har", "a", "http://me:hunter2@x"), "contains a user", id="a user beside a file"),
        pytest.param(("http://x/a b",), "'http://x/a b' is not a URL: it contains ' '", id="a blank"),
        pytest.param(("http://x/\u200b",), r"it contains '\u200b'", id="a character without width"),
        pytest.param(("http://x/api/v1?x=1",), "leave out everything from `?` or `#` on", id="a query"),
        pytest.param(("http://x/api/v1#x",), "leave out everything from `?` or `#` on", id="a fragment"),
        pytest.param(("http://x?",), "leave out everything from `?` or `#` on", id="an empty query"),
        pytest.param(("http://x", "--only", "MAP-999"), "there is no clause 'MAP-999'", id="no such clause"),
        pytest.param(("http://x", "--revision", "2025-01"), "known: 2026-02, 2026-06", id="no such revision"),
        pytest.param(("http://x", "--report", "pdf=a"), "is not KIND=FILE", id="no such report"),
        pytest.param((), "no server is given", id="no server"),
        pytest.param(("http://x", "--timeout", "nan"), "'--timeout': nan is not a number", id="no timeout"),
        pytest.param(("http://x", "--pause", "nan"), "'--pause': nan is not a number", id="no pause"),
        pytest.param(
            ("http://x", "--timeout", "5x"),
            "'5x' is not a number of seconds or a duration, such as 500ms",
            id="timeout of no unit",
        ),
        pytest.param(
            ("http://x", "--rate-limit", "5/x"),
            "'5/x' is not a number of requests a second or a rate, such as 60/min",
            id="rate of no time",
        ),
        pytest.param(("http://x", "--rate-limit", "nan"), "'--rate-limit': nan is not a", id="no rate"),
        pytest.param(
            ("http://x", "--key", "dft_x"), "an account token (dft_…) is given", id="account token as key"
        ),
        pytest.param(
            ("http://x", "--account-token", "df_x"),
            "a website's key (df_…) is given",
            id="key as account token",
        ),
        pytest.param(
            ("http://x", "--account-token", "dft_x", "--website-id", "nope"), "'nope' is not 24", id="no id"
        ),
        pytest.param(
            ("http://10.0.0.1", "--fuzz", "--key", "df_x"), "--i-own-this-server", id="fuzz strangers"
        ),
        pytest.param(("http://localhost", "--fuzz"), "needs a token", id="fuzz without token"),
        pytest.param(("--har", "a", "--fuzz"), "needs a URL", id="fuzz a file"),
        pytest.param(
            ("http://localhost", "--har", "a", "--fuzz", "--key", "df_x"),
            "--fuzz sends requests; it needs a URL, and no --har",
            id="fuzz a file beside a URL",
        ),
        pytest.param(
            ("--har", "a", "--max-requests", "9"), "--max-requests limits requests", id="no request"
        ),
        pytest.param(
            ("--har", "a", "--rate-limit", "9"), "--rate-limit limits requests", id="no rate at all"
        ),
        pytest.param(("--har", "a", "--connect-to", "::1"), "--connect-to directs", id="no connection"),
        pytest.param(("http://x", "--fuzz-examples", "9"), "it needs --fuzz", id="examples without fuzzing"),
        pytest.param(("--explain-coverage", "--events"), "leave --events out", id="events without a run"),
        pytest.param(("--explain-coverage", "--har", "a"), "leave --har out", id="a file without a run"),
        pytest.param(("--explain-coverage", "--save-har", "a"), "leave --save-har out", id="nothing to save"),
        pytest.param(
            ("--explain-coverage", "--report", "json=a"), "leave --report out", id="nothing to report"
        ),
        pytest.param(
            ("http://10.0.0.1", "--writes", "--key", "df_x"), "--i-own-this-server", id="write to strangers"
        ),
        pytest.param(("http://localhost", "--writes"), "needs a token", id="write without token"),
        pytest.param(
            ("http://localhost", "--har", "a", "--writes", "--key", "df_x"), "no --har", id="write to a file"
        ),
        pytest.param(("--har", "a", "--save-har", "b"), "--save-har", id="save what is saved"),
        pytest.param(
            ("http://x", "--wait", "soon"), "'soon' is not a duration, such as 30s", id="no seconds"
        ),
        pytest.param(("http://x", "--wait", "-1s"), "'-1s' is not a duration", id="less than no seconds"),
        pytest.param(("http://x", "--wait", "nan"), "'nan' is not a duration", id="no number"),
        pytest.param(
            ("http://x", "--key", "df_\u00e9hunter2"),
            "website's key contains '\u00e9', which a token cannot have",
            id="no ASCII",
        ),
        pytest.param(
            ("http://x", "--key", "df_\u2026"),
            "'\u2026', which a token cannot have: give the whole token, as it is",
            id="as a page shows it",
        ),
        pytest.param(
            ("http://x", "--key", "Bearer df_hunter2"),
            "the website's key begins with `Bearer`; give the token alone",
            id="a whole header",
        ),
        pytest.param(
            ("http://x", "--key", "df_hun ter2"),
            "website's key contains ' ', which a token cannot have",
            id="a blank within",
        ),
        pytest.param(("http://x", "--account-token", "dft_hunter2\x7f"), "account token contains", id="DEL"),
        pytest.param(("http://x", "--website-id", "df_hunter2"), "'df_***' is not 24", id="a key as an id"),
        pytest.param(("http://x", "--credentials", "df_hunter2"), "df_***: No such", id="a key as a file"),
        pytest.param(("http://x", "--credentials", "nowhere.yaml"), "nowhere.yaml: No such", id="no file"),
        pytest.param(("http://x", "--baseline", "nowhere.json"), "nowhere.json: No such", id="no baseline"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], words: str) -> None:
    result = ended("verify", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert "hunter2" not in result.stderr


@pytest.mark.parametrize("text", quick(["20", "1min", "20s", "20000ms", "0.5m", "0.01h", " 20.S", "1M"], 2))
def test_durations(text: str) -> None:
    with running(Stranger(), after=0.5) as base:
        result = ended("verify", base, "--key", KEY, "--pause", "0", "--only", "RT-*", "--wait", text)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "\t\n"])
def test_a_secret_with_the_end_of_its_line(end: str) -> None:
    options = ("--pause", "0", "--only", "RT-*")
    environment = {"DATAFAST_KEY": f"{KEY}{end}", "DATAFAST_ACCOUNT_TOKEN": end}
    with running(Stranger()) as base:
        result = ended("verify", base, *options, environment=environment)

    assert result.returncode == 0, result.stdout


@pytest.mark.long
@pytest.mark.parametrize(
    ("options", "extra"),
    [pytest.param((), "verify", id="verify"), pytest.param(("--fuzz",), "fuzz", id="with Schemathesis")],
)
def test_missing_packages_are_told_with_the_extra(
    options: tuple[str, ...], extra: str, tmp_path: Path
) -> None:
    # Python looks for this file at its start.
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['httpx2'] = None\n")

    result = ended("verify", "http://127.0.0.1:9", *options, environment={"PYTHONPATH": str(tmp_path)})

    assert result.returncode == 2
    assert f"pip install 'datafast-mock[{extra}]'" in result.stderr


@pytest.mark.parametrize("url", ["{}\n", " {}\r\n", "{}/ "])
def test_white_space_around_the_url_is_not_part_of_it(url: str) -> None:
    with running(Stranger()) as base:
        result = ended("verify", url.format(base), "--key", KEY, "--pause", "0", "--only", "RT-*")

    assert result.returncode == 0, result.stdout + result.stderr


def test_server_down() -> None:
    with nobody() as address:
        result = ended("verify", address, *_SWIFT)
    assert result.returncode == 3
    assert f"no answer from {address}/api/v1" in result.stdout
    assert "Connection refused" in result.stdout
    assert "Errno" not in result.stdout


def test_a_starting_server_is_waited_for() -> None:
    begun = time.monotonic()
    # The time is longer than the command needs for its first request, unless the machine is very busy.
    with running(Stranger(), after=2.0) as base:
        result = ended("verify", base, "--key", KEY, "--pause", "0", "--wait", "20s")
    assert time.monotonic() - begun > 2
    assert result.returncode == 0, result.stdout


@pytest.mark.long
def test_a_server_that_starts_behind_a_gateway_is_waited_for() -> None:
    with running(Waking()) as base:
        result = ended("verify", base, "--key", KEY, "--pause", "0", "--only", "RT-*", "--wait", "60s")
    assert result.returncode == 0, result.stdout


def test_a_run_of_one_request_speaks_of_one() -> None:
    with running(Stranger()) as base:
        result = ended("verify", base, "--key", KEY, "--only", "RT-*", "--max-requests", "1")
    assert "the one request that is allowed (--max-requests) has been sent." in result.stdout


def test_a_run_that_ends_early_asks_for_no_key_that_it_has() -> None:
    with running(Stranger()) as base:
        result = ended("verify", base, "--key", KEY, "--only", "AUTH-*,ERR-*", "--max-requests", "2")
    assert result.returncode == 3, result.stdout
    assert "the rest of the run, which ended early (" in result.stdout
    assert "(`--key`)" not in result.stdout
    assert "an account token (`--account-token`)" in result.stdout


def test_a_run_that_ends_early_names_the_token_that_a_clause_needs() -> None:
    with running(Stranger()) as base:
        result = ended("verify", base, "--key", KEY, "--only", "getOverview.elsewhere", "--max-requests", "1")

    assert (
        "1 clause: a token for the role `elsewhere` (`--credentials`) (getOverview.elsewhere)"
        in result.stdout
    )


@pytest.mark.long
def test_tokens_come_from_the_environment_and_are_never_shown(tmp_path: Path) -> None:
    reports = [tmp_path / name for name in ("a.json", "b.xml", "c.md")]
    options = [f"--report={kind}={file}" for kind, file in zip(_KINDS, reports, strict=True)]
    environment = {"DATAFAST_KEY": "df_shop", "DATAFAST_ACCOUNT_TOKEN": "dft_test"}
    with serving(*_FULL) as address:
        result = ended("verify", address, *options, "--pause=0.2", environment=environment)
    assert result.returncode == 0, result.stdout
    for text in (result.stdout, result.stderr, *(file.read_text("utf-8") for file in reports)):
        assert "df_shop" not in text
        assert "dft_test" not in text


def test_explain() -> None:
    result = ended("explain", "map-77")
    assert result.stdout.startswith("MAP-77  No payment is older than 10 minutes, or half a minute more")
    assert "“Get realtime map data” (2026-02), Response" in result.stdout
    assert "payments out of the window" in result.stdout
    assert "About     Number of visitors active in" in ended("explain", "RT-01").stdout
    assert ended("explain").stdout.count("\n") > 150
    assert "there is no clause 'MAP-1000'" in ended("explain", "MAP-1000").stderr


def test_explain_names_the_source_and_separates_the_names_of_mutants() -> None:
    selected = ended("explain", "SEL-04").stdout

    assert "Source    the public documentation of GET /analytics/overview\n" in selected
    assert "Mutants   suspended, 402 · suspended, 200 · " in ended("explain", "AUTH-08").stdout
