"""Says in plain words what msgspec finds wrong in a value."""

import json
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from mock_server.kinds import forms_at, literals_at, members_at, names_at

KINDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
"""The kinds of values by msgspec's names, as they are told."""

_GOT = {**KINDS, "float": "a decimal number", "bool": "a boolean"}
_UNITS = {"str": "character", "array": "item", "object": "member"}
_COMPARISONS = {">=": "of at least", "<=": "of at most", ">": "above", "<": "below"}


class Told(NamedTuple):
    """A problem as a text, the values that are known in its place, and the missing or unknown member."""

    problem: str
    known: Sequence[str] = ()
    member: str | None = None


def in_plain_words(message: str, kind: type, place: str, *, is_of_texts: bool = False) -> Told:
    """Translates msgspec's message about a value at a place in a type.

    A message of our own is returned as it is. `is_of_texts` tells that all values were texts, as in a
    query, so that it says nothing to be told that one was.
    """
    for pattern, tell in _MESSAGES:
        match = pattern.fullmatch(message)
        if match is not None:
            return tell(match, kind, place, is_of_texts)
    return Told(message)


def told_kinds(expected: Sequence[str], found: str | None) -> str:
    """Says which kinds of values are expected, and which was found; None for one that need not be told."""
    names = " or ".join(KINDS.get(name, name) for name in expected)
    return f"{names} is expected" + ("" if found is None else f", not {_GOT.get(found, found)}")


def told_bound(kind: str, comparison: str, bound: float) -> str:
    """Says which numbers of a kind are expected, such as `a number of at least 1 is expected`."""
    shown = f"{int(bound):,}" if isinstance(bound, int) or bound.is_integer() else f"{bound}"
    return f"{KINDS[kind]} {_COMPARISONS[comparison]} {shown} is expected"


def told_length(kind: str, comparison: str, length: int) -> str:
    """Says how long a text, a list or an object is expected to be."""
    unit = _UNITS[kind] if length == 1 else f"{_UNITS[kind]}s"
    return f"{KINDS[kind]} {_COMPARISONS[comparison]} {length:,} {unit} is expected"


def told_missing(member: str) -> str:
    """Says that a member is missing."""
    return f"the member `{member}` is missing"


def told_unreadable(content: bytes, error: Exception) -> str:
    """Says why msgspec cannot read a text, as a part of a sentence about it.

    Not all that msgspec refuses is against JSON: numbers of any size and halves of surrogate pairs are not.
    """
    if isinstance(error, RecursionError):
        return "is nested too deep"
    if isinstance(error, msgspec.ValidationError):
        return "has a number that is too large"
    try:
        text = content.decode()
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_no_number)
    except UnicodeDecodeError as found:
        return f"is not UTF-8: invalid byte (byte {found.start})"
    except (ValueError, RecursionError):
        return f"is not JSON: {str(error).removeprefix('JSON is malformed: ')}"
    return "has a lone surrogate, such as \\ud800, which is half a character"


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _other_kind(match: re.Match[str], _kind: type, _place: str, is_of_texts: bool) -> Told:
    expected = match[1].split(" | ")
    if is_of_texts:
        return Told(told_kinds(expected, None))
    told = told_kinds(expected, match[2])
    # In YAML and JSON, a text that looks like a number or a boolean needs quotes.
    if set(expected) in ({"str"}, {"str", "null"}) and match[2] in ("int", "float", "bool"):
        told += ": put it in quotes"
    return Told(told)


def _outside(match: re.Match[str], _kind: type, _place: str, _is_of_texts: bool) -> Told:
    # A float does not hold every whole number of 64 bits.
    bound = int(match[3]) if match[1] == "int" else float(match[3])
    return Told(told_bound(match[1], match[2], bound))


def _other_length(match: re.Match[str], _kind: type, _place: str, _is_of_texts: bool) -> Told:
    return Told(told_length(match[1], match[2], int(match[3])))


def _other_form(match: re.Match[str], kind: type, place: str, _is_of_texts: bool) -> Told:
    names = names_at(kind, place)
    if names is not None:
        noun, known = names
        return Told(f"there is no such {noun}; known: {', '.join(sorted(known))}", sorted(known))
    forms = forms_at(kind, place) or [f"a text that the regular expression {match[1]} matches"]
    return Told(f"{' or '.join(forms)} is expected")


def _unknown(match: re.Match[str], kind: type, place: str, _is_of_texts: bool) -> Told:
    known = members_at(kind, place)
    others = f"; known: {', '.join(known)}" if known else ", nor any other"
    return Told(f"there is no member `{match[1]}`{others}", known, match[1])


def _missing(match: re.Match[str], _kind: type, _place: str, _is_of_texts: bool) -> Told:
    return Told(told_missing(match[1]), member=match[1])


def _no_literal(match: re.Match[str], kind: type, place: str, _is_of_texts: bool) -> Told:
    known = literals_at(kind, place)
    return Told(f"there is no {match[1]}; known: {', '.join(known)}", known)


_MESSAGES: list[tuple[re.Pattern[str], Callable[[re.Match[str], type, str, bool], Told]]] = [
    (re.compile(r"Expected `([a-z |]+)`, got `([a-z]+)`"), _other_kind),
    (re.compile(r"Expected `(int|float)` (<=|>=|<|>) ([-+.\de]+)"), _outside),
    (re.compile(r"Expected `(str|array|object)` of length (<=|>=) (\d+)"), _other_length),
    (re.compile(r"Expected `str` matching regex (.+)", re.DOTALL), _other_form),
    (re.compile(r"Object contains unknown field `(.+)`", re.DOTALL), _unknown),
    (re.compile(r"Object missing required field `(.+)`"), _missing),
    (re.compile(r"Invalid enum value (.+)", re.DOTALL), _no_literal),
]
"""Each form of a message, and the function that says it in plain words."""
