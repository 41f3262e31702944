"""The report as a page: its markup, its style, and what it shows."""

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

from contract_tests.judging.verdict import Outcome
from contract_tests.report.as_html import html_report
from tests.kit.reports import HARMLESS, RUNS, tags_of
from tests.kit.sample_runs import BASE, broken, filled_with, stopped

_ATTRIBUTES = {
    *("aria-hidden", "aria-labelledby", "charset", "class", "content", "height", "href", "http-equiv", "id"),
    *("lang", "name", "preserveaspectratio", "scope", "tabindex", "viewbox", "width", "x", "y"),
}


def test_the_page_allows_its_style_and_nothing_else() -> None:
    page = html_report(broken())
    style = page[page.index("<style>") + len("<style>") : page.index("</style>")]
    digest = b64encode(sha256(style.encode()).digest()).decode()

    assert f"default-src 'none'; style-src 'sha256-{digest}'; " in page
    assert "url(" not in style
    assert {tag for tag, _ in tags_of(page)} & {"script", "link", "img", "iframe", "form", "base"} == set()
    assert {name for _, attributes in tags_of(page) for name, _ in attributes} & {
        "style",
        "src",
        "onclick",
    } == set()


def test_the_page_has_attributes_and_classes_that_a_browser_and_its_style_know() -> None:
    nothing_judged = replace(stopped(), verdicts=stopped().verdicts[1:])
    runs = [*(make() for make in RUNS.values()), filled_with(HARMLESS, None), nothing_judged]
    pages = list(map(html_report, runs))
    attributes = [attribute for page in pages for _, found in tags_of(page) for attribute in found]
    classes = {one for name, value in attributes if name == "class" for one in str(value).split()}
    style = pages[0].partition("<style>")[2].partition("</style>")[0]

    assert {name for name, _ in attributes} <= _ATTRIBUTES
    assert classes == set(re.findall(r"\.([a-z][a-z-]*)(?=[^;{}]*\{)", style))


def test_each_outcome_has_its_share_of_the_bar() -> None:
    run = broken()
    holding = [verdict for verdict in run.verdicts if verdict.outcome is Outcome.HOLDS]
    (warning,) = (verdict for verdict in run.verdicts if verdict.outcome is Outcome.WARNING)
    tags = tags_of(html_report(replace(run, verdicts=(*holding * 89, warning, warning))))
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
    tags = tags_of(html_report(broken()))
    ids = [value for _, attributes in tags for name, value in attributes if name == "id"]
    leads = {
        value for _, attributes in tags for name, value in attributes if name in ("href", "aria-labelledby")
    }

    assert len(ids) == len(set(ids))
    assert leads
    assert {str(lead).removeprefix("#") for lead in leads} <= set(ids)


def test_the_page_has_landmarks_and_heads() -> None:
    tags = tags_of(html_report(broken()))
    names = [tag for tag, _ in tags]

    assert [names.count(tag) for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    assert tags[0] == ("html", (("lang", "en"),))
    assert all(any(name == "scope" for name, _ in attributes) for tag, attributes in tags if tag == "th")
    assert names.count("caption") == names.count("table")
