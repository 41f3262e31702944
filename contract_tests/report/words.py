"""The words that all reports share: places, values, and the `curl` that repeats a request."""

import shlex

import msgspec

from contract_tests.clause import OBSERVED, Clause, Violation
from contract_tests.document import page_of
from contract_tests.exchange import Exchange, Json, without_tokens

_LONGEST_VALUE = 80
_STANDINGS = {
    "page": "the page says it",
    "other": "DataFast's public documentation says it elsewhere",
    "implied": "it follows from what the pages say",
    "example": "an example on the page shows it",
    "observed": "programs that run against the live API report it",
}


def place_of(violation: Violation) -> str:
    """Where something is wrong: the JSON pointer with the value that was met."""
    if not violation.pointer:
        return f"{violation.exchange.status} from {plain(violation.exchange.url)}"
    return f"{violation.pointer} = {shown(violation.value)}"


def shown(value: Json) -> str:
    """A value as JSON on one line, cut where it is long, without tokens and control characters."""
    text = plain(msgspec.json.encode(value).decode())
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def plain(text: str) -> str:
    """A text of a stranger's as it may be shown: no tokens, no control characters, one line."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in without_tokens(text))


def curl_of(exchange: Exchange) -> str:
    """The command that repeats a request; the token is for the reader to fill in."""
    words = ["curl", "-i"]
    if exchange.token is not None:
        words += ["-H", f"Authorization: Bearer {exchange.token}"]
    return shlex.join([*words, without_tokens(exchange.url)])


def ground_of(clause: Clause) -> str:
    """What a clause rests on, in words."""
    if clause.standing == OBSERVED or not clause.source:
        return _STANDINGS[clause.standing]
    return f"{page_of(clause.source)}: {_STANDINGS[clause.standing]}"
