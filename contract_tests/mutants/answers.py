"""Wrong statuses, headers and envelopes."""

from collections.abc import Callable, Iterator
from functools import partial

from contract_tests.asking import labels
from contract_tests.asking.rules import Rule, rules_of
from contract_tests.document import Document
from contract_tests.exchange import Exchange
from contract_tests.families import MAP, VISITOR
from contract_tests.mutants.mutant import Mutant
from contract_tests.mutants.planting import answering, editing_errors, rewriting

# No operation of any document answers it.
_TEAPOT = 418

Which = Callable[[Exchange], bool]


def _labelled(label: str) -> Which:
    return lambda exchange: label in exchange.labels


def _succeeded(exchange: Exchange) -> bool:
    return exchange.is_success


def _failed(exchange: Exchange) -> bool:
    return exchange.status >= 400


def _status(name: str, clause: str, label: str, status: int) -> Mutant:
    """Requests with a label get another status, told in the envelope as well."""
    return Mutant(name, clause, partial(answering, _labelled(label), status=status))


def _body(name: str, clause: str, which: Which, body: bytes) -> Mutant:
    return Mutant(name, clause, partial(answering, which, body=body))


def _header(name: str, clause: str, **headers: str) -> Mutant:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Mutant(name, clause, partial(answering, _succeeded, headers=named))


def _error(name: str, clause: str, edit: Callable[[dict[str, object]], object]) -> Mutant:
    return Mutant(name, clause, partial(editing_errors, lambda body, _exchange: edit(body)))


