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
_FEW, _TREBLE = 2, 3

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

    `failures` are the answers to requests that always failed. `is_enclosed` says whether there are counts
    without dates from before the first one with dates and from after it.
    """

    answers: list[Exchange]
    failures: list[Exchange]
    counts: list[float]
    usual: list[float]
    is_enclosed: bool


def _dated(recording: Recording) -> Iterator[Dated]:
    labelled = recording.labelled(labels.DATES)
    failures = failing(recording, labelled)
    if failures:
        yield Dated([], failures, [], [], is_enclosed=False)
    by_website: dict[Website, list[Exchange]] = {}
    for exchange in labelled:
        if exchange.status != LIMITED and exchange.status < _FAILURE:
            by_website.setdefault(website_of(exchange), []).append(exchange)
    for website, asked in by_website.items():
        plain = [
            e
            for e in recording.answers(REALTIME)
            if labels.DATES not in e.labels and website_of(e) == website and _is_near(e, asked)
        ]
        if plain or not all(e.is_success for e in asked):
            is_enclosed = len({_is_later(e, asked[0]) for e in plain}) > 1
            yield Dated(asked, [], _counts(asked), _counts(plain), is_enclosed)


def _is_near(one: Exchange, asked: list[Exchange]) -> bool:
    """Returns whether an answer was requested between several others, or soon before or after the first."""
    sent = [exchange.sent for exchange in (asked[0], one, asked[-1]) if exchange.sent is not None]
    return len(sent) == 3 and (sent == sorted(sent) or abs(sent[0] - sent[1]) <= _SOON)


def _is_later(one: Exchange, other: Exchange) -> bool:
    """Returns whether an answer was certainly made later than another one was requested."""
    return one.sent is not None and other.sent is not None and one.sent - one.age > other.sent


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
    slack = slack_of(most)
    if not case.is_enclosed:
        # The visitors of a small website may come one after the other, but do not treble in so short a time.
        least, most, slack = least / _TREBLE, most * _TREBLE, _FEW
    if max(case.counts) < least - slack or min(case.counts) > most + slack:
        told = case.counts[-1]
        usual = range_told(min(case.usual), max(case.usual))
        problem = f"with dates and a filter it is {number_told(told)}, without them {usual}"
        is_single = len(case.counts) == 1
        yield Violation(problem, case.answers[-1], "/data/0/visitors", told, is_single)
