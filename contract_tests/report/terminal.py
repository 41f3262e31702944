"""The report for a terminal: deviations, clauses that were not observed, and the verdict in the last line."""

import textwrap
from collections.abc import Iterator

import click

from contract_tests.clauses.telling import counted
from contract_tests.judging.run import Run
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.report.answers import answers_of, failures_of
from contract_tests.report.summary import State, Summary, lacking_told, needs_of, parted, summary_of
from contract_tests.report.words import curl_of, ground_of, ids_told, place_of, places_of, plain, total_of

_WIDTH = 100
_INDENT = " " * 10
_MOST_PLACES = 2
_MOST_IDS = 10
_MOST_UNSEEN = 12
_COLORS = {State.HOLDS: "green", State.BROKEN: "red", State.PARTIAL: "yellow", State.NONE: "yellow"}
_TITLES = {Outcome.BROKEN: "BROKEN", Outcome.WARNING: "WARNINGS", Outcome.KNOWN: "KNOWN DEVIATIONS"}


def terminal_report(run: Run) -> str:
    """Returns the report: totals, deviations, clauses that were not observed and what they need, verdict."""
    return "\n".join(_lines(run))


def _lines(run: Run) -> Iterator[str]:
    revision = run.recording.judged_by
    told = f"judged by revision {revision}" if revision else "the revision is unknown"
    summary = summary_of(run)
    if not run.recording.exchanges:
        # There is nothing to count: the first answer already ended the run, or there was none.
        yield from _verdict(summary)
        return
    answers = counted(len(run.recording.exchanges), "answer", "answers")
    yield f"{answers} from {plain(run.base)} in {run.seconds:.1f} s; {told}"
    failures = failures_of(run)
    if failures is not None:
        yield click.style(failures, fg="yellow", bold=True)
    if run.refused is not None:
        yield from _verdict(summary)
    yield _totals(run)
    for outcome, title in _TITLES.items():
        color = "red" if outcome is Outcome.BROKEN else "yellow"
        verdicts, lacking = parted(run, outcome)
        if verdicts or lacking:
            yield from ("", click.style(title, fg=color, bold=True))
        for verdict in verdicts:
            yield from _deviation(verdict, color)
        yield from _lacking(lacking, color)
    if run.mended:
        yield from ("", f"No longer broken, to be removed from the baseline: {', '.join(run.mended)}")
    if run.lost:
        told = f"Held in the baseline, not observed now: {ids_told(run.lost)}"
        yield ""
        yield from textwrap.wrap(told, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    if run.left:
        yield from ("", "Left on the server:")
        for sentence in run.left:
            yield from textwrap.wrap(
                plain(sentence), _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
            )
    for verdict in run.of(Outcome.FAILED):
        bug = f"{verdict.clause.id} could not be judged because of a bug in the kit: {plain(verdict.bug)}"
        yield from ("", click.style(bug, fg="red"))
    yield from _unseen(run)
    yield from _answers(run)
    yield ""
    yield from _verdict(summary)


def _verdict(summary: Summary) -> Iterator[str]:
    return (click.style(sentence, fg=_COLORS[summary.state], bold=True) for sentence in summary.sentences)


def _totals(run: Run) -> str:
    counts = {outcome: len(run.of(outcome)) for outcome in Outcome}
    broken, warnings = counts[Outcome.BROKEN], counts[Outcome.WARNING]
    parts = [click.style(counted(counts[Outcome.HOLDS], "clause holds", "clauses hold"), fg="green")]
    parts.append(click.style(f"{broken} broken", fg="red" if broken else None, bold=bool(broken)))
    if counts[Outcome.KNOWN]:
        parts.append(total_of(Outcome.KNOWN, counts[Outcome.KNOWN]))
    parts.append(click.style(counted(warnings, "warning", "warnings"), fg="yellow" if warnings else None))
    parts.append(f"{counts[Outcome.NOT_OBSERVED]} not observed")
    if counts[Outcome.OTHER_REVISION]:
        parts.append(f"{counts[Outcome.OTHER_REVISION]} of the other revision")
    return ", ".join(parts)


def _deviation(verdict: Verdict, color: str) -> Iterator[str]:
    clause = verdict.clause
    first, *others = _wrapped(clause.sentence, "")
    yield f"{click.style(f'{clause.id:<8}', fg=color, bold=True)}  {first}"
    yield from (f"{_INDENT}{line}" for line in others)
    places = places_of(verdict.violations)
    for problem, place in places[:_MOST_PLACES]:
        yield from _item("found", problem)
        yield _line("", place)
    if len(places) > _MOST_PLACES:
        yield _line("", "… and elsewhere")
    yield from _item("source", ground_of(clause))
    yield _line("repeat", curl_of(verdict.violations[0].exchange))


def _lacking(verdicts: list[Verdict], color: str) -> Iterator[str]:
    """Yields a line for each operation that the server does not have."""
    if verdicts:
        yield f"{lacking_told(verdicts)}:"
    width = max((len(verdict.clause.id) for verdict in verdicts), default=0)
    for verdict in verdicts:
        name = click.style(f"{verdict.clause.id:<{width}}", fg=color, bold=True)
        yield f"  {name}  {place_of(verdict.violations[0])}"


def _item(title: str, text: str) -> Iterator[str]:
    first, *others = _wrapped(text, " " * 8)
    yield _line(title, first)
    yield from (_line("", line) for line in others)


def _line(title: str, text: str) -> str:
    """Returns an indented line. It is not wrapped, so that URLs and commands can be copied."""
    return f"{_INDENT}{title:<8}{text}"


def _wrapped(text: str, margin: str) -> list[str]:
    """Returns the lines of a text that is indented below an id."""
    width = _WIDTH - len(_INDENT) - len(margin)
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _unseen(run: Run) -> Iterator[str]:
    """Yields the lines about clauses that were not observed, grouped by their needs."""
    needs = needs_of(run)
    if not needs or not run.recording.exchanges:
        return
    yield from ("", "NOT OBSERVED, and what is needed")
    for need, ids in list(needs.items())[:_MOST_UNSEEN]:
        yield from textwrap.wrap(
            f"{counted(len(ids), 'clause', 'clauses')}: {need} ({ids_told(ids, _MOST_IDS)})",
            _WIDTH,
            initial_indent="  ",
            subsequent_indent=" " * 4,
            break_on_hyphens=False,
        )
    if len(needs) > _MOST_UNSEEN:
        yield f"  … and {len(needs) - _MOST_UNSEEN} more; `--report html=FILE` lists them all"


def _answers(run: Run) -> Iterator[str]:
    """Yields a line for each operation: the statuses and times of its answers."""
    found = answers_of(run)
    if found:
        yield from ("", "ANSWERS")
    width = max((len(answers.operation) for answers in found), default=0)
    for answers in found:
        yield f"  {answers.operation:<{width}}  {answers.statuses_told()}; {answers.times_told()}"
