"""Converts plain values to checked ones, and names the place of an invalid value."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from mock_server.errors import InputError
from mock_server.kinds import A_KEY
from mock_server.wording import in_plain_words

_T = TypeVar("_T")
# msgspec writes `[...]` for a key of a mapping, whichever it is.
_ANY_KEY = "[...]"
_STEP = re.compile(r"\.([^.[\]]+)|\[([0-9]+)\]|\[\.\.\.\]")
_LONGEST_KEY = 80


class Fault(NamedTuple):
    """What is wrong in a value: the problem as a text, the way to it, and the known values in its place.

    `member` is the name of a member that is missing or unknown there.
    """

    problem: str
    way: list[str | int]
    known: list[str]
    member: str | None


def checked(value: Any, kind: type[_T], where: object) -> _T:
    """Converts plain values to a value of `kind`.

    Raises InputError with `where` and the place of the invalid value, such as `$.countries.NO`.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        fault = fault_of(error, value, kind)
        steps = (f"[{step}]" if isinstance(step, int) else f".{step[:_LONGEST_KEY]}" for step in fault.way)
        raise InputError(f"{where}: ${''.join(steps)}", fault.problem) from None


def fault_of(error: msgspec.ValidationError, value: Any, kind: type, *, is_of_texts: bool = False) -> Fault:
    """Returns what msgspec's error says about a value of a type, in plain words.

    `value` may be None if it is not known. Then the way ends at the first mapping. `is_of_texts` tells that
    all values were texts, as in a query.
    """
    problem, found, place = str(error).rpartition(" - at ")
    if not found:
        problem, place = place, ""
    # For the name of a member, msgspec says "`key` in `$.parent`".
    of_key, _, place = place.rpartition(" in ")
    place = place.strip("`")
    told = in_plain_words(problem, kind, place + A_KEY if of_key else place, is_of_texts=is_of_texts)
    problem = f"as the name of a member, {told.problem}" if of_key else told.problem
    return Fault(problem, _way_to(place, value, kind, str(error)), list(told.known), told.member)


def _way_to(place: str, value: Any, kind: type, message: str) -> list[str | int]:
    """Returns the members and indices that lead to an invalid value, as far as they are known.

    `place` and `message` are msgspec's place and message for `value`. The place has `[...]` for a key of a
    mapping, so this looks for the key. Where it finds none, the way ends at the mapping.
    """
    way: list[str | int] = []
    for step in _STEP.finditer(place):
        if step[0] == _ANY_KEY:
            key, value = (None, None) if value is None else _first_invalid(value, way, kind, message)
            if key is None:
                break
            way.append(key)
        else:
            way.append(step[1] or int(step[2]))
    return way


def _first_invalid(value: Any, way: Sequence[str | int], kind: type, message: str) -> tuple[str | None, Any]:
    """Finds the first invalid member of the mapping to which `way` leads, in few conversions.

    Returns its key, and the value with only this member in the mapping; None if no member is invalid alone.
    """
    mapping = value
    for step in way:
        mapping = mapping[step]
    keys = list(mapping)

    def with_only(some: Sequence[str]) -> Any:
        return _replaced(value, way, {key: mapping[key] for key in some})

    while len(keys) > 1:
        half = len(keys) // 2
        keys = keys[:half] if _message(with_only(keys[:half]), kind) == message else keys[half:]
    alone = with_only(keys)
    return (keys[0], alone) if _message(alone, kind) == message else (None, value)


def _message(value: Any, kind: type) -> str | None:
    """Returns msgspec's message about an invalid value, or None for a valid one."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return str(error)
    return None


def _replaced(value: Any, way: Sequence[str | int], part: Any) -> Any:
    """Returns a copy of a value with another part at the end of a way."""
    if not way:
        return part
    copy = value.copy()
    copy[way[0]] = _replaced(value[way[0]], way[1:], part)
    return copy
