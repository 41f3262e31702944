"""Clauses about the effect of query parameters on the counter."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from contract_tests.asking import labels
from contract_tests.asking.needs import KEY
from contract_tests.asking.probes.realtime import count_of, slack_of
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.question import Website, website_of
from contract_tests.clauses.statuses import LIMITED, Answered, failing
from contract_tests.clauses.telling import number_told, range_told
from contract_tests.documented import PAGE
from contract_tests.exchange import Exchange
from contract_tests.operations import REALTIME
from contract_tests.recording import Recording

# In ms. In a longer time, such as a wait for the rate limit, the visitors of a small website may double.
_SOON = 10_000
_FAILURE = 500

_ANSWERS = (
    Answered(
        "RT-04",
        labels.FIELDS,
        (200,),
        "`fields=visitors` is answered with 200.",
        "003 Query parameters",
        PAGE,
        KEY,
    ),
)

REALTIME_CLAUSES = [answered.clause() for answered in _ANSWERS]


class Dated(NamedTuple):
    """The answers about a website to requests with dates, their counts, and the counts without dates.

    `failures` are the answers to requests that always failed.
    """

    answers: list[Exchange]
    failures: list[Exchange]
    counts: list[float]
    usual: list[float]


def _dated(recording: Recording) -> Iterator[Dated]:
    labelled = recording.labelled(labels.DATES)
    failures = failing(recording, labelled)
    if failures:
        yield Dated([], failures, [], [])
    by_website: dict[Website, list[Exchange]] = {}
    for exchange in labelled:
        if exchange.status != LIMITED and exchange.status < _FAILURE:
            by_website.setdefault(website_of(exchange), []).append(exchange)
    for website, asked in by_website.items():
        plain = [
            e
            for e in recording.answers(REALTIME)
            if labels.DATES not in e.labels and website_of(e) == website and _is_soon(e, asked[0])
        ]
        if plain or not all(e.is_success for e in asked):
            yield Dated(asked, [], _counts(asked), _counts(plain))


def _is_soon(one: Exchange, other: Exchange) -> bool:
    return one.sent is not None and other.sent is not None and abs(one.sent - other.sent) <= _SOON


def _counts(exchanges: Iterable[Exchange]) -> list[float]:
    return [count for exchange in exchanges if (count := count_of(exchange)) is not None]


@clause(
    "RT-05",
    "Dates and filters have no effect on the counter: the answer is 200, and the number stays about the"
    " same.",
    source="003 Get realtime visitors",
    standing=PAGE,
    needs=KEY,
    cases=_dated,
)
def dates_have_no_effect(case: Dated) -> Iterable[Violation]:
    for exchange in (*case.failures, *case.answers):
        if not exchange.is_success:
            problem = f"answered {exchange.status}, not 200"
            yield Violation(problem, exchange, "", exchange.status, exchange in case.failures)
    if not case.counts or not case.usual:
        return
    least, most = min(case.usual), max(case.usual)
    if max(case.counts) < least - slack_of(most) or min(case.counts) > most + slack_of(most):
        told = case.counts[-1]
        problem = f"with dates and a filter it is {number_told(told)}, without them {range_told(least, most)}"
        is_single = len(case.counts) == 1
        yield Violation(problem, case.answers[-1], "/data/0/visitors", told, is_single)
