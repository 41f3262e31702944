"""Reads a request's preferences from the header `Prefer` and from query parameters such as `__code`."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Struct, UnsetType

from contract_tests.quoting import quoted
from mock_server.faults.action import Action
from mock_server.faults.amounts import members_of, span_of
from mock_server.instants import instant_of
from mock_server.problems import ProblemError
from mock_server.records import fault_of

QUERY_PREFIX = "__"
"""The prefix of preferences in a query."""
PEEK = "peek"
"""The preference that makes a request a peek: it gets the next answer, but changes and counts nothing."""

# The values of `peek` in a query, where a parameter needs a value; in the header it has none.
_PEEK_VALUES = ("", "1", "true")
# All quantifiers are possessive, so that the time to match is linear in the header's length.
_PREFERENCE = re.compile(
    r"""[\s,]*+                                         # empty members of the list (RFC 9110, 5.6.1)
        ([!#$%&'*+.^_`|~0-9A-Za-z-]++)                   # its name
        \s*+(?:=\s*+(?:"((?:[^"\\]|\\.)*+)"\s*+|([^,;"]*+)))?+  # its value, quoted or not
        (?:;[^,";]*+(?:"(?:[^"\\]|\\.)*+"[^,";]*+)*+)*+   # parameters, of which we know none
        (?:,|$)""",
    re.VERBOSE,
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FINAL_STATUS = re.compile(r"[2-5][0-9]{2}")


class RawPreferences(NamedTuple):
    """The unchecked preferences of a request, by name: one mapping for the header, and one for the query."""

    header: Mapping[str, str]
    query: Mapping[str, str]

    @property
    def is_peek(self) -> bool:
        """Whether the request is a peek."""
        return PEEK in self.header or PEEK in self.query


class Preferences(Struct, frozen=True, kw_only=True):
    """The checked preferences of a request, except `peek`, for which see `RawPreferences.is_peek`."""

    action: Action
    at: int | UnsetType = UNSET
    """The instant of the answer, in ms."""
    site: str | UnsetType = UNSET
    revision: str | UnsetType = UNSET
    sent: Mapping[str, str] = {}
    """The preferences of the header by name, as `Preference-Applied` repeats them."""
    text: str = ""
    """All preferences in one line, for the journal."""


def raw_preferences_of(headers: Iterable[str], query: Iterable[tuple[str, str]]) -> RawPreferences:
    """Collects the preferences from the `Prefer` headers and the query; the first value of a name counts."""
    return RawPreferences(
        header=_first(pair for header in headers for pair in _pairs(header)),
        query=_first((name[2:].lower(), value) for name, value in query if name.startswith(QUERY_PREFIX)),
    )


def preferences_of(raw: RawPreferences, known: Mapping[str, Iterable[str]]) -> Preferences | None:
    """Reads and checks preferences.

    Returns None if the request has no known preference except `peek`. `known` lists the names of sites and
    revisions. Unknown preferences are ignored; the header wins over the query. Raises ProblemError for an
    invalid value.
    """
    named = {**raw.query, **raw.header}
    if named.get(PEEK, "") not in _PEEK_VALUES:
        raise _refused(PEEK, named[PEEK], "it takes no value")
    found = {name: value for name, value in named.items() if name in _READERS}
    if not found:
        return None
    values = {name: part for pair in found.items() for name, part in _read(*pair, known).items()}
    beside = {name: values.pop(name) for name in _BESIDE if name in values}
    return Preferences(
        action=msgspec.convert(values, Action),
        sent={name: _written(name, value) for name, value in found.items() if name in raw.header},
        text=", ".join(_written(name, value) for name, value in found.items()),
        **beside,
    )


def read_members(name: str, value: str) -> dict[str, Any]:
    """Reads one preference, such as `delay=200..900`, as members of an action or of Preferences.

    Raises ValueError; most values that an action does not allow pass.
    """
    return _READERS[name](value)


def _first(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Returns the first value of each name."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def _pairs(header: str) -> Iterator[tuple[str, str]]:
    """Yields the name and value of each preference, up to the first one that is not valid."""
    at = 0
    while at < len(header) and (match := _PREFERENCE.match(header, at)):
        name, quoted, plain = match.groups()
        yield name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else (plain or "").strip()
        at = match.end()


def _written(name: str, value: str) -> str:
    """Writes a preference such as `code=429`; the value is quoted if necessary."""
    if _TOKEN.fullmatch(value):
        return f"{name}={value}"
    escaped = re.sub(r'(["\\])', r"\\\1", "".join(c if " " <= c < "\x7f" else "?" for c in value))
    return f'{name}="{escaped}"'


def _read(name: str, value: str, known: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """Reads one preference as members of an action or of Preferences. Raises ProblemError."""
    if name in known and value not in known[name]:
        raise _refused(name, value, f"there is no {name} of that name; known: {', '.join(known[name])}")
    try:
        members = read_members(name, value)
        if name not in _BESIDE:
            msgspec.convert(members, Action)
    except msgspec.ValidationError as error:
        raise _refused(name, value, fault_of(error, members, Action).problem) from None
    except ValueError as error:
        raise _refused(name, value, str(error)) from None
    return members


def _refused(name: str, value: str, problem: str) -> ProblemError:
    detail = f"The preference {name}={quoted(value[:80])} cannot be applied: {problem}."
    return ProblemError(400, detail, preference=name)


def _code(value: str) -> dict[str, Any]:
    if not _FINAL_STATUS.fullmatch(value):
        raise ValueError("a final status from 200 to 599 is expected, such as 429")
    return {"code": int(value)}


# Each function reads one preference, and returns members of `Preferences`.
_BESIDE: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "at": lambda value: {"at": instant_of(value)},
    "site": lambda value: {"site": value},
    "revision": lambda value: {"revision": value},
}
_READERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "code": _code,
    "example": lambda value: {"example": value},
    "delay": lambda value: {"delay": span_of(value)},
    "fault": members_of,
    **_BESIDE,
}
