"""Mutants that answer a kind of request with a status that is not documented for it."""

from collections.abc import Iterator
from functools import partial

from contract_tests.asking import labels
from contract_tests.asking.rules import Rule, rules_of
from contract_tests.document import Document
from contract_tests.exchange import Exchange
from contract_tests.mutants.mutant import Mutant
from contract_tests.mutants.planting import answering, with_status

ACCESS_MUTANTS = (
    with_status("no token, 403", "AUTH-01", labels.NO_CREDENTIAL, 403),
    with_status("no token, 400", "AUTH-01", labels.NO_CREDENTIAL, 400),
    with_status("no token, let in", "AUTH-01", labels.NO_CREDENTIAL, 200),
    with_status("unknown token, 403", "AUTH-02", labels.UNKNOWN_CREDENTIAL, 403),
    with_status("unknown token, 404", "AUTH-02", labels.UNKNOWN_CREDENTIAL, 404),
    with_status("unknown token, let in", "AUTH-02", labels.UNKNOWN_CREDENTIAL, 200),
    with_status("account token without a website, let in", "AUTH-03", labels.NO_WEBSITE_ID, 200),
    with_status("no permission, 401", "AUTH-04", labels.NO_PERMISSION, 401),
    with_status("no permission, let in", "AUTH-04", labels.NO_PERMISSION, 200),
    with_status("website of another account, let in", "AUTH-05", labels.ELSEWHERE, 200),
    with_status("key without a website, 400", "AUTH-06", labels.OK, 400),
    with_status("account token with a website, 403", "AUTH-07", labels.ACCOUNT, 403),
    with_status("suspended, let in", "AUTH-08", labels.SUSPENDED, 200),
    with_status("suspended, 402", "AUTH-08", labels.SUSPENDED, 402),
    with_status("superfluous parameters, 400", "AUTH-09", labels.SUPERFLUOUS, 400),
    with_status("unknown field, let in", "ERR-01", labels.BAD_FIELDS, 200),
    with_status("unknown field, 422", "ERR-01", labels.BAD_FIELDS, 422),
    with_status("malformed visitor id, 404", "ERR-02", labels.BAD_VISITOR_ID, 404),
    with_status("malformed visitor id, 500", "ERR-02", labels.BAD_VISITOR_ID, 500),
    with_status("unknown visitor, 400", "ERR-03", labels.UNKNOWN_VISITOR, 400),
    with_status("unknown visitor, 204", "ERR-03", labels.UNKNOWN_VISITOR, 204),
    with_status("unknown website, 400", "ERR-04", labels.UNKNOWN_WEBSITE, 400),
    with_status("unknown website, let in", "ERR-04", labels.UNKNOWN_WEBSITE, 200),
    with_status("bot, 404", "ERR-05", labels.BOT, 404),
    with_status("too often, 403", "ERR-06", labels.LIMITED, 403),
    with_status("server error, 400", "ERR-07", labels.SERVER_ERROR, 400),
)


# A status that no document gives for any operation.
_TEAPOT = 418


def rule_mutants(contract: Document) -> Iterator[Mutant]:
    """Yields mutants for each rule of the document, which answer with statuses that the rule forbids."""
    for rule in rules_of(contract):

        def is_meant(exchange: Exchange, rule: Rule = rule) -> bool:
            return exchange.operation == rule.operation.id and rule.label in exchange.labels

        for status in _forbidden(rule):
            yield Mutant(f"{rule.id} answered {status}", rule.id, partial(answering, is_meant, status=status))


def _forbidden(rule: Rule) -> Iterator[int]:
    """Yields statuses that a rule forbids: a success instead of a refusal, and another error."""
    if rule.label in labels.REFUSED:
        yield min(rule.operation.successes or {200})
    yield _TEAPOT
