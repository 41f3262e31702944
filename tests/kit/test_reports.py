r"""The reports of a run: what they say, that programs can read them, and that no server can inject markup.

The terminal's output is kept in `snapshots/`; `.venv/bin/python -m tests.kit.test_reports` rewrites it.
"""

import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator
from junitparser import JUnitXml, TestSuite
from markdown_it import MarkdownIt
from markdown_it.token import Token
from xmlschema import XMLSchema

from contract_tests.asking import labels
from contract_tests.asking.har.writing import write_har
from contract_tests.asking.needs import Need
from contract_tests.clauses import all_clauses
from contract_tests.clauses.clause import Violation
from contract_tests.commands.verify import verify
from contract_tests.exchange import Exchange, Json
from contract_tests.families import FAMILIES, family_of
from contract_tests.judging.run import Run
from contract_tests.judging.verdict import Outcome
from contract_tests.operations import MAP
from contract_tests.recording import Recording
from contract_tests.report.as_annotations import annotations_report
from contract_tests.report.as_html import html_report
from contract_tests.report.as_json import json_report
from contract_tests.report.as_junit import junit_report
from contract_tests.report.as_markdown import MOST_CHARACTERS, markdown_report
from contract_tests.report.files import WRITERS, baseline_of, report_schema, write_report
from contract_tests.report.summary import summary_of
from contract_tests.report.targets import TargetError, check_target
from contract_tests.report.terminal import terminal_report
from contract_tests.report.words import (
    curl_of,
    ids_told,
    place_of,
    plain,
    shown,
)
from tests.command import COMMAND, ended
from tests.kit.nobody import nobody
from tests.kit.sample_runs import BASE, all_holds, broken, filled_with, known_deviations, much_broken, stopped
from tests.quick import quick

_HERE = Path(__file__).parent
_SNAPSHOTS = _HERE / "snapshots"
RUNS: dict[str, Callable[[], Run]] = {
    "all-holds": all_holds,
    "broken": broken,
    "stopped": stopped,
    "known-deviations": known_deviations,
}
REPORTS = {"terminal": lambda run: click.unstyle(terminal_report(run)), **WRITERS}

HARMLESS = "harmless"
STRANGE = {
    "an element": "<img src=x onerror=alert(1)>",
    "the end of a script": "</script></style></title></textarea>--><svg/onload=alert(1)>",
    "the end of an attribute": "\" onclick='x' \"><a href='javascript:x'>x</a>",
    "an entity": "&lt;b&gt; &#60;b&#62; &nbsp",
    "the end of CDATA": "]]><x/> <![CDATA[",
    "pipes": "a | b \\| c || d",
    "backticks": "` `` ``` ````` <b>x</b> `",
    "a backtick first": "`` <b>x</b> **y** [z](x)",
    "a backtick last": "<b>x</b> **y** [z](x) ``",
    "a fence": "\n```\n# Heading\n```\n<details>\n",
    "links": "[x](https://evil.example) ![x](//evil.example/x.png) <https://evil.example> www.evil.example",
    "mentions": "@octocat octo-org/repo#1 #1 GH-1 someone@example.com",
    "emphasis": "*a* **b** __c__ ~~d~~ \\*",
    "terminal escapes": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \x08\x7f",
    "line ends": "a\nb\r\nc\u2028d\u2029e\x85f\x0bg",
    "directions": "\u202egnp.exe \u2066x\u2069 \u200f\u200b\ufeff",
    "NUL": "a\x00b",
    "half characters": "\ud83d x \udc00",
    "no characters": "\ufffe\uffff\U000e0001\U0010ffff",
    "a long text": "x" * 5_000,
    "a quote and spaces": ' it\'s "quoted" ',
}
TOKENS = {
    "a text": "df_secret123 and dft_secret123",
    "a URL": "https://x.example/?token=df_secret123&t=dft_secret123",
    "an encoded URL": "https://x.example/%20df_secret123?q=%3ddft_secret123%df_secret123",
    "lines": "a\ndf_secret123\tdft_secret123\x1bdf_secret123",
    "Python's quotes": repr("a\ndf_secret123\x1bdft_secret123\u202edf_secret123"),
    "a URL's user": "https://user:secret123@x.example/",
    "backslashes": "\\df_secret123 \\\\dft_secret123",
}

