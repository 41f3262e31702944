"""What is wrong in a value, in plain words."""

from typing import Annotated, Any, Literal

import msgspec
import pytest

from mock_server.errors import InputError
from mock_server.kinds import in_words
from mock_server.records import checked, fault_of
from mock_server.wording import told_unreadable

Small = Annotated[str, msgspec.Meta(pattern="^[a-z]+$", extra=in_words("a text of small letters"))]


class Sample(msgspec.Struct, forbid_unknown_fields=True):
    """A record with a member of each kind."""

    name: str
    count: Annotated[int, msgspec.Meta(ge=1, lt=60_000)] = 1
    share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    is_on: bool = True
    size: int | list[int] = 1
    code: Small | None = None
    odd: Annotated[str, msgspec.Meta(pattern="^x$")] = "x"
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=3)] = "a"
    pair: Annotated[tuple[int, ...], msgspec.Meta(min_length=2, max_length=2)] = (1, 2)
    colour: Literal["red", "blue"] = "red"
    codes: list[Small] = []
    sizes: dict[Small, int] = {}
    seed: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] = 0


@pytest.mark.parametrize(
    ("member", "value", "told"),
    [
        pytest.param("name", 5, "a text is expected, not a whole number: put it in quotes", id="no quotes"),
        pytest.param("name", [], "a text is expected, not a list", id="list"),
        pytest.param("count", "5", "a whole number is expected, not a text", id="text"),
        pytest.param("count", 1.5, "a whole number is expected, not a decimal number", id="decimals"),
        pytest.param("count", 0, "a whole number of at least 1 is expected", id="too small"),
        pytest.param("count", 60_000, "a whole number of at most 59,999 is expected", id="too large"),
        pytest.param("share", 0, "a number above 0 is expected", id="zero"),
        pytest.param("share", 2, "a number of at most 1 is expected", id="share"),
        pytest.param("is_on", "yes", "true or false is expected, not a text", id="yes"),
        pytest.param("size", {}, "a whole number or a list is expected, not an object", id="two kinds"),
        pytest.param("code", "A", "a text of small letters is expected", id="pattern"),
        pytest.param("odd", "y", "a text that the regular expression '^x$' matches is expected", id="regex"),
        pytest.param("title", "", "a text of at least 1 character is expected", id="empty text"),
        pytest.param("title", "abcd", "a text of at most 3 characters is expected", id="long text"),
        pytest.param("pair", [1], "a list of at least 2 items is expected", id="short list"),
        pytest.param("colour", "grey", "there is no 'grey'; known: blue, red", id="literal"),
        pytest.param("codes", ["a", "B"], "a text of small letters is expected", id="pattern in a list"),
        pytest.param(
            "sizes",
            {"a": 1, "B": 2},
            "as the name of a member, a text of small letters is expected",
            id="pattern of a name",
        ),
        pytest.param("sizes", {"a": "B"}, "a whole number is expected, not a text", id="value beside a name"),
        pytest.param(
            "seed",
            2**63,
            "a whole number of at most 9,223,372,036,854,775,807 is expected",
            id="more than a float holds",
        ),
    ],
)
def test_an_invalid_value_is_told_in_plain_words(member: str, value: Any, told: str) -> None:
    with pytest.raises(InputError) as refused:
        checked({"name": "n", member: value}, Sample, "own.yaml")

    assert str(refused.value).endswith(f": {told}")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        pytest.param({}, "own.yaml: $: the member `name` is missing", id="missing"),
        pytest.param(
            {"name": "n", "colours": "red"},
            "own.yaml: $: there is no member `colours`; known: name, count, share, is_on, size, code, odd,"
            " title, pair, colour, codes, sizes, seed",
            id="unknown",
        ),
        pytest.param(None, "own.yaml: $: an object is expected, not null", id="empty file"),
    ],
)
def test_a_wrong_member_is_named_with_the_known_ones(value: Any, told: str) -> None:
    with pytest.raises(InputError) as refused:
        checked(value, Sample, "own.yaml")

    assert str(refused.value) == told


def test_no_list_of_known_members_is_told_where_none_is_known() -> None:
    class Nothing(msgspec.Struct, forbid_unknown_fields=True):
        """A query without parameters."""

    with pytest.raises(InputError, match=r": \$: there is no member `limit`, nor any other$"):
        checked({"limit": "1"}, Nothing, "query")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(rb'{"a":"\ud800"}', "has a lone surrogate, such as \\ud800", id="half at the end"),
        pytest.param(rb'{"a":"\ud800 and more"}', "has a lone surrogate", id="first half"),
        pytest.param(rb'{"a":"\udc00 and more"}', "has a lone surrogate", id="second half"),
        pytest.param(rb'{"\ud800":1}', "has a lone surrogate", id="half in a name"),
        pytest.param(b'{"a":1e999}', "has a number that is too large", id="endless number"),
        pytest.param(b'{"a":' + b"9" * 5_000 + b"}", "has a number that is too large", id="long number"),
        pytest.param(b"[" * 5_000, "is nested too deep", id="deep"),
        pytest.param(b'{"a":"\xff"}', "is not UTF-8: invalid byte (byte 6)", id="Latin-1"),
        pytest.param(b"\xff\xfe{\0}\0", "is not UTF-8: invalid byte (byte 0)", id="UTF-16"),
        pytest.param(b'{"a":NaN}', "is not JSON: invalid character (byte 5)", id="NaN"),
        pytest.param(b'{"a"', "is not JSON: Input data was truncated", id="cut"),
        pytest.param(rb'{"a":"\ud800', "is not JSON: Input data was truncated", id="cut behind a half"),
    ],
)
def test_what_cannot_be_read_is_told_from_what_is_no_json(content: bytes, told: str) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError, RecursionError)) as refused:
        msgspec.json.decode(content)

    assert told_unreadable(content, refused.value).startswith(told)


def test_what_was_a_text_anyway_is_not_told_to_be_one() -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({"name": "n", "count": "x"}, Sample, strict=False)

    assert fault_of(refused.value, None, Sample, is_of_texts=True).problem == "a whole number is expected"
