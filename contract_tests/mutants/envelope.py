"""Mutants with a wrong body, header or envelope."""

from collections.abc import Callable
from functools import partial

from contract_tests.exchange import Exchange
from contract_tests.mutants.mutant import Mutant
from contract_tests.mutants.planting import Data, Which, answering, editing_errors, rewriting
from contract_tests.operations import MAP, VISITOR


def _succeeded(exchange: Exchange) -> bool:
    return exchange.is_success


def _failed(exchange: Exchange) -> bool:
    return exchange.status >= 400


def _without_data(body: Data, _exchange: Exchange) -> None:
    if "data" in body:
        body["result"] = body.pop("data")


def _body(name: str, clause: str, which: Which, body: bytes) -> Mutant:
    return Mutant(name, clause, partial(answering, which, body=body))


def _header(name: str, clause: str, **headers: str) -> Mutant:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Mutant(name, clause, partial(answering, _succeeded, headers=named))


def _error(name: str, clause: str, edit: Callable[[dict[str, object]], object]) -> Mutant:
    return Mutant(name, clause, partial(editing_errors, lambda body, _exchange: edit(body)))


ENVELOPE_MUTANTS = (
    _body("success as text", "ENV-06", _succeeded, b"OK"),
    _body("success as HTML", "ENV-06", _succeeded, b"<html></html>"),
    _body("success as a list", "ENV-06", _succeeded, b"[]"),
    _body("success with nothing in it", "ENV-06", _succeeded, b""),
    _body("success cut short", "ENV-06", _succeeded, b'{"status": "success", "da'),
    _body("success not in UTF-8", "ENV-06", _succeeded, b'{"status": "\xff"}'),
    _body("success nested deeply", "ENV-06", _succeeded, b"[" * 100_000),
    _body("success with NaN", "ENV-06", _succeeded, b'{"status": "success", "data": [{"visitors": NaN}]}'),
    _header("success as text/html", "ENV-07", content_type="text/html"),
    _header("success as one JSON value in each line", "ENV-07", content_type="application/x-ndjson"),
    _header("limit in words", "ENV-10", x_ratelimit_limit="many"),
    _header("negative number of remaining requests", "ENV-10", x_ratelimit_remaining="-1"),
    Mutant(
        "data called result",
        "ENV-08",
        partial(rewriting, None, _without_data),
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
)
