"""The masking of a run's own tokens, which may be any text, in a server's answers."""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from html.entities import html5
from secrets import token_bytes

# A URL within a URL is escaped twice, and so is JSON within JSON or within a URL.
_PERCENT = "%(?:25)*"
# The pattern matches whole runs of backslashes only; otherwise a million backslashes would take hours.
_BACKSLASH = rf"(?<!\\)(?<!%5[Cc])(?<!255[Cc])(?:\\|{_PERCENT}5[Cc])++"
# The least length of a masked token. A shorter token may occur in an answer by chance, and so may a number.
_SHORTEST = 5
_SHORTEST_WITHIN_A_WORD = 8
# The key of the hash differs in each process, so that nobody can look up the token of a hash.
_KEY = token_bytes()


def _written(code: str, number: str = "[0-9]+", octal: str = "[01]?[0-7]{2}") -> str:
    """Returns a pattern for the escapes of characters.

    The arguments are patterns for the two hexadecimal digits, the decimal number and the octal number in an
    escape.
    """
    return (
        rf"{_PERCENT}{code}|{_BACKSLASH}(?:(?:u00|U000000|x){code}|u\{{0*{code}\}}|0?{octal}(?![0-7]))"
        rf"|&(?:amp;)*#(?:[xX]0*{code}|0*{number}(?![0-9]));?"
    )


def _either(character: str) -> str:
    """Returns a pattern for a character as it is, or as URLs, JSON, Python and HTML may write it."""
    if not character.isascii():
        return re.escape(character)
    point = ord(character)
    code = "".join(f"[{d}{d.lower()}]" if d.isalpha() else d for d in f"{point:02X}")
    names = "|".join(re.escape(name) for name, text in html5.items() if text == character)
    named = f"|&(?:amp;)*(?:{names})" if names else ""
    literal = character if character.isalnum() else rf"(?:(?<!\\)\\++)?{re.escape(character)}"
    if character == "\\":
        literal = r"(?<!\\)\\++"
    return rf"(?:{literal}|{_written(code, str(point), f'{point:o}')}{named})"


def masked(token: str) -> str:
    """Returns the text that replaces a token. Only the kind of the token stays visible."""
    kind, separator, _ = token.partition("_")
    return f"{kind}_***" if separator and kind in ("df", "dft") else "***"


def sender_of(token: str) -> str:
    """Returns a text that is the same for the same token, but does not reveal the token."""
    return blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8, key=_KEY).hexdigest()


class Mask:
    """A mask, which hides the tokens of a run in a server's answers. The tokens may be any text.

    It finds tokens as they are, and as written in URLs, JSON, HTML, base64, UTF-16 and hexadecimal digits, in
    upper or lower case.
    """

    def __init__(self, tokens: Iterable[str] = ()) -> None:
        """Tokens of fewer than five characters, or of digits only, are ignored: any text may contain them."""
        # The longest token is replaced first, because one token may be a part of another.
        secret = sorted({t for t in tokens if len(t) >= _SHORTEST and not t.isdigit()}, key=len, reverse=True)
        self._forms = [form for token in secret for form in _forms(token)]
        self._escaped = _escaped_letter("".join(secret))

    def text(self, text: str) -> str:
        """Returns the text without the tokens."""
        if not self._forms:
            return text
        lowered = text.lower()
        # Letters and digits are hardly ever escaped. If none of the text is, a search for plain words, which
        # is a hundred times faster, decides whether the pattern is needed.
        is_odd = self._escaped.search(text) is not None
        for form in self._forms:
            if form.word in lowered or (is_odd and form.is_plain):
                text = form.found.sub(form.instead, text)
        return text

    def body(self, body: bytes) -> bytes:
        """Returns the bytes without the tokens, whatever the encoding of the text."""
        # Latin-1 decodes any bytes, and all tokens are ASCII.
        return self.text(body.decode("latin-1")).encode("latin-1") if self._forms else body


@dataclass(frozen=True, repr=False)
class _Form:
    """One way to write a token. It has no representation, so that no traceback shows the token.

    `text` is what is written, and `word` is a part of it, in lower case, that is hardly ever escaped.
    `instead` is its replacement. `is_plain` says that it is the token itself, `is_short` that it is masked
    as a whole word only, and `is_wide` that nothing of it is escaped.
    """

    text: str
    word: str
    instead: str
    is_plain: bool = False
    is_short: bool = False
    is_wide: bool = False

    @cached_property
    def found(self) -> re.Pattern[str]:
        """The pattern of the form. To compile it takes 5 ms, and hardly any answer needs it."""
        if self.is_wide:
            return re.compile(re.escape(self.text), re.IGNORECASE)
        pattern = "".join(map(_either, self.text))
        if self.is_short:
            pattern = f"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"
        return re.compile(pattern, re.IGNORECASE)


def _forms(token: str) -> Iterator[_Form]:
    instead, is_short = masked(token), len(token) < _SHORTEST_WITHIN_A_WORD
    single = re.sub(r"\\+", r"\\", token)
    yield _Form(single, _longest_word(token), instead, is_plain=True, is_short=is_short)
    for text in dict.fromkeys(_encoded(token.encode())):
        yield _Form(text, _longest_word(text), instead)
    for charset in ("utf-16-le", "utf-16-be"):
        wide = token.encode(charset).decode("latin-1")
        yield _Form(wide, wide.lower(), instead, is_wide=True)


def _longest_word(text: str) -> str:
    return max(re.findall("[a-z0-9]+", text.lower()), key=len, default="")


def _encoded(token: bytes) -> Iterator[str]:
    """Yields a token in hexadecimal digits, and in base64 at each possible offset within a longer text."""
    yield token.hex()
    for before in range(3):
        # Each base64 digit contains six bits. Only digits without bits of the neighbouring text are used.
        first, last = -(-before * 8 // 6), (before + len(token)) * 8 // 6
        for encode in (b64encode, urlsafe_b64encode):
            yield encode(bytes(before) + token)[first:last].decode()


def _escaped_letter(text: str) -> re.Pattern[str]:
    """Returns a pattern for an escape of any letter or digit of a text."""
    points = {ord(character) for character in text if character.isascii() and character.isalnum()}
    codes, numbers, octals = (f"(?:{'|'.join(format(n, f) for n in points)})" for f in ("02X", "d", "o"))
    return re.compile(_written(codes, numbers, octals), re.IGNORECASE)
