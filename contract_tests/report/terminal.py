"""The verdict on a terminal, for people who read from the top until they know enough."""

from collections.abc import Iterator

import click

from contract_tests.report.words import curl_of, ground_of, place_of, plain
from contract_tests.run import Run
from contract_tests.verdict import Outcome, Verdict

_INDENT = " " * 10
_MOST_UNSEEN = 12


def terminal_report(run: Run) -> str:
    """Totals, then what is broken, then warnings, then what was not seen and what it would take."""
    return "\n".join(_lines(run))


def _lines(run: Run) -> Iterator[str]:
    revision = run.recording.judged_by or "not to be told"
    answers = f"{len(run.recording.exchanges)} answers from {run.base} in {run.seconds:.1f} s"
    yield f"{answers} · revision {revision}"
    yield _totals(run)
    for title, outcome, color in (
        ("BROKEN", Outcome.BROKEN, "red"),
        ("WARNINGS", Outcome.WARNING, "yellow"),
        ("KNOWN DEVIATIONS", Outcome.KNOWN, "yellow"),
    ):
        verdicts = run.of(outcome)
        if verdicts:
            yield from ("", click.style(title, fg=color, bold=True))
            for verdict in verdicts:
                yield from _broken(verdict, color)
    if run.mended:
        yield from ("", f"Of the baseline {', '.join(run.mended)} hold now: take them out of it.")
    for verdict in run.of(Outcome.FAILED):
        bug = f"{verdict.clause.id} could not be judged, by a bug of the kit: {plain(verdict.bug)}"
        yield click.style(bug, fg="red")
    yield from _unseen(run)
    for reason in (run.refused, run.stopped, run.unseen):
        if reason is not None:
            yield from ("", click.style(f"The verdict is partial: {plain(reason)}.", fg="yellow"))
            break


def _totals(run: Run) -> str:
    counts = {outcome: len(run.of(outcome)) for outcome in Outcome}
    broken, warnings, other = (
        counts[outcome] for outcome in (Outcome.BROKEN, Outcome.WARNING, Outcome.OTHER_REVISION)
    )
    parts = [
        click.style(f"{counts[Outcome.HOLDS]} clauses hold", fg="green"),
        click.style(f"{broken} broken", fg="red" if broken else None, bold=bool(broken)),
        click.style(f"{warnings} with a warning", fg="yellow" if warnings else None),
        f"{counts[Outcome.NOT_OBSERVED]} not observed",
    ]
    if counts[Outcome.KNOWN]:
        parts.insert(2, f"{counts[Outcome.KNOWN]} known deviations")
    return ", ".join(parts) + (f" ({other} belong to the other revision)" if other else "")


def _broken(verdict: Verdict, color: str) -> Iterator[str]:
    first, clause = verdict.violations[0], verdict.clause
    yield f"{click.style(f'{clause.id:<8}', fg=color, bold=True)}  {clause.sentence}"
    for violation in verdict.violations[:2]:
        yield f"{_INDENT}{plain(violation.problem)}"
        yield f"{_INDENT}  {place_of(violation)}"
    yield f"{_INDENT}{ground_of(clause)}"
    yield f"{_INDENT}{curl_of(first.exchange)}"


def _unseen(run: Run) -> Iterator[str]:
    """What was not observed, gathered by what would make it observable."""
    needs: dict[str, list[str]] = {}
    for verdict in run.of(Outcome.NOT_OBSERVED):
        needs.setdefault(verdict.clause.needs, []).append(verdict.clause.id)
    if not run.recording.exchanges:
        return
    if needs:
        yield from ("", "NOT OBSERVED, and what it would take")
    for need, ids in list(needs.items())[:_MOST_UNSEEN]:
        yield f"  {', '.join(ids)}: {need}"
    if len(needs) > _MOST_UNSEEN:
        yield f"  … and {len(needs) - _MOST_UNSEEN} more; `--report json=FILE` lists them all"