_ATTRIBUTES = {
    *("aria-hidden", "aria-labelledby", "charset", "class", "content", "height", "href", "http-equiv", "id"),
    *("lang", "name", "preserveaspectratio", "scope", "tabindex", "viewbox", "width", "x", "y"),
}


def _value(text: str) -> Json:
    return {text: [text, {"of": text}], "n": 1}


# --- for people ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RUNS)
def test_terminal(name: str) -> None:
    assert _terminal(name) == (_SNAPSHOTS / f"{name}.txt").read_text("utf-8")


def _terminal(name: str) -> str:
    return REPORTS["terminal"](RUNS[name]()) + "\n"


def test_the_terminal_tells_the_verdict_last_and_colors_it() -> None:
    lines = terminal_report(broken()).splitlines()

    assert lines[-1].startswith("\x1b[31m\x1b[1mThe contract is broken: 2 of the 5 clauses")


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (all_holds, ["The contract holds: of the 6 clauses that were judged, none is broken."]),
        (
            broken,
            ["The contract is broken: 2 of the 5 clauses that were judged did not hold (AUTH-02, MAP-72)."],
        ),
        (
            known_deviations,
            [
                (
                    "The contract holds: of the 2 clauses that were judged, none is broken;"
                    " 1 is a known deviation."
                )
            ],
        ),
    ],
)
def test_summary(run: Callable[[], Run], words: list[str]) -> None:
    assert list(summary_of(run()).sentences) == words


def test_the_terminal_breaks_no_line_at_a_hyphen() -> None:
    words = " ".join(["last-known"] * 40)
    run = filled_with(words, None)
    verdicts = [replace(verdict, why=Need(words)) for verdict in run.verdicts]
    lines = REPORTS["terminal"](replace(run, verdicts=verdicts, left=[words])).splitlines()

    # A word that stands in two lines cannot be searched for.
    assert [line for line in lines if line.endswith("-")] == []
    assert sum("last-known last-known" in line for line in lines) > 3 * len(words) // 100


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_says_what_is_left_on_the_server(report: str) -> None:
    run = replace(all_holds(), left=["the payment mock_1 stays on the server: DELETE /payments answered 503"])

    assert "mock_1 stays on the server" in REPORTS[report](run)
    assert "stays on the server" not in REPORTS[report](all_holds())


@pytest.mark.parametrize("report", ["terminal", "markdown", "html"])
def test_every_report_for_people_says_what_can_leave_the_baseline(report: str) -> None:
    assert "No longer broken, to be removed from the baseline" in REPORTS[report](known_deviations())
    assert "No longer broken" not in REPORTS[report](all_holds())


def test_a_broken_contract_is_partial_too_where_the_run_ended_early() -> None:
    verdict, partial, bug = summary_of(filled_with(HARMLESS, None)).sentences

    assert verdict.startswith("The contract is broken: 1 of the 3 clauses")
    assert partial == "The verdict is partial: harmless."
    assert bug == "The verdict is partial: 1 clause could not be judged because of a bug in the kit."


def test_every_family_has_a_name() -> None:
    found = list(dict.fromkeys(family_of(clause.id) for clause in all_clauses()))

    assert found[: len(FAMILIES)] == list(FAMILIES)
    assert all(family.title for family in found)


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (["MAP-01"], "MAP-01"),
        (["MAP-09", "MAP-10"], "MAP-09, MAP-10"),
        (["MAP-09", "MAP-10", "MAP-11", "VIS-12"], "MAP-09 to MAP-11, VIS-12"),
        (["AUTH-03", "ERR-04"], "AUTH-03, ERR-04"),
    ],
)
def test_ids(ids: list[str], told: str) -> None:
    assert ids_told(ids) == told


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param({"a": [1, None, "x"]}, '{"a":[1,null,"x"]}', id="plain JSON"),
        pytest.param("a\ndf_secret\x1b", '"a\\ndf_***\\u001b"', id="a token after an escape"),
        pytest.param("\u202e\ud800", '"\N{REPLACEMENT CHARACTER}?"', id="what cannot be seen"),
        pytest.param(10**30, "1" + "0" * 30, id="a huge number"),
        pytest.param("x" * 10**6, '"' + "x" * 79 + "…", id="a long text"),
    ],
)
def test_values(value: Json, text: str) -> None:
    assert shown(value) == text


