"""What the printed sentence of a member says is what its clause judges: neither less nor more."""

import re
from dataclasses import replace

import msgspec
import pytest

from contract_tests.clauses import all_clauses
from contract_tests.clauses.values import Judge
from contract_tests.document import document
from contract_tests.documented import OBSERVED, PAGE, Row
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, Verdict, judge
from contract_tests.pointers import objects_at
from contract_tests.recording import REVISION_2026_02, Recording
from tests.quick import quick

_CLAUSES = {clause.id: clause for clause in all_clauses()}
_NOTICED = (Outcome.BROKEN, Outcome.WARNING)
# What the words in brackets say of a text.
_FORMS = {
    "a UUID of version 4": "(?ia)[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "24 hexadecimal digits in small letters": "[0-9a-f]{24}",
    "two capital letters": "[A-Z]{2}",
    "three capital letters": "[A-Z]{3}",
    "ISO 8601 in UTC with milliseconds and `Z`": r"(?a)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "ISO 8601 with an offset": r"(?a)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
}
_TEXTS = (
    *("", " ", "NaN", "null", "5", "5.0", "true", "wrong", "success", "Success", "day", "Day", "日本 🎉"),
    *("US", "USD", "us", "Usd", "US\n", "USD\n", "\nUSD", " USD", "ＵＳ", "\u212aſ", "USDUSD", "x" * 5000),
    *("665f0b3c4d2e1a0012345678", "665F0B3C4D2E1A0012345678", "665f0b3c4d2e1a0012345678\n"),
    *("665f0b3c4d2e1a001234567", "665f0b3c4d2e1a00123456789", "66\u0665f0b3c4d2e1a0012345678"),
    *("2f1e0b1a-1111-4111-8111-111111111111", "2F1E0B1A-1111-4111-8111-111111111111"),
    *("2f1e0b1a-1111-1111-8111-111111111111", "2f1e0b1a-1111-4111-8111-111111111111\n"),
    *("{2f1e0b1a-1111-4111-8111-111111111111}", "2f1e0b1a111141118111111111111111"),
    *("2026-02-06", "2026-02-06T05:27:11.123Z", "2026-02-06T05:27:11Z", "2026-02-06T05:27:11.123Z\n"),
    *("2026-02-06 05:27:11.123Z", "2026-02-06T05:27:11.123", "2026-02-06T05:27:11.123+02:00"),
    *("02/06/2026 5:27 AM", "Fri, 06 Feb 2026 05:27:11 GMT", "1770355631"),
)
_NUMBERS = (
    *(0, 1, -1, 5, 100, 101, 90.5, -90.0001, 180.5, -181, 10**15, 2**70),
    *(-0.5, 0.5, 1.5, 1.0, 5.0, 1.0000001, -1e-9, 100.0001, 1e300, -1e300),
)
_OTHERS: tuple[Json, ...] = (
    None,
    True,
    False,
    [],
    {},
    [None],
    [5],
    ["a"],
    [[]],
    [{}],
    [{}, {}],
    [{}, None],
    {"value": 1},
)
_VALUES: tuple[Json, ...] = (*_TEXTS, *_NUMBERS, *_OTHERS)
_ITEMS: dict[str | None, type] = {"object": dict, "string": str, None: object}


def _is_said(words: str, value: Json) -> bool:
    """Returns whether a sentence such as `number from 0 to 1, or null` allows a value."""
    base = words.removesuffix("or null").rstrip(" ,")
    kind = base.partition(",")[0].split()[0]
    if value is None:
        return base != words
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, int | float):
        return kind in ("number", "integer" if value % 1 == 0 else "number") and _is_between(base, value)
    if isinstance(value, str):
        return kind == "string" and _is_said_of_a_text(base, value)
    if isinstance(value, list):
        items = re.fullmatch(r"array(?: of (one )?(object|string)s?)?", base)
        return (
            items is not None
            and (items[1] is None or len(value) == 1)
            and all(isinstance(item, _ITEMS[items[2]]) for item in value)
        )
    return kind == "object"


