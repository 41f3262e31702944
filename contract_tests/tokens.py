"""The masking of all DataFast tokens in a text, for the kit and for the mock."""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from contract_tests.encoded import encoded_tokens, texts_in_base64, unfolded

# A URL, JSON or HTML within another of its kind is escaped twice: `%255f`, `\\u005f`, `&amp;#95;`.
_ESCAPE = re.compile(
    r"%(?:25)*(?P<url>[0-9A-Fa-f]{2})"
    r"|(?<!\\)\\++(?:u(?P<json>[0-9A-Fa-f]{4})|x(?P<hex>[0-9A-Fa-f]{2})|u\{0*(?P<point>[0-9A-Fa-f]{1,6})\}"
    r"|U(?P<long>[0-9A-Fa-f]{8})|(?P<octal>[0-3]?[0-7]{1,2})|[abefnrtv])"
    r"|&(?:amp;)*(?P<html>\#0*+[0-9]{1,7};?|\#[xX]0*+[0-9A-Fa-f]{1,6};?|lowbar;|UnderBar;)"
)
_BASES = {"url": 16, "json": 16, "hex": 16, "point": 16, "long": 16, "octal": 8}
# Nested escapes of one kind count as one layer.
_MOST_LAYERS = 8
# A token may be in base64 in base64 in base64.
_MOST_CODES = 3
_BEGINNING = re.compile(r"df(t?)_(?=[A-Za-z0-9_-])")
_REST = re.compile(r"[A-Za-z0-9_-]+")
_LAST_POINT = 0x10FFFF
_LINE_ENDS = {"n": "\n", "r": "\r"}
_LONGEST_CACHED = 65_536

_MayBegin = Callable[[str, Sequence[int], int], bool]
"""A function that decides whether a token may begin at an index of a text."""


def without_tokens(text: str) -> str:
    """Returns the text with each token masked, even one with escapes, in base64 or in hexadecimal digits.

    A token must begin a word: `pdf_x` contains none.
    """
    return _masked(text, _tokens(text, _begins_a_word))


def without_tokens_anywhere(text: str) -> str:
    """Returns the text with each token masked, even within words.

    This is for a text that quotes escaped text: there the beginning of a word cannot be recognized.
    """
    return _masked(text, _tokens(text, _any_place))


def has_token(text: str) -> bool:
    """Returns whether a text contains a token."""
    return bool(_tokens(text, _begins_a_word))


def _masked(text: str, tokens: Iterable[tuple[int, int, str]]) -> str:
    parts: list[str] = []
    at = 0
    for start, end, masked in tokens:
        if start >= at:
            parts += text[at:start], masked
        at = max(at, end)
    return "".join([*parts, text[at:]]) if parts else text


def _tokens(text: str, may_begin: _MayBegin) -> tuple[tuple[int, int, str], ...]:
    """Returns the start index, end index and mask of each token in the text; tokens may overlap."""
    find = _find_cached if len(text) <= _LONGEST_CACHED else _find
    return find(text, may_begin)


def _find(text: str, may_begin: _MayBegin) -> tuple[tuple[int, int, str], ...]:
    places = range(len(text) + 1)
    plain = _plain(text, places, may_begin)
    return tuple(sorted([*plain, *_encoded(text, may_begin, _MOST_CODES)]))


def _encoded(text: str, may_begin: _MayBegin, codes: int) -> Iterator[tuple[int, int, str]]:
    """Yields the tokens that are not written plainly; `codes` is how often they may be in base64."""
    shown = text
    places: Sequence[int] = range(len(text) + 1)
    yield from _in_digits(shown, places, codes)
    for _ in range(_MOST_LAYERS):
        if _ESCAPE.search(shown) is None:
            break
        shown, places = _decoded(shown, places)
        yield from _plain(shown, places, may_begin)
        yield from _in_digits(shown, places, codes)


# The results are cached, because the mock's journal contains the same paths and headers again and again.
_find_cached = lru_cache(32)(_find)


def _plain(text: str, places: Sequence[int], may_begin: _MayBegin) -> Iterator[tuple[int, int, str]]:
    """Yields the tokens of a decoded text, with indices in the original.

    `places[n]` is the index in the original at which character n of the decoded text begins.
    """
    end = 0
    for begun in _BEGINNING.finditer(text):
        start = begun.start()
        if start < end or not may_begin(text, places, start):
            continue
        rest = _REST.match(text, begun.end())
        assert rest is not None, "the pattern of the beginning looks ahead for it"
        end = rest.end()
        yield places[start], places[end], f"df{begun[1]}_***"


def _in_digits(text: str, places: Sequence[int], codes: int) -> Iterator[tuple[int, int, str]]:
    """Yields the tokens in base64 or hexadecimal digits, as `_plain` does."""
    text, places = unfolded(text, places) or (text, places)
    for start, end, kind in encoded_tokens(text):
        yield places[start], places[end], f"{kind}_***"
    if codes > 1:
        for start, end, inner in texts_in_base64(text):
            # What is written plainly in base64 is found above, without the digits around it.
            plain = frozenset(_plain(inner, range(len(inner) + 1), _any_place))
            for token in _encoded(inner, _any_place, codes - 1):
                if token not in plain:
                    yield places[start], places[end], token[-1]


def _begins_a_word(text: str, places: Sequence[int], start: int) -> bool:
    """Returns whether a word may begin at the index `start`. A word may begin after any escape."""
    if start == 0 or not (text[start - 1].isascii() and text[start - 1].isalnum()):
        return True
    return text[start - 2 : start - 1] in ("\\", "%") or places[start + 1] - places[start - 1] > 2


def _any_place(_text: str, _places: Sequence[int], _start: int) -> bool:
    return True


def _decoded(text: str, places: Sequence[int]) -> tuple[str, list[int]]:
    """Decodes one layer of escapes.

    Returns the text, and the index in the original of each of its characters and of its end.
    """
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
    """Returns the character of an escape; a space for a rare control character or an invalid number."""
    kind = escape.lastgroup
    if kind is None:
        return _LINE_ENDS.get(escape[0][-1], " ")
    if kind == "html":
        return html.unescape(f"&{escape['html']}")[:1] or " "
    point = int(escape[kind], _BASES[kind])
    return chr(point) if point <= _LAST_POINT else " "