def test_a_deep_value_is_not_shown() -> None:
    value: list[Any] = []
    for _ in range(5000):
        value = [value]

    assert shown(value) == "a value that is nested too deeply to be shown"


def test_what_is_missing_has_a_place_and_no_value() -> None:
    exchange = Exchange("GET", "http://x", None, frozenset(), 0, 0, 200, {}, b"")

    assert place_of(Violation("`data` is missing", exchange, "/data")) == "/data"
    assert place_of(Violation("no", exchange, "/data", value=False)) == "/data = false"


@pytest.mark.parametrize(
    ("body", "pointer", "place"),
    [
        pytest.param(b'{"data": {"a": null}}', "/data/a", "/data/a = null", id="null"),
        pytest.param(b'{"data": [{"a~/b": 1}]}', "/data/0/a~0~1b", "/data/0/a~0~1b = 1", id="in a list"),
        pytest.param(b'{"data": []}', "/data/0/a", "/data/0/a", id="beyond the end of a list"),
        pytest.param(b'{"data": []}', "/data/x", "/data/x", id="no number in a list"),
        pytest.param(b'{"data": 1}', "/data/a", "/data/a", id="in a number"),
        pytest.param(b'{"data": "%s"}' % (b"x" * 999), "/data", f'/data = "{"x" * 79}…', id="a long text"),
        pytest.param(b'{"data": "df_secret"}', "/data", '/data = "df_***"', id="a token"),
        pytest.param(b"<html>\n", "", '200 from http://x: "<html>\\n"', id="no JSON"),
        pytest.param(b"\xff\xfe", "", '200 from http://x: "\ufffd\ufffd"', id="no text"),
        pytest.param(b"", "", "200 from http://x", id="no body"),
        pytest.param(b"{}", "", "200 from http://x", id="the whole answer"),
    ],
)
def test_a_violation_shows_the_value_that_was_met(body: bytes, pointer: str, place: str) -> None:
    exchange = Exchange("GET", "http://x", MAP, frozenset(), 0, 0, 200, {}, body)

    assert place_of(Violation("it is wrong", exchange, pointer)) == place


@pytest.mark.parametrize(
    ("label", "header"),
    [
        pytest.param(labels.WITH_KEY, '"Authorization: Bearer $DATAFAST_KEY"', id="the key"),
        pytest.param(
            labels.WITH_ACCOUNT, '"Authorization: Bearer $DATAFAST_ACCOUNT_TOKEN"', id="the account token"
        ),
        pytest.param(labels.UNKNOWN_CREDENTIAL, "'Authorization: Bearer df_***'", id="a token nobody has"),
    ],
)
def test_a_curl_can_be_pasted(label: str, header: str) -> None:
    found = frozenset({label, labels.OK})
    exchange = Exchange("GET", "http://x/a?b=$c", None, found, 0, 0, 200, {}, b"", token="df_***")

    assert curl_of(exchange) == f"curl -i -H {header} 'http://x/a?b=$c'"


def test_a_pasted_curl_sends_the_token_of_the_environment() -> None:
    exchange = Exchange(
        "GET", "http://x/'$(id)`id`", None, frozenset({labels.WITH_KEY}), 0, 0, 200, {}, b"", token="df_***"
    )
    line = curl_of(exchange).replace("curl", "printf '%s\\n'", 1)
    told = subprocess.run(
        ["sh", "-c", line], env={"DATAFAST_KEY": "df_a b"}, capture_output=True, text=True, check=True
    )

    assert told.stdout.splitlines() == ["-i", "-H", "Authorization: Bearer df_a b", "http://x/'$(id)`id`"]


