"""Preferences of a request: the `Prefer` header (RFC 7240), and `__code`, `__delay`, … in the query."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from mock_server.faults.action import FAULTS, LONGEST, Action
from mock_server.instants import instant_of
from mock_server.problems import ProblemError

QUERY_PREFIX = "__"
"""What the names of preferences in a query begin with."""
PEEK = "peek"
"""The preference to be answered as the next request would be, without being one."""

# It takes none; in a query something has to be written.
_PEEK_VALUES = ("", "1", "true")
_BESIDE = ("at", "site", "revision")
_T = TypeVar("_T")
# Possessive throughout, so that no header takes longer than its length.
_PREFERENCE = re.compile(
    r"""\s*+([!#$%&'*+.^_`|~0-9A-Za-z-]++)                # its name
        \s*+(?:=\s*+(?:"((?:[^"\\]|\\.)*+)"\s*+|([^,;"]*+)))?+  # its value, quoted or not
        (?:;[^,";]*+(?:"(?:[^"\\]|\\.)*+"[^,";]*+)*+)*+   # parameters, of which we know none
        (?:,|$)""",
    re.VERBOSE,
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_RANGE = re.compile(r"([0-9]{1,9})(?:\.\.([0-9]{1,9}))?")
_NUMBER = re.compile(r"[0-9.eE+-]{1,40}")
_FINAL_STATUS = re.compile(r"[2-5][0-9]{2}")


class Wishes(NamedTuple):
    """Preferences as they are written, by name: those of the header, and those of the query."""

    sent: Mapping[str, str]
    asked: Mapping[str, str]

    @property
    def is_peek(self) -> bool:
        """Whether the request is not to be one, whatever else it prefers."""
        return PEEK in self.sent or PEEK in self.asked


class Preferences(Struct, frozen=True, kw_only=True):
    """What a request asks for; that it only peeks, its wishes tell."""

    action: Action
    at: int | UnsetType = UNSET
    """An instant in ms."""
    site: str | UnsetType = UNSET
    revision: str | UnsetType = UNSET
    sent: Mapping[str, str] = {}
    """What came in the header, by name, as `Preference-Applied` repeats it."""
    told: str = ""
    """All that was asked for, for the journal."""


def wishes_of(headers: Iterable[str], query: Iterable[tuple[str, str]]) -> Wishes:
    """What the `Prefer` headers and the query's parameters name; of what is given twice the first counts."""
    return Wishes(
        sent=_first(pair for header in headers for pair in _pairs(header)),
        asked=_first((name[2:].lower(), value) for name, value in query if name.startswith(QUERY_PREFIX)),
    )


def preferences_of(wishes: Wishes, known: Mapping[str, Iterable[str]]) -> Preferences | None:
    """What is to be changed about the answer; None for nothing that we know, or for a mere peek.

    `known` lists the sites and revisions there are. Unknown preferences are ignored; the header counts
    before the query. Raises ProblemError for a value that is none.
    """
    named = {**wishes.asked, **wishes.sent}
    if named.get(PEEK, "") not in _PEEK_VALUES:
        raise _refused(PEEK, named[PEEK], "it takes no value")
    found = {name: value for name, value in named.items() if name in _READERS}
    if not found:
        return None
    values = {name: part for pair in found.items() for name, part in _read(*pair, known).items()}
    beside = {name: values.pop(name) for name in _BESIDE if name in values}
    return Preferences(
        action=msgspec.convert(values, Action),
        sent={name: _written(name, value) for name, value in found.items() if name in wishes.sent},
        told=", ".join(_written(name, value) for name, value in found.items()),
        **beside,
    )


def _first(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each name with the value that it had first."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def _pairs(header: str) -> Iterator[tuple[str, str]]:
    """Name and value of each preference; what follows something unreadable is left out."""
    at = 0
    while at < len(header) and (match := _PREFERENCE.match(header, at)):
        name, quoted, plain = match.groups()
        yield name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else (plain or "").strip()
        at = match.end()


def _written(name: str, value: str) -> str:
    """`code=429`, quoted where it must be."""
    if _TOKEN.fullmatch(value):
        return f"{name}={value}"
    escaped = re.sub(r'(["\\])', r"\\\1", "".join(c if " " <= c < "\x7f" else "?" for c in value))
    return f'{name}="{escaped}"'


def _read(name: str, value: str, known: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """The members of an action, or `at`, `site`, `revision`. Raises ProblemError."""
    if name in known and value not in known[name]:
        raise _refused(name, value, f"there is none of that name; known: {', '.join(known[name])}")
    try:
        members = _READERS[name](value)
        if name not in _BESIDE:
            msgspec.convert(members, Action)
    except (ValueError, msgspec.ValidationError) as error:
        raise _refused(name, value, str(error).partition(" - at")[0]) from None
    return members


def _refused(name: str, value: str, problem: str) -> ProblemError:
    detail = f"The preference {name}={value[:80]!r} cannot be met: {problem}."
    return ProblemError(400, detail, preference=name)


def _code(value: str) -> dict[str, Any]:
    if not _FINAL_STATUS.fullmatch(value):
        raise ValueError("a final status is expected, from 200 to 599, such as 429")
    return {"code": int(value)}


def _delay(value: str) -> dict[str, Any]:
    match = _RANGE.fullmatch(value)
    ends = [int(end) for end in match.groups() if end is not None] if match else []
    if not ends or max(ends) > LONGEST or ends != sorted(ends):
        raise ValueError(f"milliseconds are expected, up to {LONGEST}, such as 1500 or 200..900")
    return {"delay": ends[0] if len(ends) == 1 else ends}


def _fault(value: str) -> dict[str, Any]:
    """`reset`, or with what it needs: `truncate:0.3`, `drip:5000`, `missing:/data/count`."""
    name, _, detail = value.partition(":")
    if name not in FAULTS:
        raise ValueError(f"known faults: {', '.join(FAULTS)}")
    if not detail:
        return {"fault": name}
    member, kind = _DETAILS.get(name, (None, str))
    if member is None:
        raise ValueError(f"{name} takes nothing behind a colon")
    return {"fault": name, member: _as(kind, detail)}


def _as(kind: Callable[[str], _T], text: str) -> _T:
    # Python would read `1_000`, and would not read thousands of digits.
    if kind is str or _NUMBER.fullmatch(text):
        with suppress(ValueError):
            return kind(text)
    raise ValueError(f"{text[:80]!r} is no number that makes sense here")


_DETAILS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "truncate": ("share", float),
    "drip": ("duration", int),
    "wrong-type": ("pointer", str),
    "missing": ("pointer", str),
}
_READERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "code": _code,
    "example": lambda value: {"example": value},
    "delay": _delay,
    "fault": _fault,
    "at": lambda value: {"at": instant_of(value)},
    "site": lambda value: {"site": value},
    "revision": lambda value: {"revision": value},
}
