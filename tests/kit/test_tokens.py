"""The masking of tokens: a shown text never contains a token, in any encoding."""

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract_tests.tokens import has_token, without_tokens, without_tokens_anywhere
from tests.quick import quick
from tests.timing import assert_cheap

TOKEN = "df_sesame-Open_1"
WAYS: dict[str, Callable[[str], str]] = {
    "percent": lambda text: "".join(f"%{ord(c):02x}" for c in text),
    "percent twice": lambda text: quote("".join(f"%{ord(c):02X}" for c in text)),
    "JSON": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    "JSON in JSON": lambda text: json.dumps("".join(f"\\u{ord(c):04X}" for c in text))[1:-1],
    "hexadecimal": lambda text: "".join(f"\\x{ord(c):02x}" for c in text),
    "code point": lambda text: "".join(f"\\u{{{ord(c):x}}}" for c in text),
    "octal": lambda text: "".join(f"\\{ord(c):03o}" for c in text),
    "HTML": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "HTML, hexadecimal": lambda text: "".join(f"&#x{ord(c):X};" for c in text),
    "HTML in HTML": lambda text: html.escape("".join(f"&#{ord(c)};" for c in text)),
    "HTML in a URL": lambda text: quote("".join(f"&#{ord(c)};" for c in text)),
    "JSON in a URL": lambda text: quote("".join(f"\\u{ord(c):04x}" for c in text)),
    "a URL in JSON": lambda text: "".join(f"\\u0025{ord(c):02x}" for c in text),
}


def upper_hex(text: bytes) -> str:
    return text.hex().upper()


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
@pytest.mark.parametrize("token", [TOKEN, TOKEN.replace("df_", "dft_")])
def test_a_token_that_is_escaped_is_masked(way: Callable[[str], str], token: str) -> None:
    masked = f"{token.partition('_')[0]}_***"

    assert without_tokens(f"a {way(token)} z") == f"a {masked} z"
    assert has_token(way(token))


@given(ways=st.lists(st.sampled_from([str, *WAYS.values()]), min_size=len(TOKEN), max_size=len(TOKEN)))
def test_any_letters_of_a_token_may_be_escaped_in_any_way(ways: list[Callable[[str], str]]) -> None:
    written = "".join(way(letter) for way, letter in zip(ways, TOKEN, strict=True))

    assert without_tokens(f"key={written};") == "key=df_***;"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("pdf_file, adf_x", "pdf_file, adf_x", id="within a word"),
        pytest.param("df_ and dft_", "df_ and dft_", id="nothing behind"),
        pytest.param("df_a, dft_b", "df_***, dft_***", id="two"),
        pytest.param("pdf_df_a", "pdf_df_***", id="behind a word"),
        pytest.param("x%41df_a", "x%41df_***", id="behind an escape"),
        pytest.param(r"a\ndf_a", r"a\ndf_***", id="behind a line's end"),
        pytest.param(r"C:\xdf_a", r"C:\xdf_***", id="within what looks like an escape"),
        pytest.param("100%df_a", "100%df_***", id="within what looks like a percent escape"),
        pytest.param("df&lowbar;a", "df_***", id="an entity by its name"),
        pytest.param("df&#95a", "df_***", id="an entity without an end"),
        pytest.param("a%2Cdf_a%26b%3D1", "a%2Cdf_***%26b%3D1", id="what is around it stays"),
        pytest.param("100 % of \\ & more", "100 % of \\ & more", id="signs that escape nothing"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert without_tokens(text) == shown
    assert has_token(text) == (text != shown)


def test_a_text_that_quotes_others_may_hold_a_token_within_a_word() -> None:
    assert without_tokens_anywhere("Nothing is at /Adf_secret.") == "Nothing is at /Adf_***."
    assert without_tokens_anywhere("pd&#102;_x") == "pdf_***"
    assert without_tokens_anywhere("df_, a_df") == "df_, a_df"


@pytest.mark.parametrize(
    "part",
    quick(
        [
            "%",
            "%25",
            "%41",
            "\\",
            "\\u0041",
            "&amp;",
            "&#0",
            "&#38;",
            "df_",
            "adf_",
            "d",
            "%5Cu0025",
            "\\\\u",
            "&#x0",
            "ZGZf",
            "ZGZfYWJjOg",
            "ZGZf____",
            "GRmX0",
            "BkZl8",
            "64665f",
            "64665f6162633a",
            "WkdaZg",
            "JTY0",
            "JTY0JTY2JTVm",
            "YWFh",
            "A" * 64 + "\n",
        ],
        4,
    ),
)
def test_hostile_texts_are_looked_through_in_the_time_of_their_length(part: str) -> None:
    # Results for texts of this length are not cached.
    text = part * (100_000 // len(part))

    assert_cheap(lambda: without_tokens(text), steps=100 * len(text))


@pytest.mark.parametrize(
    "token", quick([TOKEN, TOKEN.replace("df_", "dft_"), "df_abc", f"df_{'long' * 100}"], 2)
)
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, bytes.hex, upper_hex])
@given(before=st.binary(max_size=7), after=st.binary(max_size=7))
@example(before=b"", after=b"")
@example(before=b"key:", after=b":\xff")
@example(before=b" ", after=b"%0A")
@example(before=b"%0A", after=b"\n")
def test_a_token_in_encoded_bytes_is_masked(
    token: str, encode: Callable[[bytes], bytes | str], before: bytes, after: bytes
) -> None:
    # A letter or digit behind the token would belong to it.
    after = b":" + after
    encoded = encode(before + token.encode() + after)
    text = encoded if isinstance(encoded, str) else encoded.decode()

    first, last = without_tokens(text).split(f"{token.partition('_')[0]}_***")

    bits = 4 if encode in (bytes.hex, upper_hex) else 6
    assert text.startswith(first)
    assert text.endswith(last)
    # Each digit that has a bit of the token is hidden, and no other.
    assert len(first) == len(before) * 8 // bits
    assert len(last) == len(text) + -len(before + token.encode()) * 8 // bits
    assert has_token(text)