def test_a_curl_names_its_method_and_is_quoted_for_a_shell() -> None:
    exchange = Exchange(
        "DELETE", "http://x/$(reboot)';a", None, frozenset(), 0, 0, 200, {}, b"", token="dft_***"
    )

    assert curl_of(exchange) == (
        "curl -i -X DELETE -H 'Authorization: Bearer dft_***' 'http://x/$(reboot)'\"'\"';a'"
    )


# --- for programs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RUNS)
def test_the_json_report_is_as_its_schema_says(name: str) -> None:
    assert list(_json_errors(RUNS[name]())) == []


def test_the_schema_is_one_and_describes_every_member() -> None:
    schema = report_schema()
    Draft202012Validator.check_schema(schema)

    assert list(_undescribed(schema, "")) == []


def test_the_json_report_tells_what_was_met() -> None:
    report = json.loads(json_report(broken()))

    clause = next(clause for clause in report["clauses"] if clause["id"] == "MAP-72")
    assert (report["verdict"], report["exitCode"], report["startedAt"]) == (
        "broken",
        1,
        "2026-02-06T05:27:30.000Z",
    )
    assert clause["outcome"] == "broken"
    assert clause["violations"][0] == {
        "problem": "`count` is 46, but 47 visitors are listed",
        "pointer": "/data/count",
        "value": 46,
        "place": "/data/count = 46",
        "exchange": {
            "operation": "getRealtimeMap",
            "method": "GET",
            "url": "https://stats.example.com/api/v1/analytics/realtime/map?limit=10",
            "labels": ["ok"],
            "sentAt": "2026-02-06T05:27:30.000Z",
            "milliseconds": 12,
            "status": 200,
        },
        "curl": "curl -i -H 'Authorization: Bearer df_***'"
        " 'https://stats.example.com/api/v1/analytics/realtime/map?limit=10'",
    }


def test_the_json_report_repeats_a_value_as_it_was_or_not_at_all() -> None:
    strange = "\x1b[31m\u202e\x85\U000e0001é"

    assert _violation(json_report(filled_with("x", strange)))["value"] == strange
    assert "value" not in _violation(json_report(filled_with("x", "x" * 1001)))
    assert "value" not in _violation(json_report(filled_with("x", list(range(1000)))))


def _violation(report: str) -> Any:
    return json.loads(report)["clauses"][0]["violations"][0]


def test_a_report_is_a_baseline(tmp_path: Path) -> None:
    write_report("json", tmp_path / "new folder" / "a.json", broken())
    write_report("json", tmp_path / "b.json", known_deviations())

    assert baseline_of(tmp_path / "new folder" / "a.json").broken == {"AUTH-02", "MAP-72"}
    assert baseline_of(tmp_path / "new folder" / "a.json").held == {"ENV-01", "MAP-73", "MAP-74"}
    assert baseline_of(tmp_path / "b.json").broken == {"MAP-72"}


@pytest.mark.parametrize("name", RUNS)
def test_the_junit_report_is_as_its_schema_says(name: str) -> None:
    _junit_schema().validate(junit_report(RUNS[name]()))


def test_the_junit_report_counts_what_it_holds() -> None:
    suite = ET.fromstring(junit_report(filled_with(HARMLESS, None)))

    counts = {name: len(suite.findall(f"testcase/{name}")) for name in ("failure", "error", "skipped")}
    assert counts == {"failure": 1, "error": 2, "skipped": 1}
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["6", "1", "2", "1"]


def test_the_junit_report_tells_when_it_began_and_what_judged_what() -> None:
    suite = ET.fromstring(junit_report(broken()))
    properties = {one.get("name"): one.get("value") for one in suite.findall("properties/property")}

    assert suite.get("timestamp") == "2026-02-06T05:27:30"
    assert suite.get("time") == "1.250"
    assert properties == {
        "tool": f"datafast-mock {version('datafast-mock')}",
        "base": "https://stats.example.com/api/v1",
        "revision": "2026-02",
        "answers": "1",
    }


