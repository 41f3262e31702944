"""The HTML report: one file for people, which has no scripts and loads nothing."""

import xml.etree.ElementTree as ET
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from itertools import groupby
from pathlib import Path

from contract_tests.clauses.telling import counted
from contract_tests.families import Family, family_of
from contract_tests.judging.run import Run
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.report.answers import answers_of, failures_of
from contract_tests.report.markup import Part, element, page_with, prose, styled
from contract_tests.report.summary import (
    TOLD,
    State,
    lacking_told,
    needs_of,
    parted,
    started_at,
    summary_of,
    tool,
)
from contract_tests.report.words import (
    SYMBOLS,
    curl_of,
    ground_of,
    ids_told,
    place_of,
    places_of,
    shortened,
    total_of,
)

_LONGEST_LINE = 2000
_HEADLINES = {
    State.HOLDS: "✓ Holds",
    State.BROKEN: "✗ Broken",
    State.PARTIAL: "? Partial",
    State.NONE: "? No verdict",
}
_TITLES = {
    Outcome.BROKEN: ("broken", "Broken", "The server does not do what the documentation says."),
    Outcome.WARNING: (
        "warnings",
        "Warnings",
        "The server differs from an example, or from reports about the live API. No page promises this.",
    ),
    Outcome.KNOWN: (
        "known",
        "Known deviations",
        "These clauses were broken in the baseline, too, so they do not count as broken.",
    ),
}
# The anchors to which the totals link.
_ANCHORS = {outcome: f"#{anchor}" for outcome, (anchor, _, _) in _TITLES.items()} | {
    Outcome.NOT_OBSERVED: "#unseen",
    Outcome.HOLDS: "#clauses",
}


def html_report(run: Run) -> str:
    """Returns the page: verdict, totals, deviations, clauses that were not observed, all clauses."""
    body = element("body", _header(run), element("main", *_sections(run)), _footer())
    return page_with(element("html", _head(run), body, lang="en"))


@cache
def _style() -> str:
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def _head(run: Run) -> ET.Element:
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{_HEADLINES[summary_of(run).state]}: DataFast contract of {run.base}"),
        styled(_style()),
    )


def _header(run: Run) -> ET.Element:
    summary = summary_of(run)
    verdict = element("p", element("strong", _HEADLINES[summary.state]), " ", summary.sentence)
    failures = failures_of(run)
    more = [element("p", told) for told in (*([] if failures is None else [failures]), *summary.more)]
    return element(
        "header",
        element("h1", "DataFast contract report"),
        element("div", verdict, *more, class_=f"verdict {summary.state.name.lower()}"),
        _facts(run),
    )


def _facts(run: Run) -> ET.Element:
    began = started_at(run)
    facts = (
        ("Server", element("code", run.base)),
        ("Revision", run.recording.judged_by or "unknown"),
        ("Started", began.strftime("%Y-%m-%d %H:%M:%S UTC") if began else "unknown"),
        ("Answers", f"{len(run.recording.exchanges)} in {run.seconds:.1f} s"),
    )
    return _pairs(facts, class_="facts")


def _pairs(pairs: Iterable[tuple[str, Part]], **attributes: str) -> ET.Element:
    """Returns a list of descriptions (`dl`), each with its name."""
    groups = (element("div", element("dt", name), element("dd", part)) for name, part in pairs)
    return element("dl", *groups, **attributes)


def _sections(run: Run) -> Iterator[ET.Element]:
    yield _totals(run)
    for outcome in TOLD:
        verdicts, lacking = parted(run, outcome)
        anchor, title, explained = _TITLES[outcome]
        if verdicts or lacking:
            deviations = map(_deviation, verdicts)
            yield _section(anchor, title, element("p", explained), *deviations, *_lacking(lacking))
    if run.mended:
        told = f"No longer broken, to be removed from the baseline: {', '.join(run.mended)}."
        yield _section("mended", "Mended", element("p", told))
    if run.lost:
        told = f"Held in the baseline, not observed now: {ids_told(run.lost)}."
        yield _section("lost", "No longer observed", element("p", told))
    if run.left:
        yield _section("left", "Left on the server", *(element("p", sentence) for sentence in run.left))
    failed = run.of(Outcome.FAILED)
    if failed:
        told = "This is a bug in the kit; it says nothing about the server. Please report it."
        bugs = (element("li", f"{verdict.clause.id}: {verdict.bug}") for verdict in failed)
        yield _section("failed", "Not judged", element("p", told), element("ul", *bugs))
    if run.of(Outcome.NOT_OBSERVED):
        yield _unseen(run)
    if run.recording.exchanges:
        yield _answers(run)
    yield _all_clauses(run)


def _section(anchor: str, title: str, *parts: Part) -> ET.Element:
    heading = element("h2", title, id=f"{anchor}-title")
    return element("section", heading, *parts, id=anchor, aria_labelledby=f"{anchor}-title")


def _totals(run: Run) -> ET.Element:
    counts = {outcome: len(run.of(outcome)) for outcome in SYMBOLS}
    shown = {outcome: count for outcome, count in counts.items() if count or outcome in _ANCHORS}
    legend = (
        element("li", *_total(outcome, count), class_=_class_of(outcome)) for outcome, count in shown.items()
    )
    told = f"{counted(len(run.verdicts), 'clause', 'clauses')} in all"
    return _section(
        "totals", "Totals", _bar(counts), element("ul", *legend, class_="legend"), element("p", told)
    )