def test_two_tokens_in_the_same_encoded_text_are_masked() -> None:
    text = base64.b64encode(b"df_sesame,dft_sesame;").decode()

    assert without_tokens(text) == "df_***Ldft_***7"


def test_an_encoded_token_may_be_escaped() -> None:
    assert without_tokens("a=%5AGZfc2VzYW1l&b") == "a=df_***&b"


def percent_and_base64(text: bytes) -> bytes:
    return base64.b64encode(WAYS["percent"](text.decode()).encode())


def base64_and_json(text: bytes) -> bytes:
    return json.dumps({"a": base64.b64encode(text).decode()}).encode()


@pytest.mark.parametrize("before", ["", "a=", "/x/", "xy", "xyz"])
@pytest.mark.parametrize(
    "encodings",
    [
        pytest.param([base64.b64encode, base64.b64encode], id="base64 twice"),
        pytest.param([base64.b64encode, base64.b64encode, base64.b64encode], id="base64 three times"),
        pytest.param([percent_and_base64], id="percent escapes in base64"),
        pytest.param([base64_and_json, base64.b64encode], id="base64 in JSON in base64"),
        pytest.param([bytes.hex, str.encode, base64.b64encode], id="hexadecimal digits in base64"),
    ],
)
def test_a_token_that_is_encoded_more_than_once_is_masked(
    encodings: list[Callable[..., bytes]], before: str
) -> None:
    written: bytes = TOKEN.encode()
    for encode in encodings:
        written = encode(written)

    assert without_tokens(f"{before}{written.decode()}.z").removeprefix(before).endswith("df_***.z")
    assert written.decode()[-12:-4] not in without_tokens(f"{before}{written.decode()}.z")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\n ", r"\n", r"\r\n", "%0A", "%0D%0A"])
@pytest.mark.parametrize("length", [64, 76])
def test_a_token_in_folded_base64_is_masked(end: str, length: int) -> None:
    digits = base64.b64encode(b"x" * 45 + TOKEN.encode() * 3 + b":" + b"y" * 50).decode()
    lines = [digits[n : n + length] for n in range(0, len(digits), length)]

    shown = without_tokens(end.join(lines))

    assert shown.startswith(digits[:60] + "df_***")
    assert shown.endswith(lines[-1])
    assert not any(digits[n : n + 6] in shown for n in range(62, 124))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(base64.b64encode(b"the quick brown fox, pdf_ and df_").decode(), id="no token"),
        pytest.param(base64.b64encode(b"%64%66%5f and more of this kind").decode(), id="an escaped prefix"),
        pytest.param("a" * 64 + "\nZGZf\nYWJj", id="lines of words"),
        pytest.param("name=ZGZf\nYWJj=1", id="two lines"),
        pytest.param("ZGZf", id="only the prefix"),
        pytest.param("64665f6162", id="two letters"),
        pytest.param("ZGZf4pyTZGZf", id="other characters behind the prefix"),
        pytest.param("XRmX0", id="bits of another prefix"),
        pytest.param("d1f64665f0a0b0c0d", id="a hash"),
    ],
)
def test_other_digits_stay(text: str) -> None:
    assert without_tokens(text) == text
