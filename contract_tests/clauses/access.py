"""Clauses about authentication and errors: which tokens are accepted, and which status others get."""

from collections.abc import Iterable
from dataclasses import replace

from contract_tests.asking import labels
from contract_tests.asking.needs import ACCOUNT, KEY, Need, of_role
from contract_tests.asking.rules import Rule, rules_of
from contract_tests.clauses.clause import Clause, Violation, clause
from contract_tests.clauses.statuses import LIMITED, Answered
from contract_tests.document import Document
from contract_tests.documented import OBSERVED, OTHER, PAGE
from contract_tests.exchange import Exchange

_ANSWERS = (
    Answered(
        "AUTH-01",
        labels.NO_CREDENTIAL,
        (401,),
        "A request without a token is refused with 401.",
        "002 Errors",
        PAGE,
        Need("a request without a token"),
    ),
    Answered(
        "AUTH-02",
        labels.UNKNOWN_CREDENTIAL,
        (401,),
        "A request with an invalid token is refused with 401.",
        "002 Errors",
        PAGE,
        Need("a request with an invalid token"),
    ),
    Answered(
        "AUTH-03",
        labels.NO_WEBSITE_ID,
        (400, 401, 403, 404, 422),
        "A request with an account token and no `websiteId` is refused with 400, 401, 403, 404 or 422.",
        "003 Query parameters",
        PAGE,
        ACCOUNT,
    ),
    Answered(
        "AUTH-04",
        labels.NO_PERMISSION,
        (403,),
        "A request with an account token that lacks `analytics:read` is refused with 403.",
        "004 Errors",
        PAGE,
        of_role("a token", "no_permission"),
    ),
    Answered(
        "AUTH-05",
        labels.ELSEWHERE,
        (403, 404),
        "A request with an account token that may not access the website is refused with 403 or 404.",
        "003 Authentication",
        PAGE,
        of_role("a token", "elsewhere"),
    ),
    Answered(
        "AUTH-06",
        labels.OK,
        (200,),
        "A request with a website's key, and without `websiteId`, is answered with 200.",
        "003 Authentication",
        PAGE,
        KEY,
    ),
    Answered(
        "AUTH-07",
        labels.ACCOUNT,
        (200,),
        "A request with an account token and `websiteId` is answered with 200.",
        "003 Authentication",
        PAGE,
        Need("an account token and `--website-id`", "--website-id", ("account", "website_id")),
    ),
    Answered(
        "AUTH-08",
        labels.SUSPENDED,
        (403,),
        "A request for a website whose tracking is suspended is answered with 403.",
        "004 Errors",
        PAGE,
        of_role("a token", "suspended"),
    ),
    Answered(
        "AUTH-09",
        labels.SUPERFLUOUS,
        (200,),
        "A request with a superfluous parameter, such as real clients send, is answered with 200.",
        "observed of the live API",
        OBSERVED,
        KEY,
    ),
    Answered(
        "ERR-01",
        labels.BAD_FIELDS,
        (400,),
        "A request for the counter with an unknown value of `fields` is refused with 400.",
        "003 Query parameters",
        PAGE,
        KEY,
    ),
    Answered(
        "ERR-02",
        labels.BAD_VISITOR_ID,
        (400,),
        "A request with a visitor id that is not a UUID of version 4 is refused with 400.",
        "the public documentation of errors",
        OTHER,
        KEY,
    ),
    Answered(
        "ERR-03",
        labels.UNKNOWN_VISITOR,
        (404,),
        "A request for a visitor without any known page view is answered with 404.",
        "004 Errors",
        PAGE,
        KEY,
    ),
    Answered(
        "ERR-04",
        labels.UNKNOWN_WEBSITE,
        # Some servers answer 403, because 404 would reveal that a website does not exist.
        (403, 404),
        "A request for a website that does not exist is refused with 404 or 403.",
        "001 Errors",
        PAGE,
        ACCOUNT,
    ),
    Answered(
        "ERR-05",
        labels.BOT,
        (400,),
        "A request for a visitor that is flagged as a bot is refused with 400.",
        "the public documentation of errors",
        OTHER,
        of_role("a bot's id", "bot"),
    ),
)

# Only the page of the profile says how a suspended website answers, and the kit asks the counter.
_OF_ANOTHER_PAGE = frozenset({"AUTH-08"})

ACCESS = [
    replace(answered.clause(), accuses=False) if answered.id in _OF_ANOTHER_PAGE else answered.clause()
    for answered in _ANSWERS
]


def access_clauses(contract: Document) -> list[Clause]:
    """Returns a clause for each access rule of the operations that have no access clauses by hand."""
    return [_clause(rule) for rule in rules_of(contract)]


def _clause(rule: Rule) -> Clause:
    return Answered(
        rule.id,
        rule.label,
        rule.statuses,
        rule.sentence,
        rule.operation.source,
        rule.operation.standing,
        rule.needs,
        rule.operation.id,
        rule.is_decided,
    ).clause()


@clause(
    "ERR-06",
    "A request that is refused because of the rate limit gets 429, and no other status below 500.",
    source="003 Errors",
    standing=PAGE,
    needs=of_role("a token", "limited").and_more(", whose limit a few requests exceed"),
    cases=lambda recording: [
        e for e in recording.labelled(labels.LIMITED) if not e.is_success and e.status < 500
    ],
)
def too_often_is_429(exchange: Exchange) -> Iterable[Violation]:
    if exchange.status != LIMITED:
        yield Violation(f"answered {exchange.status}, not 429", exchange, "", exchange.status)


@clause(
    "ERR-07",
    "An error on the server's side has a status of 500 or above.",
    source="002 Errors",
    standing=PAGE,
    needs=of_role("a token", "error_500"),
    cases=lambda recording: [e for e in recording.labelled(labels.SERVER_ERROR) if e.status != LIMITED],
)
def server_error_is_5xx(exchange: Exchange) -> Iterable[Violation]:
    if exchange.status < 500:
        yield Violation(f"answered {exchange.status}, not 500 or above", exchange, "", exchange.status)
