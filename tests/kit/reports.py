"""The runs whose reports are tested, and how the tests read reports."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import click
from jsonschema import Draft202012Validator
from xmlschema import XMLSchema

from contract_tests.exchange import Json
from contract_tests.judging.run import Run
from contract_tests.report.as_json import json_report
from contract_tests.report.files import WRITERS, report_schema
from contract_tests.report.terminal import terminal_report
from tests.kit.sample_runs import all_holds, broken, known_deviations, stopped

_HERE = Path(__file__).parent
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


def value_of(text: str) -> Json:
    return {text: [text, {"of": text}], "n": 1}


def json_errors(run: Run) -> Iterator[str]:
    validator = Draft202012Validator(report_schema())
    return (error.message for error in validator.iter_errors(json.loads(json_report(run))))


@cache
def junit_schema() -> XMLSchema:
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


def tags_of(page: str) -> list[tuple[str, tuple[tuple[str, str | None], ...]]]:
    parser = _Tags()
    parser.feed(page)
    parser.close()
    return parser.found