ANSWER_MUTANTS = (
    _body("success as text", "ENV-06", _succeeded, b"OK"),
    _body("success as HTML", "ENV-06", _succeeded, b"<html></html>"),
    _body("success as a list", "ENV-06", _succeeded, b"[]"),
    _body("success with nothing in it", "ENV-06", _succeeded, b""),
    _body("success cut short", "ENV-06", _succeeded, b'{"status": "success", "da'),
    _body("success not in UTF-8", "ENV-06", _succeeded, b'{"status": "\xff"}'),
    _body("success nested deeply", "ENV-06", _succeeded, b"[" * 100_000),
    _body("success with NaN", "ENV-06", _succeeded, b'{"status": "success", "data": [{"visitors": NaN}]}'),
    _header("success as text/html", "ENV-07", content_type="text/html"),
    _header("limit in words", "ENV-10", x_ratelimit_limit="many"),
    _header("negative rest", "ENV-10", x_ratelimit_remaining="-1"),
    Mutant(
        "data called result",
        "ENV-08",
        partial(rewriting, None, lambda body, _exchange: body.update(result=body.pop("data"))),
    ),
    Mutant(
        "the map's data called map",
        "ENV-08",
        partial(rewriting, MAP, lambda body, _exchange: body.update(map=body.pop("data"))),
    ),
    Mutant(
        "map in a list",
        "ENV-09",
        partial(rewriting, MAP, lambda body, _exchange: body.update(data=[body["data"]])),
    ),
    Mutant(
        "profile in a list",
        "ENV-09",
        partial(rewriting, VISITOR, lambda body, _exchange: body.update(data=[body["data"]])),
    ),
    Mutant(
        "profile null",
        "ENV-09",
        partial(rewriting, VISITOR, lambda body, _exchange: body.update(data=None)),
    ),
    _body("error as HTML", "ENV-02", _failed, b"<h1>Error</h1>"),
    _body("error as text", "ENV-02", _failed, b'"Unauthorized"'),
    _error("error in one word", "ENV-02", lambda body: body.update(error="Unauthorized")),
    _error("error without error", "ENV-02", lambda body: body.pop("error")),
    _error("error called fail", "ENV-03", lambda body: body.update(status="fail")),
    _error("error called success", "ENV-03", lambda body: body.update(status="success")),
    _error("error without status", "ENV-03", lambda body: body.pop("status")),
    _error("code as text", "ENV-04", lambda body: body.update(error={"code": "401", "message": "No."})),
    _error("code by name", "ENV-04", lambda body: body.update(error={"code": "nope", "message": "No."})),
    _error(
        "code of another status", "ENV-04", lambda body: body.update(error={"code": 418, "message": "No."})
    ),
    _error("code true", "ENV-04", lambda body: body.update(error={"code": True, "message": "No."})),
    Mutant(
        "code missing",
        "ENV-04",
        partial(editing_errors, lambda body, _exchange: body["error"].pop("code")),
    ),
    Mutant(
        "message empty",
        "ENV-05",
        partial(editing_errors, lambda body, _exchange: body["error"].update(message=" ")),
    ),
    Mutant(
        "message missing",
        "ENV-05",
        partial(editing_errors, lambda body, _exchange: body["error"].pop("message")),
    ),
    Mutant(
        "message in a list",
        "ENV-05",
        partial(editing_errors, lambda body, _exchange: body["error"].update(message=["No."])),
    ),
    _status("no token, 403", "AUTH-01", labels.NO_CREDENTIAL, 403),
    _status("no token, 400", "AUTH-01", labels.NO_CREDENTIAL, 400),
    _status("no token, let in", "AUTH-01", labels.NO_CREDENTIAL, 200),
    _status("unknown token, 403", "AUTH-02", labels.UNKNOWN_CREDENTIAL, 403),
    _status("unknown token, 404", "AUTH-02", labels.UNKNOWN_CREDENTIAL, 404),
    _status("unknown token, let in", "AUTH-02", labels.UNKNOWN_CREDENTIAL, 200),
    _status("account token without a website, let in", "AUTH-03", labels.NO_WEBSITE_ID, 200),
    _status("no permission, 401", "AUTH-04", labels.NO_PERMISSION, 401),
    _status("no permission, let in", "AUTH-04", labels.NO_PERMISSION, 200),
    _status("another's website, let in", "AUTH-05", labels.ELSEWHERE, 200),
    _status("key without a website, 400", "AUTH-06", labels.OK, 400),
    _status("account token with a website, 403", "AUTH-07", labels.ACCOUNT, 403),
    _status("suspended, let in", "AUTH-08", labels.SUSPENDED, 200),
    _status("suspended, 402", "AUTH-08", labels.SUSPENDED, 402),
    _status("superfluous parameters, 400", "AUTH-09", labels.SUPERFLUOUS, 400),
    _status("another field, let in", "ERR-01", labels.BAD_FIELDS, 200),
    _status("another field, 422", "ERR-01", labels.BAD_FIELDS, 422),
    _status("malformed visitor id, 404", "ERR-02", labels.BAD_VISITOR_ID, 404),
    _status("unknown visitor, 400", "ERR-03", labels.UNKNOWN_VISITOR, 400),
    _status("unknown visitor, 204", "ERR-03", labels.UNKNOWN_VISITOR, 204),
    _status("unknown website, 400", "ERR-04", labels.UNKNOWN_WEBSITE, 400),
    _status("unknown website, let in", "ERR-04", labels.UNKNOWN_WEBSITE, 200),
    _status("bot, 404", "ERR-05", labels.BOT, 404),
    _status("too often, 403", "ERR-06", labels.LIMITED, 403),
    _status("server error, 400", "ERR-07", labels.SERVER_ERROR, 400),
    _status("fields=visitors, 400", "RT-04", labels.FIELDS, 400),
    _status("dates, 400", "RT-05", labels.DATES, 400),
)


def rule_mutants(contract: Document) -> Iterator[Mutant]:
    """For each rule of the document an answer with a status that it does not allow."""
    for rule in rules_of(contract):
        status = _TEAPOT if rule.label not in labels.REFUSED else min(rule.operation.successes or {200})

        def is_meant(exchange: Exchange, rule: Rule = rule) -> bool:
            return exchange.operation == rule.operation.id and rule.label in exchange.labels

        yield Mutant(f"{rule.id} answered {status}", rule.id, partial(answering, is_meant, status=status))
