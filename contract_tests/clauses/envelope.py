"""Clauses about transport and envelope: the form that all answers share."""

import re
from collections.abc import Iterable

from contract_tests.asking.labels import REFUSED, SERVER_ERROR
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.telling import value_told
from contract_tests.documented import OBSERVED, OTHER, PAGE
from contract_tests.exchange import GATEWAY, Exchange, NoJson
from contract_tests.operations import MAP, VISITOR
from contract_tests.pointers import value_at
from contract_tests.recording import Recording

# Rate limits and gateways may answer without an envelope, since the page says that "most" errors have one.
_BARE = frozenset({429}) | GATEWAY
# A media type that ends with `json` as a word, such as `application/problem+json`, but not `x-ndjson`.
_JSON_TYPE = re.compile(r"(.*[^a-z0-9])?json", re.IGNORECASE)
_RATE_LIMIT = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")


def successes(recording: Recording) -> list[Exchange]:
    """Returns the successful answers of the documented operations."""
    return [exchange for exchange in recording.exchanges if exchange.is_success]


def refusals(recording: Recording) -> list[Exchange]:
    """Returns the errors that probes expected, without the answers of rate limits and gateways."""
    return [
        exchange
        for exchange in recording.exchanges
        if exchange.labels & {*REFUSED, SERVER_ERROR}
        and exchange.status >= 400
        and exchange.status not in _BARE
    ]


def errors(recording: Recording) -> list[Exchange]:
    """Returns the refusals whose body is a JSON object."""
    return [exchange for exchange in refusals(recording) if isinstance(exchange.json, dict)]


def error_objects(recording: Recording) -> list[Exchange]:
    """Returns the refusals whose `error` is a JSON object."""
    return [exchange for exchange in errors(recording) if isinstance(exchange.json.get("error"), dict)]


@clause(
    "ENV-06",
    "The body of a successful answer is one JSON object.",
    source="001 Response",
    standing=PAGE,
    needs="a successful answer",
    cases=successes,
)
def success_is_json(exchange: Exchange) -> Iterable[Violation]:
    if isinstance(exchange.json, NoJson):
        yield Violation(exchange.json.problem, exchange)
    elif not isinstance(exchange.json, dict):
        yield Violation("the body is not an object", exchange, "", exchange.json)


@clause(
    "ENV-07",
    "The `Content-Type` of a successful answer is JSON.",
    source="observed of the live API",
    standing=OBSERVED,
    needs="a successful answer with `Content-Type`",
    cases=lambda recording: [e for e in successes(recording) if "content-type" in e.headers],
)
def success_says_json(exchange: Exchange) -> Iterable[Violation]:
    kind = exchange.headers["content-type"]
    if _JSON_TYPE.fullmatch(kind.partition(";")[0].strip()) is None:
        yield Violation(f"`Content-Type` is {value_told(kind)}", exchange)


@clause(
    "ENV-08",
    "A successful answer has `data`.",
    source="001 Response",
    standing=PAGE,
    needs="a successful answer",
    cases=lambda recording: [
        e for e in successes(recording) if isinstance(e.json, dict) and not recording.is_bare(e)
    ],
)
def success_has_data(exchange: Exchange) -> Iterable[Violation]:
    if "data" not in exchange.json:
        yield Violation("`data` is missing", exchange, "/data")


@clause(
    "ENV-09",
    "The `data` of a map or a profile is an object.",
    source="002 Response",
    standing=PAGE,
    needs="a map or a profile",
    cases=lambda recording: [
        e
        for e in successes(recording)
        if e.operation in (MAP, VISITOR) and isinstance(e.json, dict) and "data" in e.json
    ],
)
def data_is_an_object(exchange: Exchange) -> Iterable[Violation]:
    if not isinstance(exchange.json["data"], dict):
        yield Violation("`data` is not an object", exchange, "/data", exchange.json["data"])


@clause(
    "ENV-02",
    "An error comes in the standard envelope: a JSON object whose `error` is an object.",
    source="the public documentation of errors",
    standing=OTHER,
    needs="a refused request",
    cases=refusals,
)
def error_has_envelope(exchange: Exchange) -> Iterable[Violation]:
    if isinstance(exchange.json, NoJson):
        yield Violation(exchange.json.problem, exchange)
    elif not isinstance(exchange.json, dict):
        yield Violation("the body is not an object", exchange, "", exchange.json)
    elif not isinstance(exchange.json.get("error"), dict):
        yield _wrong(exchange, "/error", "`error` is not an object")


@clause(
    "ENV-03",
    "The `status` of an error is `error`.",
    source="the public documentation of errors",
    standing=OTHER,
    needs="a refused request",
    cases=errors,
)
def error_says_error(exchange: Exchange) -> Iterable[Violation]:
    if exchange.json.get("status") != "error":
        yield _wrong(exchange, "/status", "`status` is not `error`")


@clause(
    "ENV-04",
    "`error.code` is the HTTP status, as a number.",
    source="the public documentation of errors",
    standing=OTHER,
    needs="a refused request",
    cases=error_objects,
)
def code_is_the_status(exchange: Exchange) -> Iterable[Violation]:
    code = exchange.json["error"].get("code")
    if isinstance(code, bool) or not isinstance(code, int | float) or code != exchange.status:
        yield _wrong(exchange, "/error/code", f"`error.code` is not {exchange.status}")


@clause(
    "ENV-05",
    "`error.message` is a text that is not empty.",
    source="the public documentation of errors",
    standing=OTHER,
    needs="a refused request",
    cases=error_objects,
)
def message_is_a_sentence(exchange: Exchange) -> Iterable[Violation]:
    message = exchange.json["error"].get("message")
    if not isinstance(message, str) or not message.strip():
        yield _wrong(exchange, "/error/message", "`error.message` is empty, or not a text")


def _wrong(exchange: Exchange, pointer: str, problem: str) -> Violation:
    """Returns the violation at a pointer. It says `problem`, or that the member is missing if it is."""
    try:
        return Violation(problem, exchange, pointer, value_at(exchange.json, pointer))
    except LookupError:
        return Violation(f"`{pointer[1:].replace('/', '.')}` is missing", exchange, pointer)


@clause(
    "ENV-10",
    "`X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` are whole numbers.",
    source="observed of the live API",
    standing=OBSERVED,
    needs="an answer with `X-RateLimit-…`",
    cases=lambda recording: [
        e for e in recording.exchanges if any(name in e.headers for name in _RATE_LIMIT)
    ],
)
def rate_limit_is_numbers(exchange: Exchange) -> Iterable[Violation]:
    for name in _RATE_LIMIT:
        value = exchange.headers.get(name, "0")
        if not (value.isascii() and value.isdigit()):
            yield Violation(f"`{name}` is {value_told(value)}", exchange)
