"""The events of a run as they happen: lines of JSON for programs that show the run."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from contract_tests.exchange import Exchange
from contract_tests.judging.run import Plan, Run, judged, most_requests_of
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.report.as_json import clause_content
from contract_tests.report.summary import gaps_of, summary_of
from contract_tests.report.words import plain

_OPEN = (Outcome.NOT_OBSERVED, Outcome.OTHER_REVISION)
# At most a fifth of the time goes into judging the answers so far.
_SHARE = 4
_LEAST_PAUSE = 0.5


class Events:
    """The events of one run: first `begin`, then `note`, `answer` and `verdict` in any order, last `end`.

    A clause gets a `verdict` once the answers so far decide it, and another one when the verdict has changed.
    The last `verdict` of a clause counts.
    """

    def __init__(self, plan: Plan, write: Callable[[str], None]) -> None:
        """`write` gets each event as JSON on one line, without the line's end."""
        self._plan = plan
        self._write = write
        self._told: dict[str, Mapping[str, Any]] = {}
        self._begun = time.monotonic()
        self._next = self._begun + _LEAST_PAUSE

    def begin(self) -> None:
        """Writes the base URL, the number of clauses, and the largest number of requests that they need."""
        plan = self._plan
        base = plain(plan.credentials.mask().text(plan.base))
        self._tell("begin", base=base, clauses=len(plan.clauses), requests=most_requests_of(plan))

    def note(self, sentence: str) -> None:
        """Writes a sentence for people, such as one about a wait."""
        self._tell("note", text=plain(sentence))

    def answer(self, exchanges: Sequence[Exchange]) -> None:
        """Writes the last of the exchanges and, from time to time, the verdicts that have changed."""
        exchange = exchanges[-1]
        self._tell(
            "answer",
            number=len(exchanges),
            method=exchange.method,
            url=plain(exchange.url),
            operation=exchange.operation,
            status=exchange.status,
            milliseconds=exchange.trip,
        )
        begun = time.monotonic()
        if begun < self._next:
            return
        verdicts = judged(self._plan, exchanges, self._begun).verdicts
        self._verdicts(verdict for verdict in verdicts if self._is_news(verdict))
        over = time.monotonic()
        self._next = over + max(_LEAST_PAUSE, _SHARE * (over - begun))

    def end(self, run: Run) -> None:
        """Writes the verdicts that are new or have changed, and the summary."""
        self._verdicts(run.verdicts)
        summary = summary_of(run)
        self._tell(
            "end",
            verdict=summary.state.value,
            summary=list(summary.sentences),
            partial=gaps_of(run),
            left=list(run.left),
            exitCode=int(run.exit),
            revision=run.recording.judged_by,
            answers=len(run.recording.exchanges),
            seconds=round(run.seconds, 3),
            totals={outcome.value: len(run.of(outcome)) for outcome in Outcome},
        )

    def _is_news(self, verdict: Verdict) -> bool:
        """Returns whether a verdict on the answers so far is the clause's first, or has another outcome."""
        told = self._told.get(verdict.clause.id)
        if told is None:
            return verdict.outcome not in _OPEN
        return bool(told["outcome"] != verdict.outcome.value)

    def _verdicts(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            content = clause_content(verdict)
            if self._told.get(verdict.clause.id) != content:
                self._told[verdict.clause.id] = content
                self._tell("verdict", **content)

    def _tell(self, event: str, **members: Any) -> None:
        self._write(msgspec.json.encode({"event": event, **members}).decode())
