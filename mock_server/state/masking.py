"""Tokens are secrets, even here: what is shown of a text that may hold one."""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

# A URL, JSON or HTML within another is escaped once more: `%255f`, `\\u005f`, `&amp;#95;`.
_ESCAPE = re.compile(
    r"%(?:25)*(?P<url>[0-9A-Fa-f]{2})"
    r"|(?<!\\)\\++(?:u(?P<json>[0-9A-Fa-f]{4})|x(?P<hex>[0-9A-Fa-f]{2})|u\{0*(?P<point>[0-9A-Fa-f]{1,6})\}"
    r"|U(?P<long>[0-9A-Fa-f]{8})|(?P<octal>[0-3]?[0-7]{1,2})|[abefnrtv])"
    r"|&(?:amp;)*(?P<html>\#0*+[0-9]{1,7};?|\#[xX]0*+[0-9A-Fa-f]{1,6};?|lowbar;|UnderBar;)"
)
_BASES = {"url": 16, "json": 16, "hex": 16, "point": 16, "long": 16, "octal": 8}
# Escapes of one kind count as one layer, however often they are nested.
_MOST_LAYERS = 8
_BEGINNING = re.compile(r"df(t?)_(?=[A-Za-z0-9_-])")
_REST = re.compile(r"[A-Za-z0-9_-]+")
_LAST_POINT = 0x10FFFF

_MayBegin = Callable[[str, Sequence[int], int], bool]
"""Whether a token may begin at a place of a text."""


def hidden(text: str) -> str:
    """The text with `df_***` for each token in it, however it is escaped; `pdf_x` has none."""
    return _masked(text, _tokens(text, _begins_a_word))


def hidden_anywhere(text: str) -> str:
    """The same within words, too: in a text that quotes what was escaped nobody knows where words begin."""
    return _masked(text, _tokens(text, _any_place))


def has_token(text: str) -> bool:
    """Whether there is a token in a text."""
    return bool(_tokens(text, _begins_a_word))


def _masked(text: str, tokens: Iterable[tuple[int, int, str]]) -> str:
    parts: list[str] = []
    at = 0
    for start, end, masked in tokens:
        if start >= at:
            parts += text[at:start], masked
        at = max(at, end)
    return "".join([*parts, text[at:]]) if parts else text


@lru_cache(32)
def _tokens(text: str, may_begin: _MayBegin) -> tuple[tuple[int, int, str], ...]:
    """Beginning, end and mask of each token by their places in the text, which may overlap."""
    found = [*_found(text, range(len(text) + 1), may_begin)]
    shown, places = text, None
    for _ in range(_MOST_LAYERS):
        if _ESCAPE.search(shown) is None:
            break
        shown, places = _decoded(shown, range(len(text) + 1) if places is None else places)
        found += _found(shown, places, may_begin)
    return tuple(sorted(found))


def _found(text: str, places: Sequence[int], may_begin: _MayBegin) -> Iterator[tuple[int, int, str]]:
    """The tokens of a decoded text; its character n stands at `places[n]` of the text as it was written."""
    end = 0
    for begun in _BEGINNING.finditer(text):
        start = begun.start()
        if start < end or not may_begin(text, places, start):
            continue
        rest = _REST.match(text, begun.end())
        assert rest is not None, "looked ahead for"
        end = rest.end()
        yield places[start], places[end], f"df{begun[1]}_***"


def _begins_a_word(text: str, places: Sequence[int], start: int) -> bool:
    """Not within a word; what an escape stands for, or ends, is no sure part of one."""
    if start == 0 or not (text[start - 1].isascii() and text[start - 1].isalnum()):
        return True
    return text[start - 2 : start - 1] in ("\\", "%") or places[start + 1] - places[start - 1] > 2


def _any_place(_text: str, _places: Sequence[int], _start: int) -> bool:
    return True


def _decoded(text: str, places: Sequence[int]) -> tuple[str, list[int]]:
    """One layer of escapes less, and where each character and the end stand in the text as it was written."""
    parts: list[str] = []
    found: list[int] = []
    at = 0
    for escape in _ESCAPE.finditer(text):
        parts += text[at : escape.start()], _character(escape)
        found += places[at : escape.start() + 1]
        at = escape.end()
    parts.append(text[at:])
    found += places[at:]
    return "".join(parts), found


def _character(escape: re.Match[str]) -> str:
    """What an escape stands for; where that is no letter of a token, anything that is none."""
    kind = escape.lastgroup
    if kind is None:
        return " "
    if kind == "html":
        return html.unescape(f"&{escape['html']}")[:1] or " "
    point = int(escape[kind], _BASES[kind])
    return chr(point) if point <= _LAST_POINT else " "
