"""How users write what a fault takes: a time, a delay, a share, or a fault with its option in one text."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from msgspec import Meta

from contract_tests.durations import milliseconds_of
from contract_tests.quoting import quoted
from mock_server.kinds import in_words, named
from mock_server.pointers import FORM, FORM_IN_WORDS
from mock_server.wording import told_bound, told_length

LONGEST = 60_000
"""The longest delay, and the longest time of a `drip`, in ms."""
_LONGEST_POINTER = 1_000

FAULTS = ("reset", "empty", "truncate", "malformed", "content-type", "wrong-type", "missing", "drip", "hang")

_TIME = r"[0-9.]{1,20} ?[A-Za-z]{0,3}"
_NUMBER = re.compile(r"([0-9.eE+-]{1,40})( ?%)?")

_A_TIME = f"a number of milliseconds up to {LONGEST:,} is expected, such as 1500"

Milliseconds = Annotated[int, Meta(ge=0, le=LONGEST)]
WrittenTime = Annotated[
    str, Meta(pattern=f"^{_TIME}$", extra=in_words("a number of milliseconds or a duration such as 1.5s"))
]
WrittenSpan = Annotated[
    str,
    Meta(
        pattern=rf"^{_TIME}(\.\. ?{_TIME})?$",
        extra=in_words("a number of milliseconds, a duration such as 1.5s or a range such as 200..900"),
    ),
]
WrittenShare = Annotated[
    str, Meta(pattern="^[0-9.eE+-]{1,40} ?%?$", extra=in_words("a number or a share such as 30%"))
]
Pointer = Annotated[str, Meta(pattern=FORM, max_length=_LONGEST_POINTER, extra=in_words(FORM_IN_WORDS))]
WrittenFault = Annotated[
    str,
    Meta(
        pattern=f"^({'|'.join(FAULTS)})(:.*)?$",
        description="A fault, alone or with its option, such as `truncate:0.3`.",
        extra=named("fault", FAULTS),
    ),
]


def time_of(text: str) -> int:
    """Reads a time such as `1500`, which are milliseconds, or `1.5s`; in ms. Raises ValueError."""
    time = _time_of(text)
    if time is None:
        raise ValueError(f"{_A_TIME}, or a duration such as 1.5s")
    return time


def span_of(text: str) -> int | list[int]:
    """Reads a time, or the bounds of a random one, such as `200..900` or `1..2s`; in ms.

    A first bound without a unit has the unit of the second. Raises ValueError.
    """
    first, *further = (part.strip(" ") for part in text.split("..", 1))
    if further and not _unit_of(first):
        first += _unit_of(further[0])
    ends = [time for end in (first, *further) if (time := _time_of(end)) is not None]
    if len(ends) != 1 + len(further) or ends != sorted(ends):
        raise ValueError(f"{_A_TIME} or 200..900, or a duration such as 1.5s")
    return ends if further else ends[0]


def share_of(text: str) -> float:
    """Reads a share of at least 0 and below 1, such as `0.3` or `30%`. Raises ValueError."""
    match = _NUMBER.fullmatch(text)
    try:
        share = float(match[1]) / (100 if match[2] else 1) if match else None
    except ValueError:
        share = None
    if share is None:
        raise ValueError(f"{quoted(text[:80])} is not a valid number here")
    if not 0 <= share < 1:
        raise ValueError(told_bound("float", "<", 1) if share > 0 else told_bound("float", ">=", 0))
    return share


def members_of(text: str) -> dict[str, Any]:
    """Reads a fault, alone or with its option: `reset`, `truncate:0.3`, `drip:5s`, `missing:/data/count`.

    Returns members of an action. Raises ValueError.
    """
    name, _, option = text.partition(":")
    if name not in FAULTS:
        raise ValueError(f"known faults: {', '.join(FAULTS)}")
    if not option:
        return {"fault": name}
    if name not in _OPTIONS:
        raise ValueError(f"{name} takes no argument after a colon")
    member, read = _OPTIONS[name]
    return {"fault": name, member: read(option)}


def _time_of(text: str) -> int | None:
    """Returns the time in a text, in ms; None for any other text, and for a time that is too long."""
    try:
        time = milliseconds_of(text, bare=1)
    except ValueError:
        return None
    return time if 0 <= time <= LONGEST and text.isprintable() else None


def _unit_of(text: str) -> str:
    return text.lstrip("0123456789.").strip()


def _pointer_of(text: str) -> str:
    if len(text) > _LONGEST_POINTER:
        raise ValueError(told_length("str", "<=", _LONGEST_POINTER))
    if re.search(FORM, text) is None:
        raise ValueError(f"{FORM_IN_WORDS} is expected")
    return text


_OPTIONS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "truncate": ("share", share_of),
    "drip": ("duration", time_of),
    "wrong-type": ("pointer", _pointer_of),
    "missing": ("pointer", _pointer_of),
}
