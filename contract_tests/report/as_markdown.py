"""The Markdown report, short enough for a comment on a pull request.

Text from a server is in a code span or block whose fence is longer than any run of backticks in the text. So
the text can contain no markup, and GitHub makes no links or mentions from it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from contract_tests.clauses.telling import counted
from contract_tests.judging.run import Run
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.report.answers import answers_of, failures_of
from contract_tests.report.summary import TOLD, State, gaps_of, needs_of, parted, summary_of, tool
from contract_tests.report.words import (
    SYMBOLS,
    curl_of,
    ground_of,
    ids_told,
    place_of,
    places_of,
    plain,
    shortened,
    total_of,
)

MOST_CHARACTERS = 60_000
"""The maximum number of characters of the report.

A GitHub comment may have 65,536. The rest is room for text that the poster of the report adds.
"""

_LONGEST_LINE = 1000
_MOST_PLACES = 2
# The number of characters that are kept for the sections' titles and ends, and for the number of omitted
# entries.
_RESERVE = 2000
_SIGNS = {State.HOLDS: "✅", State.BROKEN: "❌", State.PARTIAL: "⚠️", State.NONE: "❔"}
_MARKUP = re.compile(r"([\\<>&*_\[\]#|~!])")


@dataclass(frozen=True, slots=True)
class _Section:
    """A title with entries. The last entries are left out if there is no room."""

    title: str
    entries: Sequence[str]
    is_open: bool = False
    """Whether the section is shown unfolded."""

    def lines(self, told: int) -> Iterator[str]:
        """Yields the lines of the section with its first `told` entries."""
        yield from (
            "",
            f"#### {self.title}" if self.is_open else f"<details><summary>{self.title}</summary>",
            "",
        )
        yield from self.entries[:told]
        if told < len(self.entries):
            yield f"- … and {len(self.entries) - told} more, which do not fit: see another kind of report."
        if not self.is_open:
            yield from ("", "</details>")


def markdown_report(run: Run) -> str:
    """Returns the verdict, the totals, and as many deviations as fit."""
    head = "\n".join(_head(run))
    return "\n".join((head, *_fitting(_sections(run), MOST_CHARACTERS - _RESERVE - len(head)))) + "\n"


def _head(run: Run) -> Iterator[str]:
    summary = summary_of(run)
    yield f"### {_SIGNS[summary.state]} DataFast contract: {summary.state.value}"
    yield ""
    if summary.state in (State.HOLDS, State.BROKEN):
        yield from (_prose(summary.sentence), "")
    for gap in gaps_of(run):
        told = "No verdict" if summary.state is State.NONE else "The verdict is partial"
        yield from (f"{told}: {_code(gap)}", "")
    failures = failures_of(run)
    if failures is not None:
        yield from (failures, "")
    totals = [(symbol, outcome, len(run.of(outcome))) for outcome, symbol in SYMBOLS.items()]
    yield " · ".join(f"{symbol} {total_of(outcome, count)}" for symbol, outcome, count in totals if count)
    yield ""
    answers = counted(len(run.recording.exchanges), "answer", "answers")
    revision = f"revision {run.recording.judged_by}" if run.recording.judged_by else "the revision is unknown"
    yield f"{answers} from {_code(run.base)} in {run.seconds:.1f} s; {revision}; {' '.join(tool().values())}"


def _sections(run: Run) -> Iterator[_Section]:
    for outcome in TOLD:
        verdicts, lacking = parted(run, outcome)
        title = total_of(outcome, len(verdicts) + len(lacking))
        entries = [*map(_deviation, verdicts), *map(_lacking, lacking)]
        yield _Section(title, entries, outcome is Outcome.BROKEN)
    yield _Section("No longer broken, to be removed from the baseline", [f"- {id_}" for id_ in run.mended])
    lost = [f"- {ids_told(run.lost)}"] if run.lost else []
    yield _Section(f"{len(run.lost)} held in the baseline, not observed now", lost)
    yield _Section("Left on the server", [f"- {_code(sentence)}" for sentence in run.left])
    bugs = [f"- {verdict.clause.id}: {_code(verdict.bug)}" for verdict in run.of(Outcome.FAILED)]
    yield _Section("Bugs in the kit", bugs)
    unseen = [
        f"- {counted(len(ids), 'clause', 'clauses')}: {_prose(need)} ({ids_told(ids)})"
        for need, ids in needs_of(run).items()
    ]
    yield _Section(f"{len(run.of(Outcome.NOT_OBSERVED))} not observed, and what is needed", unseen)
    answers = [f"- {a.operation}: {a.statuses_told()}; {a.times_told()}" for a in answers_of(run)]
    yield _Section("Answers by operation", answers)


def _fitting(sections: Iterable[_Section], room: int) -> Iterator[str]:
    """Yields the lines of the sections, with as many entries as fit into `room` characters."""
    for section in sections:
        told = 0
        for entry in section.entries:
            room -= len(entry) + 1
            told += room >= 0
        if section.entries:
            yield from section.lines(told)


def _deviation(verdict: Verdict) -> str:
    places = places_of(verdict.violations)
    told = [line for place in places[:_MOST_PLACES] for line in place]
    if len(places) > _MOST_PLACES:
        told.append("… and elsewhere")
    lines = [shortened(line, _LONGEST_LINE) for line in (*told, curl_of(verdict.violations[0].exchange))]
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    block = "".join(f"  {line}\n" for line in (f"{fence}text", *lines, fence))
    clause = verdict.clause
    return f"- **{clause.id}** {_prose(clause.sentence)}\n{block}  {_prose(ground_of(clause))}"


def _lacking(verdict: Verdict) -> str:
    """Returns one line about an operation that the server does not have."""
    place = _code(place_of(verdict.violations[0]))
    return f"- **{verdict.clause.id}** The server does not have this operation: {place}"


def _code(text: str) -> str:
    """Returns a text from the server as a code span."""
    content = shortened(plain(text), _LONGEST_LINE) or " "
    fence = "`" * (_longest_run(content) + 1)
    return (
        f"{fence} {content} {fence}"
        if content[0] in "` " or content[-1] in "` "
        else f"{fence}{content}{fence}"
    )


def _longest_run(text: str) -> int:
    """Returns the length of the longest run of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)


def _prose(text: str) -> str:
    """Returns one of the kit's own texts, escaped except for its code spans."""
    parts = text.split("`")
    return "`".join(part if n % 2 else _MARKUP.sub(r"\\\1", part) for n, part in enumerate(parts))
