"""The words that all reports share: places, values, and the `curl` that repeats a request."""

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from contract_tests.asking import labels
from contract_tests.clauses.clause import Clause, Violation
from contract_tests.clauses.telling import counted
from contract_tests.document import document
from contract_tests.documented import OBSERVED
from contract_tests.exchange import Exchange, Json, NoJson
from contract_tests.judging.verdict import Outcome
from contract_tests.pointers import value_at
from contract_tests.tokens import without_tokens

SYMBOLS = {
    Outcome.BROKEN: "✗",
    Outcome.WARNING: "!",
    Outcome.KNOWN: "≈",
    Outcome.FAILED: "#",
    Outcome.NOT_OBSERVED: "?",
    Outcome.HOLDS: "✓",
    Outcome.OTHER_REVISION: "–",
}
"""A sign for each outcome, so that colour is not the only difference; the gravest outcome comes first."""

_COUNTED = {
    Outcome.BROKEN: ("broken", "broken"),
    Outcome.WARNING: ("warning", "warnings"),
    Outcome.KNOWN: ("known deviation", "known deviations"),
    Outcome.FAILED: ("not judged", "not judged"),
    Outcome.NOT_OBSERVED: ("not observed", "not observed"),
    Outcome.HOLDS: ("holds", "hold"),
    Outcome.OTHER_REVISION: ("of the other revision", "of the other revision"),
}
_LONGEST_VALUE = 80
_LONGEST_PROBLEM = 400
# The JSON report leaves out longer values. Texts and lists are cut to this length before they are encoded.
_LONGEST_JSON = 1000
_STANDINGS = {
    "page": "the page says it",
    "other": "DataFast's public documentation says it elsewhere",
    "implied": "it follows from what the pages say",
    "example": "an example on the page shows it",
    "observed": "programs that run against the live API report it",
}
# A source that begins with one of these names operations.
_METHODS = ("GET ", "POST ", "DELETE ")
# The shell variables that stand for the user's tokens in a command.
_VARIABLES = {labels.WITH_KEY: "$DATAFAST_KEY", labels.WITH_ACCOUNT: "$DATAFAST_ACCOUNT_TOKEN"}
_USER = re.compile(r"(?<=://)[^/?#@\s]+@")


def ids_told(ids: Sequence[str], most: int | None = None) -> str:
    """Returns sorted ids of clauses as text. A run of three or more consecutive ids becomes `first to last`.

    At most `most` runs are named; None names all.
    """
    runs: list[list[str]] = []
    for clause_id in ids:
        if runs and _follows(runs[-1][-1], clause_id):
            runs[-1].append(clause_id)
        else:
            runs.append([clause_id])
    named = [f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs]
    if most is not None and len(named) > most:
        left = sum(len(run) for run in runs[most:])
        named = [*named[:most], f"{left} more"]
    return ", ".join(named)


def total_of(outcome: Outcome, count: int) -> str:
    """Returns a number of clauses and their outcome as text, such as `2 warnings`."""
    return counted(count, *_COUNTED[outcome])


def place_of(violation: Violation) -> str:
    """Returns the place of a violation: its JSON pointer, with the value if there is one.

    The place of the whole answer is its status and URL, with the beginning of a body that is not JSON.
    """
    exchange = violation.exchange
    if not violation.pointer:
        place = f"{exchange.status} from {plain(exchange.url)}"
        is_shown = isinstance(exchange.json, NoJson) and exchange.body
        return (
            f"{place}: {shown(exchange.body[:_LONGEST_JSON].decode('utf-8', 'replace'))}"
            if is_shown
            else place
        )
    pointer = plain(violation.pointer)
    try:
        value = value_at(exchange.json, violation.pointer) if violation.value is None else violation.value
    except LookupError:
        return pointer
    return f"{pointer} = {shown(value)}"


def places_of(violations: tuple[Violation, ...]) -> list[tuple[str, str]]:
    """Returns the problem and the place of each violation; equal pairs are returned once."""
    told = ((shortened(plain(v.problem), _LONGEST_PROBLEM), place_of(v)) for v in violations)
    return list(dict.fromkeys(told))


