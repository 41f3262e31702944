"""What a server sends, in each kind of report: it cannot inject markup, commands or tokens."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from contract_tests.judging.run import Run
from contract_tests.report.as_annotations import annotations_report
from contract_tests.report.as_html import html_report
from contract_tests.report.as_junit import junit_report
from contract_tests.report.as_markdown import MOST_CHARACTERS, markdown_report
from contract_tests.report.words import plain
from tests.kit.reports import HARMLESS, REPORTS, RUNS, STRANGE, json_errors, junit_schema, tags_of, value_of
from tests.kit.sample_runs import broken, filled_with, much_broken, stopped
from tests.quick import quick

TOKENS = {
    "a text": "df_secret123 and dft_secret123",
    "a URL": "https://x.example/?token=df_secret123&t=dft_secret123",
    "an encoded URL": "https://x.example/%20df_secret123?q=%3ddft_secret123%df_secret123",
    "lines": "a\ndf_secret123\tdft_secret123\x1bdf_secret123",
    "Python's quotes": repr("a\ndf_secret123\x1bdft_secret123\u202edf_secret123"),
    "a URL's user": "https://user:secret123@x.example/",
    "backslashes": "\\df_secret123 \\\\dft_secret123",
}


@pytest.mark.parametrize("text", quick(STRANGE.values(), 7), ids=STRANGE)
@pytest.mark.parametrize("kind", quick(REPORTS, 3))
def test_nothing_that_cannot_be_seen_is_told(kind: str, text: str) -> None:
    told = REPORTS[kind](filled_with(text, value_of(text)))

    assert plain(told.replace("\n", "")) == told.replace("\n", "")
    assert told.encode("utf-8")


@pytest.mark.parametrize("text", quick(TOKENS.values(), 3), ids=TOKENS)
@pytest.mark.parametrize("kind", REPORTS)
def test_no_token_is_told(kind: str, text: str) -> None:
    assert "secret123" not in REPORTS[kind](filled_with(text, value_of(text)))


@pytest.mark.parametrize("text", quick(STRANGE.values(), 7), ids=STRANGE)
def test_nobody_can_write_html(text: str) -> None:
    clean = html_report(filled_with(HARMLESS, value_of(HARMLESS)))
    strange = html_report(filled_with(text, value_of(text)))

    assert tags_of(strange) == tags_of(clean)


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_nobody_can_write_markdown(text: str) -> None:
    clean = markdown_report(filled_with(HARMLESS, value_of(HARMLESS)))
    strange = markdown_report(filled_with(text, value_of(text)))

    assert _markup(strange) == _markup(clean)


def test_a_stranger_s_text_stands_in_code_only() -> None:
    text = "@octocat [x](y) ` | `` <b>"
    tokens = list(_flat(MarkdownIt().parse(markdown_report(filled_with(text, value_of(text))))))

    assert {token.type for token in tokens if "octocat" in token.content and not token.children} == {
        "code_inline",
        "fence",
    }


@pytest.mark.parametrize("text", quick(STRANGE.values(), 7), ids=STRANGE)
def test_programs_can_read_on(text: str) -> None:
    run = filled_with(text, value_of(text))

    assert list(json_errors(run)) == []
    junit_schema().validate(junit_report(run))


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
    lines = annotations_report(filled_with(text, value_of(text))).splitlines()

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


def _markup(text: str) -> list[tuple[str, str]]:
    """Returns the elements of a page of Markdown, without their texts."""
    return [(token.type, token.tag) for token in _flat(MarkdownIt().parse(text))]


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])
