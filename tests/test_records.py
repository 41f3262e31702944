"""The place of what is wrong in a user's file."""

from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.errors import InputError
from mock_server.records import checked
from tests.timing import assert_cheap

Weight = Annotated[float, msgspec.Meta(ge=0)]


class Part(msgspec.Struct, forbid_unknown_fields=True):
    """A record with mappings, within each other and with a minimum length."""

    links: dict[str, Weight] = {}
    values: dict[str, dict[str, Weight]] = {}
    pair: Annotated[dict[str, Weight], msgspec.Meta(min_length=2)] | None = None


class Whole(msgspec.Struct, forbid_unknown_fields=True):
    """A record with a list of others."""

    parts: list[Part]


@pytest.mark.parametrize(
    ("part", "told"),
    [
        pytest.param(
            {"links": {"NO": "x"}}, "$.parts[1].links.NO: a number is expected, not a text", id="one"
        ),
        pytest.param(
            {"links": {"a": 1, "b": -1, "c": 1, "d": -1}}, "$.parts[1].links.b: a number", id="the first"
        ),
        pytest.param(
            {"values": {"a": {"x": 1}, "b": {"x": 1, "y": None}, "c": {"y": None}}},
            "$.parts[1].values.b.y: a number is expected, not null",
            id="in another mapping",
        ),
        pytest.param({"values": {"a": []}}, "$.parts[1].values.a: an object", id="the inner mapping"),
        pytest.param({"links": {"/a.b[0]": ""}}, "$.parts[1].links./a.b[0]: a number", id="odd key"),
        pytest.param({"links": {"a\x1b[2J": ""}}, r"$.parts[1].links.a\x1b[2J: a number", id="control"),
        pytest.param({"links": {"k" * 999: ""}}, f"$.parts[1].links.{'k' * 80}: a number", id="long key"),
        pytest.param({"pair": {"a": 1, "b": ""}}, "$.parts[1].pair", id="a mapping of two at least"),
        pytest.param(
            {"link": {}}, "$.parts[1]: there is no member `link`; known: links, values, pair", id="no mapping"
        ),
        pytest.param(
            {"links": {1: 1}},
            "$.parts[1].links: as the name of a member, a text is expected, not a whole number: put it in"
            " quotes",
            id="a key",
        ),
    ],
)
def test_the_place_has_the_key(part: Any, told: str) -> None:
    with pytest.raises(InputError) as refused:
        checked({"parts": [{}, part]}, Whole, "own.yaml")

    assert str(refused.value).startswith(f"own.yaml: {told}")


@given(
    links=st.dictionaries(st.text(max_size=5), st.sampled_from([0, 1, -1, "x"]), min_size=1, max_size=9),
)
def test_the_first_invalid_member_is_found_among_any(links: dict[str, Any]) -> None:
    invalid = [name for name, value in links.items() if value in (-1, "x")]
    value = {"parts": [{"links": links}]}

    if not invalid:
        assert checked(value, Whole, "own.yaml").parts[0].links == links
        return
    with pytest.raises(InputError) as refused:
        checked(value, Whole, "own.yaml")
    assert str(refused.value).startswith(
        str(InputError(f"own.yaml: $.parts[0].links.{invalid[0]}", "a number"))
    )


def test_one_of_many_members_is_found_in_few_steps() -> None:
    links: dict[str, Any] = {f"/{n}": 1 for n in range(20_000)} | {"/last": "x"}

    def refuse() -> None:
        with pytest.raises(InputError, match=r"links\./last: a number"):
            checked({"parts": [{"links": links}]}, Whole, "own.yaml")

    assert_cheap(refuse, steps=200 * len(links))