def shown(value: Json) -> str:
    """Returns a value as JSON on one line: shortened, without tokens and control characters."""
    try:
        # Names, texts and lists are cut before encoding, because a value may be megabytes long and only one
        # line is shown.
        text = plain(msgspec.json.encode(_cut(value)).decode())
    except RecursionError:
        return "a value that is nested too deeply to be shown"
    return shortened(text, _LONGEST_VALUE)


def json_of(value: Json) -> msgspec.Raw | None:
    """Returns a value as JSON without tokens; None if it is too long for a report."""
    try:
        encoded = msgspec.json.encode(_cut(value))
    except RecursionError:
        return None
    return msgspec.Raw(encoded) if len(encoded) <= _LONGEST_JSON else None


def json_text(content: Json) -> str:
    """Returns a value as lines of JSON, with escapes for characters that are invisible."""
    text = msgspec.json.format(msgspec.json.encode(content), indent=2).decode()
    return "\n".join(line if line.isprintable() else _escaped(line) for line in text.split("\n")) + "\n"


def instant_told(instant: datetime) -> str:
    """Returns an instant in UTC as text, such as `2026-02-06T05:27:30.000Z`."""
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain(text: str) -> str:
    """Returns a text from the server as one line that may be shown, without tokens and control characters."""
    told = discreet(text)
    if told.isprintable():
        return told
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in told)


def discreet(text: str) -> str:
    """Returns a text without tokens, and without the user names and passwords in its URLs."""
    return _USER.sub("***@", without_tokens(text))


def shortened(text: str, longest: int) -> str:
    """Returns a text cut to `longest` characters, with an ellipsis if something was cut."""
    return text if len(text) <= longest else text[:longest] + "…"


def curl_of(exchange: Exchange) -> str:
    """Returns the `curl` command that repeats a request, for a POSIX shell.

    Variables of the environment stand for the key and the account token; other tokens are masked. A long body
    is cut.
    """
    words = ["curl", "-i"]
    if exchange.method != "GET":
        words += ["-X", exchange.method]
    rest = [exchange.url]
    if exchange.request_body:
        text = exchange.request_body.decode("utf-8", "replace")
        rest = ["-H", "Content-Type: application/json", "--data", shortened(text, _LONGEST_JSON), *rest]
    return " ".join([*map(_quoted, words), *_authorization(exchange), *map(_quoted, rest)])


def _authorization(exchange: Exchange) -> Iterator[str]:
    """Yields the arguments for the token: as a shell variable if it has one, else masked."""
    named = next((name for label, name in _VARIABLES.items() if label in exchange.labels), None)
    if exchange.token is not None:
        header = f"Authorization: Bearer {named or exchange.token}"
        yield from ("-H", f'"{header}"' if named else _quoted(header))


def _quoted(text: str) -> str:
    return shlex.quote(plain(text))


def ground_of(clause: Clause) -> str:
    """Returns a text with the evidence for a clause: its source and its standing."""
    if clause.standing == OBSERVED or not clause.source:
        return _STANDINGS[clause.standing]
    if clause.source.startswith(_METHODS):
        return f"the public documentation of {clause.source.replace(', ', ' and ')}"
    page = document().page_of(clause.source)
    # A source that is not a page is shown as it is, such as "the public documentation of errors".
    return page if page == clause.source else f"{page}: {_STANDINGS[clause.standing]}"


def _escaped(line: str) -> str:
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)


def _cut(value: Json) -> Json:
    """Returns a value without tokens. Long parts are cut, but stay longer than any report shows them."""
    if isinstance(value, str):
        return discreet(value[:_LONGEST_JSON]).encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_cut(item) for item in value[:_LONGEST_JSON]]
    if isinstance(value, dict):
        return {_cut(name): _cut(item) for name, item in list(value.items())[:_LONGEST_JSON]}
    return value


def _follows(one: str, other: str) -> bool:
    (family, _, number), (its_family, _, its_number) = one.partition("-"), other.partition("-")
    is_numbered = number.isdigit() and its_number.isdigit()
    return is_numbered and family == its_family and int(its_number) == int(number) + 1
