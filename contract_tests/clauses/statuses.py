"""Clauses about the status with which a kind of request is answered."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from contract_tests.asking.needs import Need
from contract_tests.clauses.clause import Clause, Violation, clause
from contract_tests.exchange import GATEWAY, Exchange
from contract_tests.families import BY_HAND
from contract_tests.recording import Recording

LIMITED = 429
_ERROR, _FAILURE = 400, 500
_NOT_THERE = "the server does not have this operation"
_UNSAID = "no page says which status a success has"
_ONCE = "its URL failed once, and was not requested again"
_OUT_OF_ORDER = "the server may be out of order for a while"
# Rate limits and gateways answer any request with these statuses, for a short time.
_PASSING = frozenset({LIMITED}) | GATEWAY


class Case(NamedTuple):
    """An answer. `warning` says why a wrong status is only a warning; None if it breaks the contract."""

    exchange: Exchange
    warning: str | None = None


class Answered(NamedTuple):
    """A clause about requests with `label`: they are answered with one of `statuses`.

    `operation` is the only operation that the clause is about; None stands for all operations whose access
    clauses are written by hand. If `is_decided` is true, no page names the success status, so another one
    is only a warning.
    """

    id: str
    label: str
    statuses: tuple[int, ...]
    sentence: str
    source: str
    standing: str
    needs: Need
    operation: str | None = None
    is_decided: bool = False

    def clause(self) -> Clause:
        """Returns this clause as a Clause."""
        return clause(
            self.id,
            self.sentence,
            source=self.source,
            standing=self.standing,
            needs=self.needs,
            cases=self.cases,
        )(self.check)

    def cases(self, recording: Recording) -> Iterator[Case]:
        """Yields the answers to the labelled requests that say something about access.

        The answers of rate limits and gateways say nothing. A failure (5xx) is a case if other requests
        succeed, and each repetition of this request fails, too; if a success is expected, it is a warning,
        and there must be a repetition. If the server does not have the operation, its answer to a correct
        request is a warning.
        """
        if self.operation is not None and self.operation in recording.absent:
            if min(self.statuses) < _ERROR:
                absent = recording.absent[self.operation]
                yield from (Case(e, _NOT_THERE) for e in absent if self.label in e.labels)
            return
        judged = recording.about(*([self.operation] if self.operation else BY_HAND))
        asked = [e for e in judged if self.label in e.labels and e.status not in _PASSING]
        answered = {_request(e) for e in asked if e.status < _FAILURE}
        failures = Counter(_request(e) for e in asked if e.status >= _FAILURE)
        for exchange in asked:
            if exchange.status < _FAILURE:
                is_unsaid = self.is_decided and exchange.is_accepted
                yield Case(exchange, _UNSAID if is_unsaid else None)
            elif _request(exchange) not in answered and _is_working(recording):
                is_once = failures[_request(exchange)] == 1
                if min(self.statuses) >= _ERROR:
                    yield Case(exchange, _ONCE if is_once else None)
                elif not is_once:
                    yield Case(exchange, _OUT_OF_ORDER)

    def check(self, case: Case) -> Iterable[Violation]:
        """Yields a violation if the status is not allowed."""
        status = case.exchange.status
        if status not in self.statuses:
            *others, last = map(str, self.statuses)
            wanted = f"{', '.join(others)} or {last}" if others else last
            problem = f"answered {status}, not {wanted}"
            if case.warning in (_NOT_THERE, _UNSAID):
                problem += f"; {case.warning}"
            yield Violation(problem, case.exchange, "", status, case.warning is not None)


def failing(recording: Recording, exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Returns the last answer to each request that failed whenever it was sent, at least twice.

    Nothing is returned if the server fails at all requests. Answers of gateways are no failures.
    """
    sent: dict[tuple[str, bytes], list[Exchange]] = {}
    for exchange in exchanges:
        sent.setdefault(_request(exchange), []).append(exchange)
    always = [same[-1] for same in sent.values() if len(same) > 1 and all(map(_is_failure, same))]
    return always if _is_working(recording) else []


def _is_failure(exchange: Exchange) -> bool:
    return exchange.status >= _FAILURE and exchange.status not in _PASSING


def _is_working(recording: Recording) -> bool:
    """Returns whether any request was answered successfully."""
    return any(exchange.is_success for exchange in recording.exchanges)


def _request(exchange: Exchange) -> tuple[str, bytes]:
    """Returns a value that is equal for a request and its repetition."""
    return exchange.url, exchange.request_body
