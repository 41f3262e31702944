"""Probes of access: requests without a token, with an invalid one, and with tokens that lack a right."""

from contract_tests.asking import labels
from contract_tests.asking.labels import NO_WEBSITE
from contract_tests.asking.probes.probe import REFUSALS, SUCCESSES, Asker, Question, Series
from contract_tests.asking.probes.sums import SUMS_OF
from contract_tests.asking.rules import MAIN, UNKNOWN, WITHOUT_TOKEN, Rule, rules_of
from contract_tests.document import Document
from contract_tests.operations import MAP, REALTIME

_WEBSITE = {"websiteId": "website_id"}
_LIMIT_TRIES = 5

REFUSED = (
    Question(REALTIME, labels.NO_CREDENTIAL, WITHOUT_TOKEN, ("AUTH-01", *REFUSALS)),
    Question(MAP, labels.NO_CREDENTIAL, WITHOUT_TOKEN, ("AUTH-01", *REFUSALS)),
    Question(REALTIME, labels.UNKNOWN_CREDENTIAL, UNKNOWN, ("AUTH-02", *REFUSALS)),
    Question(REALTIME, labels.BAD_FIELDS, MAIN, ("ERR-01", *REFUSALS), values={"fields": "pageviews"}),
    Question(REALTIME, labels.SUSPENDED, "suspended", ("AUTH-08", *REFUSALS)),
    Question(REALTIME, labels.SERVER_ERROR, "error_500", ("ERR-07", *REFUSALS)),
)


def _until_limited(asker: Asker) -> None:
    """Sends requests until the rate limit refuses one."""
    for _ in range(_LIMIT_TRIES):
        if not asker.ask(REALTIME, labels.LIMITED, who="limited").is_success:
            return


ACCOUNTS = (
    Question(REALTIME, labels.NO_WEBSITE_ID, "account", ("AUTH-03", *REFUSALS)),
    Question(
        REALTIME, labels.UNKNOWN_WEBSITE, "account", ("ERR-04", *REFUSALS), values={"websiteId": NO_WEBSITE}
    ),
    Question(
        REALTIME, labels.ACCOUNT, "account", ("AUTH-07", "RT-*", *SUCCESSES), roles=_WEBSITE, needs=("key",)
    ),
    Question(REALTIME, labels.NO_PERMISSION, "no_permission", ("AUTH-04", *REFUSALS), roles=_WEBSITE),
    Question(REALTIME, labels.ELSEWHERE, "elsewhere", ("AUTH-05", *REFUSALS), roles=_WEBSITE),
    Series(("ERR-06", "ENV-10"), _LIMIT_TRIES, "limited", _until_limited),
)


def access_probes(contract: Document) -> list[Question]:
    """Returns a question for each rule of the document about operations that only read."""
    return [_question(rule) for rule in rules_of(contract) if rule.operation.is_read]


def writing_probes(contract: Document) -> list[Question]:
    """Returns a question for each rule of the document about operations that write."""
    return [_question(rule) for rule in rules_of(contract) if not rule.operation.is_read]


def _question(rule: Rule) -> Question:
    operation = rule.operation
    is_refused = rule.label in labels.REFUSED
    of_success = (f"{operation.id}.*", *SUMS_OF.get(operation.id, ()), *SUCCESSES)
    serves = (rule.id, *REFUSALS) if is_refused else of_success
    return Question(
        operation.id,
        rule.label,
        rule.who,
        serves,
        values=rule.values,
        roles=rule.roles,
        body=None if operation.is_read else operation.body,
    )
