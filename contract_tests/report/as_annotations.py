"""The report as annotations of GitHub Actions, which shows them on the page of a workflow's run.

An annotation is a workflow command on a line of its own. Text from a server is escaped, so that it cannot
contain a second command. GitHub shows ten annotations of each level for a step, so the tenth says how many
are left out.
"""

from collections.abc import Iterator

from contract_tests.judging.run import Exit, Run
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.report.summary import lacking_told, parted, summary_of
from contract_tests.report.words import places_of, plain, shortened, total_of

_MOST = 10
_LONGEST = 1000
_LEVELS = {Outcome.BROKEN: "error", Outcome.WARNING: "warning", Outcome.KNOWN: "notice"}
_IN_TEXTS = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_TITLES = _IN_TEXTS | str.maketrans({":": "%3A", ",": "%2C"})


def annotations_report(run: Run) -> str:
    """Returns an annotation for the verdict, and one for each deviation, up to GitHub's limit."""
    return "\n".join(_annotations(run)) + "\n"


def _annotations(run: Run) -> Iterator[str]:
    whole = "notice" if run.exit is Exit.HOLDS else "error"
    yield _annotation(whole, "DataFast contract", " ".join(summary_of(run).sentences))
    if run.left:
        yield _annotation("warning", "DataFast contract: left on the server", "; ".join(run.left))
    for outcome, level in _LEVELS.items():
        verdicts, lacking = parted(run, outcome)
        room = _MOST - (level == whole) - (level == "warning" and bool(run.left)) - bool(lacking)
        told = verdicts if len(verdicts) <= room else verdicts[: room - 1]
        for verdict in told:
            yield _annotation(level, f"{verdict.clause.id}: {outcome.value}", _message(verdict))
        if len(told) < len(verdicts):
            left = total_of(outcome, len(verdicts) - len(told))
            left = f"Not shown here: {left}; the job's summary lists them."
            yield _annotation(level, "DataFast contract", left)
        if lacking:
            names = ", ".join(verdict.clause.id for verdict in lacking)
            yield _annotation(
                level, f"Missing operations: {outcome.value}", f"{lacking_told(lacking)}: {names}"
            )


def _message(verdict: Verdict) -> str:
    problem, place = places_of(verdict.violations)[0]
    return f"{problem}: {place}. The clause: {verdict.clause.sentence}"


def _annotation(level: str, title: str, message: str) -> str:
    text = shortened(plain(message), _LONGEST).translate(_IN_TEXTS)
    return f"::{level} title={title.translate(_IN_TITLES)}::{text}"