def _total(outcome: Outcome, count: int) -> Iterator[Part]:
    name = total_of(outcome, count)
    yield element("span", SYMBOLS[outcome], aria_hidden="true", class_="sign")
    yield " "
    yield element("a", name, href=_ANCHORS[outcome]) if count and outcome in _ANCHORS else name


def _bar(counts: dict[Outcome, int]) -> ET.Element:
    """Returns a bar that shows the shares of the outcomes. The list below the bar has them in words."""
    bars, start, least = [], 0, sum(counts.values()) // 60
    for outcome, count in counts.items():
        # Every share has a least width; otherwise one broken clause of two hundred would hardly be visible.
        width = max(count, least) if count else 0
        place = {"x": str(start), "y": "0", "width": str(width), "height": "1"}
        bars.append(element("rect", class_=_class_of(outcome), **place))
        start += width
    box = f"0 0 {max(start, 1)} 1"
    return element("svg", *bars, class_="bar", viewBox=box, preserveAspectRatio="none", aria_hidden="true")


def _class_of(outcome: Outcome) -> str:
    return outcome.value.replace(" ", "-")


def _deviation(verdict: Verdict) -> ET.Element:
    clause, anchor = verdict.clause, f"deviation-{verdict.clause.id}"
    heading = element("h3", element("span", clause.id, class_="id"), " ", *prose(clause.sentence), id=anchor)
    met = (element("li", *_met(problem, place)) for problem, place in places_of(verdict.violations))
    curl = shortened(curl_of(verdict.violations[0].exchange), _LONGEST_LINE)
    pairs = (
        ("Found", element("ul", *met)),
        ("Source", ground_of(clause)),
        ("Repeat it", element("pre", element("code", curl), tabindex="0")),
    )
    return element(
        "article", heading, _pairs(pairs), class_=_class_of(verdict.outcome), aria_labelledby=anchor
    )


def _met(problem: str, place: str) -> Sequence[Part]:
    return problem, element("br"), element("code", shortened(place, _LONGEST_LINE))


def _lacking(verdicts: Sequence[Verdict]) -> Iterator[ET.Element]:
    """Yields a table with a row for each operation that the server does not have; nothing for none."""
    if verdicts:
        rows = (
            element(
                "tr", element("th", verdict.clause.id, scope="row"), element("td", element("code", place))
            )
            for verdict in verdicts
            for place in [shortened(place_of(verdict.violations[0]), _LONGEST_LINE)]
        )
        yield element("p", f"{lacking_told(verdicts)}:")
        yield _table("Operations that the server does not have", ("Clause", "Answer"), rows, class_="stacked")


def _lacking_row(verdict: Verdict) -> ET.Element:
    place = shortened(place_of(verdict.violations[0]), _LONGEST_LINE)
    name = element("th", verdict.clause.id, scope="row")
    return element("tr", name, element("td", element("code", place)))


def _unseen(run: Run) -> ET.Element:
    rows = (
        element(
            "tr",
            element("td", *prose(need)),
            element("td", counted(len(ids), "clause", "clauses")),
            element("td", ids_told(ids)),
        )
        for need, ids in needs_of(run).items()
    )
    told = "These clauses could not be judged, because no answer contained the values that they are about."
    table = _table(
        "Clauses that were not observed, and what is needed to observe them",
        ("What is needed", "Number", "Clauses"),
        rows,
        class_="stacked",
    )
    return _section("unseen", "Not observed", element("p", told), table)


def _answers(run: Run) -> ET.Element:
    rows = (
        element("tr", element("th", a.operation, scope="row"), *_cells(a.statuses_told(), a.times_told()))
        for a in answers_of(run)
    )
    table = _table("How the server answered", ("Operation", "Statuses", "Time"), rows)
    return _section("answers", "Answers by operation", table)


def _cells(*texts: str) -> Iterator[ET.Element]:
    return (element("td", text) for text in texts)


def _all_clauses(run: Run) -> ET.Element:
    groups = groupby(run.verdicts, key=lambda verdict: family_of(verdict.clause.id))
    return _section(
        "clauses", "All clauses", *(_family(family, list(verdicts)) for family, verdicts in groups)
    )


def _family(family: Family, verdicts: Sequence[Verdict]) -> ET.Element:
    counts = {outcome: sum(v.outcome is outcome for v in verdicts) for outcome in SYMBOLS}
    told = ", ".join(total_of(outcome, count) for outcome, count in counts.items() if count)
    table = _table(f"Clauses: {family.title}", ("Clause", "Says", "Verdict"), map(_row, verdicts))
    return element("details", element("summary", element("strong", family.title), f": {told}"), table)


def _row(verdict: Verdict) -> ET.Element:
    clause, outcome = verdict.clause, verdict.outcome
    cases = f" ({counted(verdict.cases, 'case', 'cases')})" if verdict.cases else ""
    sign = element("span", SYMBOLS[outcome], aria_hidden="true", class_="sign")
    return element(
        "tr",
        element("th", clause.id, scope="row"),
        element("td", *prose(clause.sentence)),
        element("td", sign, f" {outcome.value}{cases}", class_=_class_of(outcome)),
    )


def _table(caption: str, titles: Sequence[str], rows: Iterable[ET.Element], **attributes: str) -> ET.Element:
    heads = (element("th", title, scope="col") for title in titles)
    return element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *heads)),
        element("tbody", *rows),
        **attributes,
    )


def _footer() -> ET.Element:
    told = f"Made by {' '.join(tool().values())}. Tokens are left out: set DATAFAST_KEY to repeat a request."
    return element("footer", element("p", told))