@pytest.mark.parametrize("make", [*RUNS.values(), lambda: filled_with(HARMLESS, None)])
def test_a_reader_of_junit_counts_the_same(make: Callable[[], Run]) -> None:
    run = make()
    suite = _read_junit(run)
    cases = list(suite)

    written = (suite.tests, suite.failures, suite.errors, suite.skipped, suite.time)
    suite.update_statistics()  # type: ignore[no-untyped-call] # of junitparser
    assert (suite.tests, suite.failures, suite.errors, suite.skipped, suite.time) == written
    assert suite.tests == len(run.verdicts) + 1
    # GitLab takes two cases with the same class and name for one; some readers need the time of each case.
    assert len({(case.classname, case.name) for case in cases}) == len(cases)
    assert all(case.time is not None for case in cases)


def test_a_reader_of_junit_finds_what_broke_and_why() -> None:
    (case,) = (case for case in _read_junit(broken()) if str(case.name).startswith("MAP-72"))
    (failure,) = case.result

    assert (case.classname, failure.type) == ("datafast.MAP", "broken")
    assert failure.message == "`count` is 46, but 47 visitors are listed"
    assert "/data/count = 46" in failure.text
    assert failure.text.splitlines()[-1].startswith("curl -i ")


@pytest.mark.long
def test_no_line_of_a_junit_report_is_long() -> None:
    report = junit_report(filled_with("x" * 1_000_000, "x" * 1_000_000))

    assert len(report) < 100_000


def _read_junit(run: Run) -> TestSuite:
    # The reader returns a list of suites even for a single suite.
    (suite,) = JUnitXml.fromstring(junit_report(run).encode())
    assert isinstance(suite, TestSuite)
    return suite


@pytest.mark.parametrize("kind", REPORTS)
def test_a_run_without_an_answer_is_told_of(kind: str) -> None:
    run = replace(stopped(), recording=Recording([]))
    told = REPORTS[kind](run)

    assert "Connection refused" in told


def test_a_junit_report_without_an_answer_has_no_time_and_no_revision() -> None:
    report = junit_report(replace(stopped(), recording=Recording([])))
    suite = ET.fromstring(report)

    _junit_schema().validate(report)
    assert suite.get("timestamp") is None
    assert [one.get("value") for one in suite.findall("properties/property")][2:] == ["unknown", "0"]


def test_the_json_report_tells_of_a_bug_where_there_is_one_alone() -> None:
    clauses = json.loads(json_report(filled_with(HARMLESS, None)))["clauses"]

    assert {clause["outcome"]: clause["bug"] for clause in clauses} == {
        "broken": None,
        "warning": None,
        "known deviation": None,
        "kit failed": HARMLESS,
        "not observed": None,
    }


def test_a_partial_verdict_does_not_look_green_in_junit() -> None:
    suite = ET.fromstring(junit_report(stopped()))

    assert "Connection refused" in str(suite.find("testcase[@classname='datafast.run']/error").get("message"))  # type: ignore[union-attr]


# --- what a server sends ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("kind", quick(REPORTS, 3))
def test_nothing_that_cannot_be_seen_is_told(kind: str, text: str) -> None:
    told = REPORTS[kind](filled_with(text, _value(text)))

    assert plain(told.replace("\n", "")) == told.replace("\n", "")
    assert told.encode("utf-8")