def _is_between(base: str, value: float) -> bool:
    least, most = re.search(r" of at least (\S+)", base), re.search(r" from (\S+) to (\S+)", base)
    if most:
        return float(most[1]) <= value <= float(most[2])
    return least is None or value >= float(least[1])


def _is_said_of_a_text(base: str, value: str) -> bool:
    form, named = re.search(r"\((.*)\)", base), re.findall("`([^`]*)`", base)
    if form:
        return re.fullmatch(_FORMS[form[1]], value) is not None
    return value in named or not named


def _with(recordings: dict[str, list[Exchange]], row: Row, value: Json) -> list[Exchange]:
    """Returns an answer with the value in the last of the objects that have the member."""
    for exchange in recordings[row.revision or REVISION_2026_02]:
        if exchange.operation == row.operation and exchange.is_success:
            body = msgspec.json.decode(exchange.body)
            parents = [parent for _, parent in objects_at(body, row.place[:-1])]
            if parents:
                parents[-1][row.place[-1]] = value
                return [replace(exchange, body=msgspec.json.encode(body))]
    raise LookupError(row.id)


def _judged(recordings: dict[str, list[Exchange]], row: Row, value: Json) -> Verdict:
    revision = row.revision or REVISION_2026_02
    return judge(Recording(_with(recordings, row, value), revision), [_CLAUSES[row.id]])[0]


# The first member of each kind of sentence and each kind of source.
_ROWS = list({(Judge(row).words(), row.standing): row for row in reversed(document().rows)}.values())


@pytest.mark.parametrize("row", quick(_ROWS, 10), ids=lambda row: f"{row.id} {'.'.join(row.place)}")
def test_a_value_is_noticed_if_the_sentence_does_not_allow_it(
    recordings: dict[str, list[Exchange]], row: Row
) -> None:
    words = _CLAUSES[row.id].sentence.partition(": ")[2].partition(";")[0].removesuffix(".")
    verdicts = {repr(value): _judged(recordings, row, value).outcome for value in _VALUES}

    assert {told: outcome in _NOTICED for told, outcome in verdicts.items()} == {
        repr(value): not _is_said(words, value) for value in _VALUES
    }


@pytest.mark.parametrize("value", ["five", -1, 0.5, [1]])
def test_what_only_programs_report_is_a_warning(recordings: dict[str, list[Exchange]], value: Json) -> None:
    row = next(row for row in document().rows if row.id == "getOverview.data.pageviews")

    assert row.standing == OBSERVED
    assert _judged(recordings, row, value).outcome is Outcome.WARNING


def test_a_sentence_says_in_which_revision_a_member_is_present() -> None:
    told = _CLAUSES["MAP-12"].sentence.partition("; ")[2]

    assert told == "present at least once in 2026-02."


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "number", "maximum": 5}, "number of at most 5"),
        ({"type": "number", "minimum": 2, "maximum": 5}, "number from 2 to 5"),
        ({"type": "boolean", "const": True}, "boolean `true`"),
        ({"type": ["string", "null"], "enum": ["a", None]}, "string, one of `a`, `null`, or null"),
        ({"type": "array", "minItems": 2}, "array of at least 2 items"),
        ({"type": ["array", "null"], "maxItems": 3}, "array of at most 3 items, or null"),
        (
            {"type": "array", "minItems": 2, "maxItems": 4, "items": {"type": "string"}},
            "array of strings, from 2 to 4 items",
        ),
        ({"type": "array", "minItems": 1, "maxItems": 1}, "array of one item"),
    ],
)
def test_each_bound_that_is_judged_is_told(schema: dict[str, Json], words: str) -> None:
    row = Row("own.clause", "own", 200, ("own",), schema, "", "", PAGE, True, None)

    assert Judge(row).words() == words
