"""Mutants that answer a kind of request with another documented status, each with its expected weight."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from contract_tests.asking import labels
from contract_tests.asking.probes.refusals import REFUSED_WRITES, Refused
from contract_tests.asking.rules import Rule, rules_of
from contract_tests.document import Document
from contract_tests.exchange import Exchange
from contract_tests.families import BY_HAND
from contract_tests.mutants.mutant import Mutant, Weight
from contract_tests.mutants.planting import Which, answering
from contract_tests.operations import CREATE_PAYMENT, IDENTIFY

_OK, _LIMITED, _FAILURE = 200, 429, 500
# A status with which no operation of a document answers.
_TEAPOT = 418
_ABSENT = 404
_CREATED = 201


class _Kind(NamedTuple):
    """A kind of request: its name and label, the clause about it, and the allowed statuses.

    The last of the allowed statuses is the one with which the mock answers. `is_stated` says that a page
    demands one of them; otherwise another status is a warning. `is_repeated` says that the same request is
    sent several times.
    """

    name: str
    label: str
    clause: str
    allowed: tuple[int, ...]
    is_stated: bool = True
    is_repeated: bool = False


# A payment and an identity are sent twice, because they may be recorded only once.
_REPEATED = frozenset({CREATE_PAYMENT, IDENTIFY})
_KINDS = (
    _Kind("no token", labels.NO_CREDENTIAL, "AUTH-01", (401,)),
    _Kind("unknown token", labels.UNKNOWN_CREDENTIAL, "AUTH-02", (401,)),
    # The request is refused, but no page says with which status.
    _Kind("account token without a website", labels.NO_WEBSITE_ID, "AUTH-03", (400, 401, 403, 404)),
    _Kind("no permission", labels.NO_PERMISSION, "AUTH-04", (403,)),
    # A server may hide from a token which other websites exist.
    _Kind("another's website", labels.ELSEWHERE, "AUTH-05", (403, 404)),
    _Kind("key without a website", labels.OK, "AUTH-06", (200,), is_repeated=True),
    _Kind("account token with a website", labels.ACCOUNT, "AUTH-07", (200,)),
    _Kind("suspended", labels.SUSPENDED, "AUTH-08", (403,), is_stated=False),
    _Kind("superfluous parameters", labels.SUPERFLUOUS, "AUTH-09", (200,), is_stated=False),
    _Kind("another field", labels.BAD_FIELDS, "ERR-01", (400,)),
    _Kind("malformed visitor id", labels.BAD_VISITOR_ID, "ERR-02", (400,)),
    _Kind("unknown visitor", labels.UNKNOWN_VISITOR, "ERR-03", (404,)),
    _Kind("unknown website", labels.UNKNOWN_WEBSITE, "ERR-04", (403, 404)),
    _Kind("bot", labels.BOT, "ERR-05", (400,)),
    _Kind("fields=visitors", labels.FIELDS, "RT-04", (200,)),
    _Kind("dates", labels.DATES, "RT-05", (200,), is_repeated=True),
    _Kind("visitors of the map", labels.MET, "AGR-02", (200,)),
    # The rate limit may be higher than the number of requests that are sent.
    _Kind("too often", labels.LIMITED, "ERR-06", (200, 429)),
    _Kind("server error", labels.SERVER_ERROR, "ERR-07", (500,)),
)


def status_mutants(contract: Document) -> Iterator[Mutant]:
    """Yields the mutants of all kinds of requests, those written by hand and those from the document."""
    written = [operation for name, operation in contract.operations.items() if name in BY_HAND]
    statuses = sorted({_TEAPOT, *(s for o in written for s in (*o.successes, *o.errors))})
    for kind in _KINDS:
        yield from _mutants(kind, statuses, partial(_is_labelled, kind.label))
    for rule in rules_of(contract):
        is_repeated = rule.operation.id in _REPEATED
        kind = _Kind(rule.id, rule.label, rule.id, rule.statuses, is_repeated=is_repeated)
        others = {_TEAPOT, *rule.operation.successes, *rule.operation.errors}
        if rule.is_decided:
            make = partial(answering, partial(_is_about, rule), status=_CREATED)
            yield Mutant(f"{rule.id}, {_CREATED}", rule.id, make, weight="warns")
        if not rule.operation.errors.isdisjoint(rule.statuses) or _ABSENT not in others:
            yield from _mutants(kind, sorted(others), partial(_is_about, rule))
            continue
        yield from _mutants(kind, sorted(others - {_ABSENT}), partial(_is_about, rule))
        # The server answers as if it did not have the operation.
        make = partial(answering, partial(_is_of, rule), status=_ABSENT)
        yield Mutant(f"{rule.id}, {_ABSENT}", rule.id, make, weight="warns")
    for refused in REFUSED_WRITES:
        operation = contract.operations[refused.operation]
        # The mock answers with the first of `refused.statuses`.
        allowed = tuple(reversed(refused.statuses))
        name = f"{refused.label} of {operation.method} {operation.path}"
        kind = _Kind(name, refused.label, refused.clause, allowed, is_stated=refused.is_stated)
        which = partial(_is_refused, refused)
        yield from _mutants(kind, [_TEAPOT], which)
        documented = sorted({*operation.successes, *operation.errors})
        # All clauses judge only one mutant of each kind, because judging all mutants by all clauses would
        # take long.
        yield from (replace(mutant, is_for_all=False) for mutant in _mutants(kind, documented, which))


def _mutants(kind: _Kind, statuses: Iterable[int], which: Which) -> Iterator[Mutant]:
    for status in statuses:
        if status != kind.allowed[-1]:
            make = partial(answering, which, status=status)
            yield Mutant(f"{kind.name}, {status}", kind.clause, make, weight=_weight(kind, status))


def _weight(kind: _Kind, status: int) -> Weight:
    """Returns the weight of a status by the rules in docs/decisions/judging.md.

    A rate limit may refuse any request. A failure (5xx) says nothing where a success is expected, unless the
    same request is sent several times. Where a refusal is expected, a failure is a warning, because the
    request is sent only once.
    """
    if status in (*kind.allowed, _LIMITED):
        return "nothing"
    if status >= _FAILURE:
        return "nothing" if min(kind.allowed) < 300 and not kind.is_repeated else "warns"
    return "breaks" if kind.is_stated else "warns"


def _is_labelled(label: str, exchange: Exchange) -> bool:
    return exchange.operation in BY_HAND and label in exchange.labels


def _is_of(rule: Rule, exchange: Exchange) -> bool:
    return exchange.operation == rule.operation.id


def _is_about(rule: Rule, exchange: Exchange) -> bool:
    return exchange.operation == rule.operation.id and rule.label in exchange.labels


def _is_refused(refused: Refused, exchange: Exchange) -> bool:
    return exchange.operation == refused.operation and refused.label in exchange.labels