@pytest.mark.parametrize("text", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize("kind", REPORTS)
def test_no_token_is_told(kind: str, text: str) -> None:
    assert "secret123" not in REPORTS[kind](filled_with(text, _value(text)))


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_nobody_can_write_html(text: str) -> None:
    clean = html_report(filled_with(HARMLESS, _value(HARMLESS)))
    strange = html_report(filled_with(text, _value(text)))

    assert _tags(strange) == _tags(clean)


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_nobody_can_write_markdown(text: str) -> None:
    clean = markdown_report(filled_with(HARMLESS, _value(HARMLESS)))
    strange = markdown_report(filled_with(text, _value(text)))

    assert _markup(strange) == _markup(clean)


def test_a_stranger_s_text_stands_in_code_only() -> None:
    text = "@octocat [x](y) ` | `` <b>"
    tokens = list(_flat(MarkdownIt().parse(markdown_report(filled_with(text, _value(text))))))

    assert {token.type for token in tokens if "octocat" in token.content and not token.children} == {
        "code_inline",
        "fence",
    }


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_programs_can_read_on(text: str) -> None:
    run = filled_with(text, _value(text))

    assert list(_json_errors(run)) == []
    _junit_schema().validate(junit_report(run))


@pytest.mark.parametrize(
    ("count", "text"),
    [
        pytest.param(200, "x", id="many"),
        pytest.param(30, "`|@x <b> \N{SNOWMAN}" * 100, id="long"),
        pytest.param(30, "`" * 1200, id="long fences"),
    ],
)
def test_markdown_fits_a_comment(count: int, text: str) -> None:
    told = markdown_report(much_broken(count, text))

    assert MOST_CHARACTERS / 2 < len(told) <= MOST_CHARACTERS
    assert "more, which do not fit" in told
    assert told.count("<details>") == told.count("</details>")
    left_out = sum(map(int, re.findall(r"^- … and (\d+) more, which do not fit", told, re.MULTILINE)))
    # Besides the clauses, there is one operation with an answer.
    assert told.count("- **MAP-72**") + told.count("- getRealtimeMap") + left_out == 3 * count + 1


def test_each_line_above_the_markdown_s_sections_is_a_paragraph() -> None:
    told = markdown_report(broken()).partition("\n#### ")[0].strip().split("\n\n")

    assert [line for line in told if "\n" in line] == []
    assert [line[:4] for line in (told[0], told[-1])] == ["### ", "1 an"]
    assert len(told) == 4


@pytest.mark.parametrize("text", [*STRANGE.values(), "x ::add-mask::y", "##[add-mask]x", "%0A::add-mask::x"])
def test_nobody_can_write_annotations(text: str) -> None:
    lines = annotations_report(filled_with(text, _value(text))).splitlines()

    assert [line.split("::")[1] for line in lines] == [
        "error title=DataFast contract",
        "error title=ENV-01%3A broken",
        "warning title=MAP-74%3A warning",
        "notice title=MAP-72%3A known deviation",
    ]


def test_annotations_say_what_was_met() -> None:
    lines = annotations_report(broken()).splitlines()

    assert lines[2] == (
        "::error title=MAP-72%3A broken::`count` is 46, but 47 visitors are listed: /data/count = 46. "
        "The clause: `count` is the number of active visitors: at least as many as are listed."
    )


def test_an_annotation_is_escaped() -> None:
    (line,) = annotations_report(replace(stopped(), stopped="100 % of a,b:c")).splitlines()

    assert line == "::error title=DataFast contract::The verdict is partial: 100 %25 of a,b:c."


def test_there_are_as_many_annotations_as_github_shows() -> None:
    lines = annotations_report(much_broken(30, "x" * 5000)).splitlines()

    assert [
        sum(line.startswith(f"::{level} ") for line in lines) for level in ("error", "warning", "notice")
    ] == [
        10,
        10,
        10,
    ]
    assert lines[9] == (
        "::error title=DataFast contract::Not shown here: 22 broken; the job's summary lists them."
    )
    assert max(map(len, lines)) < 1200


@pytest.mark.parametrize("make", [*RUNS.values(), lambda: much_broken(200, "\N{SNOWMAN}" * 500)])
def test_a_job_s_summary_has_room_for_the_markdown_report(make: Callable[[], Run]) -> None:
    assert len(markdown_report(make()).encode()) < 1024 * 1024


# --- the page -----------------------------------------------------------------------------------------------


def test_the_page_allows_its_style_and_nothing_else() -> None:
    page = html_report(broken())
    style = page[page.index("<style>") + len("<style>") : page.index("</style>")]
    digest = b64encode(sha256(style.encode()).digest()).decode()

    assert f"default-src 'none'; style-src 'sha256-{digest}'; " in page
    assert "url(" not in style
    assert {tag for tag, _ in _tags(page)} & {"script", "link", "img", "iframe", "form", "base"} == set()
    assert {name for _, attributes in _tags(page) for name, _ in attributes} & {
        "style",
        "src",
        "onclick",
    } == set()


def test_the_page_has_attributes_and_classes_that_a_browser_and_its_style_know() -> None:
    nothing_judged = replace(stopped(), verdicts=stopped().verdicts[1:])
    runs = [*(make() for make in RUNS.values()), filled_with(HARMLESS, None), nothing_judged]
    pages = list(map(html_report, runs))
    attributes = [attribute for page in pages for _, found in _tags(page) for attribute in found]
    classes = {one for name, value in attributes if name == "class" for one in str(value).split()}
    style = pages[0].partition("<style>")[2].partition("</style>")[0]

    assert {name for name, _ in attributes} <= _ATTRIBUTES
    assert classes == set(re.findall(r"\.([a-z][a-z-]*)(?=[^;{}]*\{)", style))


def test_each_outcome_has_its_share_of_the_bar() -> None:
    run = broken()
    holding = [verdict for verdict in run.verdicts if verdict.outcome is Outcome.HOLDS]
    (warning,) = (verdict for verdict in run.verdicts if verdict.outcome is Outcome.WARNING)
    tags = _tags(html_report(replace(run, verdicts=(*holding * 89, warning, warning))))
    (box,) = (dict(found)["viewbox"] for tag, found in tags if tag == "svg")
    bars = [dict(found) for tag, found in tags if tag == "rect"]

    # Two of 180 would hardly be visible.
    assert [(bar["class"], bar["x"], bar["width"]) for bar in bars if bar["width"] != "0"] == [
        ("warning", "0", "3"),
        ("holds", "3", "178"),
    ]
    assert box == "0 0 181 1"


def test_the_page_shows_what_was_judged_and_when() -> None:
    page = html_report(broken())
    facts = dict(re.findall(r"<div><dt>(.+?)</dt><dd>(.+?)</dd></div>", page.partition("</header>")[0]))

    assert facts == {
        "Server": f"<code>{BASE}</code>",
        "Revision": "2026-02",
        "Started": "2026-02-06 05:27:30 UTC",
        "Answers": "1 in 1.2 s",
    }


def test_the_page_leads_only_to_places_in_itself() -> None:
    tags = _tags(html_report(broken()))
    ids = [value for _, attributes in tags for name, value in attributes if name == "id"]
    leads = {
        value for _, attributes in tags for name, value in attributes if name in ("href", "aria-labelledby")
    }

    assert len(ids) == len(set(ids))
    assert leads
    assert {str(lead).removeprefix("#") for lead in leads} <= set(ids)


def test_the_page_has_landmarks_and_heads() -> None:
    tags = _tags(html_report(broken()))
    names = [tag for tag, _ in tags]

    assert [names.count(tag) for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    assert tags[0] == ("html", (("lang", "en"),))
    assert all(any(name == "scope" for name, _ in attributes) for tag, attributes in tags if tag == "th")
    assert names.count("caption") == names.count("table")


# --- the command --------------------------------------------------------------------------------------------


def test_each_kind_of_report_can_be_asked_for() -> None:
    told = next(
        option.help
        for option in verify.params
        if isinstance(option, click.Option) and option.name == "reports"
    )

    assert told is not None
    assert all(kind in told for kind in WRITERS)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("make", RUNS.values(), ids=RUNS)
def test_a_report_takes_the_place_of_an_earlier_one_and_of_no_other_kind(
    kind: str, make: Callable[[], Run], tmp_path: Path
) -> None:
    path = tmp_path / "report"
    write_report(kind, path, make())

    check_target(kind, path, [])
    for other in {*WRITERS, "har"} - {kind}:
        with pytest.raises(TargetError, match=f"is not a {other} file that datafast-mock wrote"):
            check_target(other, path, [])


def test_a_recording_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    write_har(tmp_path / "run.har", broken().recording.exchanges)

    check_target("har", tmp_path / "run.har", [])


@pytest.mark.parametrize(
    "content",
    ["{}", '{"version": 1}', "<html>", "# Notes\n", " ", "\x00", '{"log": {"version": "1.2"}}', "\n"],
)
@pytest.mark.parametrize("kind", [*WRITERS, "har"])
def test_what_somebody_else_wrote_is_not_ours(kind: str, content: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(content)

    with pytest.raises(TargetError, match="exists already"):
        check_target(kind, tmp_path / "a", [])


def test_a_report_that_cannot_be_written_is_told_in_a_line() -> None:
    with nobody() as address:
        result = ended("verify", address, "--report", "html=/dev/full")

    assert result.returncode == 2
    assert "--report: /dev/full: No space left on device" in result.stderr
    assert result.stdout.splitlines()[-1].startswith("No verdict: no answer")


def test_new_and_empty_files_and_devices_may_be_written(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "new" / "file", tmp_path / "empty", tmp_path / "pipe", Path("/dev/null")):
        check_target("json", path, [Path("/dev/null"), tmp_path / "other"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(["--report", "html=."], "--report: .: this is a folder", id="a folder"),
        pytest.param(["--report", "json=notes"], "--report: notes: this file exists already", id="not ours"),
        pytest.param(
            ["--report", "json=link"], "--report: link: this file exists already", id="behind a link"
        ),
        pytest.param(
            ["--save-har", "notes"], "--save-har: notes: this file exists already", id="a recording"
        ),
        pytest.param(
            ["--report", "json=a", "--report", "junit=./a"],
            "--report: a: this file is given twice",
            id="twice",
        ),
        pytest.param(
            ["--report", "json=a", "--save-har", "a"], "--save-har: a: this file is given", id="both"
        ),
        pytest.param(
            ["--report", "json=notes/a"], "--report: notes/a: notes is not a folder", id="below a file"
        ),
    ],
)
def test_a_file_that_must_not_be_written_is_told_before_anything_is_asked(
    options: list[str], words: str, tmp_path: Path
) -> None:
    (tmp_path / "notes").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "notes")
    with nobody() as address:
        result = ended("verify", address, *options, folder=tmp_path)

    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr
    assert (tmp_path / "notes").read_text() == "mine"


@pytest.mark.parametrize(
    ("environment", "is_colored"),
    quick([({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)], 1),
    ids=["NO_COLOR that is empty", "NO_COLOR"],
)
def test_a_terminal_is_colored_unless_it_shall_not_be(environment: dict[str, str], is_colored: bool) -> None:
    outer, inner = os.openpty()
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with nobody() as address:
        subprocess.run([COMMAND, "verify", address], stdout=inner, env={**kept, **environment}, check=False)
    os.close(inner)
    told = os.read(outer, 65_536).decode()
    os.close(outer)

    assert "No verdict: no answer" in told
    assert ("\x1b[" in told) is is_colored


def _json_errors(run: Run) -> Iterator[str]:
    validator = Draft202012Validator(report_schema())
    return (error.message for error in validator.iter_errors(json.loads(json_report(run))))


def _undescribed(schema: Any, place: str) -> Iterator[str]:
    """Yields the places of members that the schema does not describe."""
    for name, member in schema.get("properties", {}).items():
        if "description" not in member and member != {"$ref": "#/$defs/count"}:
            yield f"{place}/{name}"
        yield from _undescribed(member, f"{place}/{name}")
    for name, part in schema.get("$defs", {}).items():
        yield from _undescribed(part, f"#{name}")


@cache
def _junit_schema() -> XMLSchema:
    return XMLSchema(_HERE / "junit.xsd")


class _Tags(HTMLParser):
    """A parser that collects all tags of a page with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(attrs)))

    def handle_comment(self, data: str) -> None:
        self.found.append((f"!--{data}", ()))


def _tags(page: str) -> list[tuple[str, tuple[tuple[str, str | None], ...]]]:
    parser = _Tags()
    parser.feed(page)
    parser.close()
    return parser.found


def _markup(text: str) -> list[tuple[str, str]]:
    """Returns the elements of a page of Markdown, without their texts."""
    return [(token.type, token.tag) for token in _flat(MarkdownIt().parse(text))]


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])


if __name__ == "__main__":
    for made in RUNS:
        (_SNAPSHOTS / f"{made}.txt").write_text(_terminal(made), encoding="utf-8")
