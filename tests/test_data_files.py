"""The reader of data files: YAML 1.2 and JSON, its limits, and errors with their places."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from contract_tests import document as kit
from mock_server.contract.document import load_document
from mock_server.data_files import DEEPEST, LARGEST, read_data
from mock_server.errors import InputError
from tests.timing import assert_cheap

LEVELS = list(zip("abcdefgh", "bcdefghi", strict=True))
BOMB = "\n".join(
    ["a: &a [x, x, x, x, x, x, x, x, x, x]", *(f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]" for a, b in LEVELS)]
)
MERGED_BOMB = "\n".join(
    ["a: &a {x: 1}", *(f"{b}: &{b} {{<<: [{', '.join([f'*{a}'] * 10)}]}}" for a, b in LEVELS)]
)
LONG_TEXT_BOMB = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 1000)}]"

# Each line copies the members, so they are in memory before the whole list is measured.
COPYING_BOMB = "\n".join(
    [f"x: &x {{{', '.join(f'k{n}: v' for n in range(2000))}}}", "y:", *["- {<<: *x}"] * 8000]
)


def _read(tmp_path: Path, content: str | bytes, name: str = "own.yaml") -> Any:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_data(path)


def _refusal(tmp_path: Path, content: str | bytes, name: str = "own.yaml") -> str:
    with pytest.raises(InputError) as refused:
        _read(tmp_path, content, name)
    return str(refused.value).removeprefix(str(tmp_path / name))


WORDS = "on On off yes no NO y n = nUll tRue"
KEYS = "on no y null ~ true 200 2XX 1 1.0 0x10 012 .inf 2026-02-06 = 1:30 '' 'on'"
NO_NUMBERS = "190:20:30 1:30 1_000 0b11 0o8 +0x1f 0x 1e 1.2.3 . 12e03x .iNf 2026-02-06 2026-02-06T05:27:30Z"


@pytest.mark.parametrize("text", [*WORDS.split(), *NO_NUMBERS.split()])
def test_what_yaml_1_2_calls_text_is_text(text: str, tmp_path: Path) -> None:
    assert _read(tmp_path, f"{{a: {text}}}") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("Null", None),
        ("~", None),
        ("", None),
        ("012", 12),
        ("-012", -12),
        ("+5", 5),
        ("0o14", 12),
        ("0xfF", 255),
        ("1.50", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.5", -0.5),
        ("1e3", 1000.0),
        ("1E+3", 1000.0),
        ("!!str 12", "12"),
        ("!!float 1", 1.0),
        ("!!int '7'", 7),
        ("!!bool 'true'", True),
        ("!!null ''", None),
        ("123456789012345678901234567890", 123456789012345678901234567890),
    ],
)
def test_plain_text_means_what_the_core_schema_says(text: str, value: Any, tmp_path: Path) -> None:
    found = _read(tmp_path, f"a: {text}\n")["a"]

    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("key", KEYS.split())
def test_key_is_the_text_that_is_written(key: str, tmp_path: Path) -> None:
    assert _read(tmp_path, f"{{{key} : 1}}") == {key.strip("'"): 1}


def test_empty_key_is_empty_text(tmp_path: Path) -> None:
    assert _read(tmp_path, "? \n: 1\n") == {"": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: &a {x: 1, y: 1}\nb: {y: 2, <<: *a}", {"x": 1, "y": 2}, id="mapping"),
        pytest.param("a: [&p {x: 1}, &q {x: 2, z: 3}]\nb: {<<: [*p, *q]}", {"x": 1, "z": 3}, id="the first"),
        pytest.param("p: &p {x: 1}\nq: &q {x: 2}\nb: {<<: *p, <<: *q}", {"x": 1}, id="twice"),
        pytest.param("p: &p {x: 1}\nq: &q {<<: *p, y: 2}\nb: {<<: *q}", {"x": 1, "y": 2}, id="of merged"),
        pytest.param("b: {'<<': {x: 1}}", {"<<": {"x": 1}}, id="in quotes a key"),
        pytest.param("b: {<<: 1}", {"<<": 1}, id="what cannot be merged"),
    ],
)
def test_merge_key_merges_what_can_be_merged(text: str, value: Any, tmp_path: Path) -> None:
    assert _read(tmp_path, text)["b"] == value


def test_value_of_an_alias_is_made_once(tmp_path: Path) -> None:
    found = _read(tmp_path, "a: &a [1]\nb: *a")

    assert found["a"] is found["b"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize(
    ("name", "content"), [("own.yaml", "a: Zürich ⚡ 😀\n"), ("own.json", '{"a": "Zürich ⚡ 😀"}')]
)
def test_encoding_of_unicode_is_found_out(encoding: str, name: str, content: str, tmp_path: Path) -> None:
    assert _read(tmp_path, content.encode(encoding), name) == {"a": "Zürich ⚡ 😀"}


@pytest.mark.parametrize("name", ["own.json", "own.yaml", "own"])
@pytest.mark.parametrize(
    ("content", "value"),
    [
        pytest.param('{\n\t"a": 1\n}', {"a": 1}, id="tabs"),
        pytest.param(r'{"a": "\ud83d\ude00\/"}', {"a": "😀/"}, id="surrogate pair"),
        pytest.param(json.dumps({"k" * 2000: 1}), {"k" * 2000: 1}, id="long key"),
        pytest.param('{"a": "on", "b": "1:30"}', {"a": "on", "b": "1:30"}, id="text"),
        pytest.param('\r\n {"a": 1e2}\r\n', {"a": 100.0}, id="blanks around it"),
        pytest.param("{a: 1, # one\n}", {"a": 1}, id="more than JSON"),
    ],
)
def test_json_is_read_whatever_the_file_is_called(
    name: str, content: str, value: Any, tmp_path: Path
) -> None:
    assert _read(tmp_path, content, name) == value


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param("a: 1\nb: 2\na: 3", ":3:1: not valid YAML: 'a' occurs twice", id="key twice"),
        pytest.param("{1: a, '1': b}", ":1:8: not valid YAML: '1' occurs twice", id="number and text"),
        pytest.param("? [a]\n: 1", ":1:3: not valid YAML: a key is text", id="list as a key"),
        pytest.param("a: .inf", ":1:4: not valid YAML: .inf is not a number", id="endless"),
        pytest.param("a: -.INF", ":1:4: not valid YAML: -.INF is not a number", id="endless below"),
        pytest.param("a: .nan", ":1:4: not valid YAML: .nan is not a number", id="not a number"),
        pytest.param("a: 1e999", ":1:4: not valid YAML: 1e999 is not a number", id="too large a float"),
        pytest.param(f"a: {'9' * 5000}", ":1:4: not valid YAML: 99999", id="too large an integer"),
        pytest.param(f"a: 0x{'f' * 350}", ":1:4: not valid YAML: 0xfff", id="too large a hexadecimal"),
        pytest.param("a: !!binary aGk=", ":1:4: not valid YAML: the tag", id="binary"),
        pytest.param("a: !!set {x}", ":1:4: not valid YAML: the tag", id="set"),
        pytest.param("a: !!python/object:os.system {}", ":1:4: not valid YAML: the tag", id="Python's"),
        pytest.param("a: !own 1", ":1:4: not valid YAML: the tag '!own'", id="own tag"),
        pytest.param("a: !!bool yes", ":1:4: not valid YAML: 'yes' is not a valid bool", id="no boolean"),
        pytest.param("a: !!int 1.5", ":1:4: not valid YAML: '1.5' is not a valid int", id="no integer"),
        pytest.param("a: *b", ":1:4: not valid YAML: found undefined alias", id="undefined alias"),
        pytest.param("a: 1\n---\nb: 1", ":2:1: not valid YAML: but found another", id="two documents"),
        pytest.param("a: &a [1, [*a]]", ":1:4: not valid YAML: this contains itself", id="recursive list"),
        pytest.param("&a {b: {<<: *a}}", ":1:1: not valid YAML: this contains itself", id="recursive merge"),
        pytest.param(
            "é: ü\nbé: \x1b",
            ":2:5: not valid YAML: the character U+001B is not allowed",
            id="control character",
        ),
        pytest.param("a: [1", ":2:1: not valid YAML", id="open list"),
        pytest.param(b"a: 1\nb: \xe4", ":2: not valid YAML: the file is not UTF-8", id="Latin-1"),
        pytest.param(b"\xff\xfea\x00b", ":1: not valid YAML: the file is not UTF-16", id="half of UTF-16"),
        pytest.param("[" * (DEEPEST + 2) + "]" * (DEEPEST + 2), "nested deeper than", id="nested deep"),
        pytest.param("[" * 100_000, ": not valid YAML: exceeded maximum nesting depth", id="nested deeper"),
        pytest.param("a:\n" + "".join("  " * n + "- \n" for n in range(1, 900)), "deep", id="deep by lines"),
        pytest.param(
            "\n".join(f"a{n}: &a{n} [{f'*a{n - 1}' if n else ''}]" for n in range(500)),
            ":101:7: not valid YAML: this is nested deeper",
            id="deep by aliases",
        ),
    ],
)
def test_invalid_yaml_is_refused_with_its_place(content: str, problem: str, tmp_path: Path) -> None:
    assert problem in _refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param('{"a": 1,\n "a": 2}', ":2:2: not valid YAML: 'a' occurs twice", id="member twice"),
        pytest.param('{"a": {"b": 1,\n "b": 1}}', ":2:2: not valid YAML: 'b' occurs twice", id="inside"),
        pytest.param('{"a": 1e999}', ":1:7: not valid YAML: 1e999 is not a number", id="endless"),
        pytest.param('{"a": 1,\n "b" 2}', ":2:6: not valid JSON: Expecting ':'", id="syntax"),
        pytest.param('{"a": "\\ud800"}', ":1:10: not valid YAML: found invalid Unicode", id="half a pair"),
        pytest.param("[" * 300 + "]" * 300, "nested deeper than", id="deep"),
        pytest.param("[" * 100_000, "nesting depth", id="deeper"),
    ],
)
def test_invalid_json_is_refused_with_its_place(content: str, problem: str, tmp_path: Path) -> None:
    assert problem in _refusal(tmp_path, content, "own.json")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        pytest.param(BOMB, ":7:", id="lists"),
        pytest.param(MERGED_BOMB, ":7:", id="merged mappings"),
        pytest.param(LONG_TEXT_BOMB, ":2:", id="long text"),
    ],
)
def test_bomb_is_refused_with_its_place_at_once(content: str, place: str, tmp_path: Path) -> None:
    problem = _refusal(tmp_path, content)

    # With all aliases written out it has 100 million parts or characters.
    assert_cheap(lambda: _refusal(tmp_path, content), steps=1_000_000)
    assert problem.startswith(place)
    assert "with its aliases this is larger than 32 MB" in problem


def test_copies_of_a_mapping_are_counted_as_they_are_made(tmp_path: Path) -> None:
    problem = _refusal(tmp_path, COPYING_BOMB)

    assert_cheap(lambda: _refusal(tmp_path, COPYING_BOMB), steps=5_000_000)
    # The place is one of the first copies, not the list, which begins in line 3.
    assert 3 < int(problem.split(":")[1]) < 1000
    assert "with its aliases this is larger than 32 MB" in problem


@pytest.mark.long
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"<<: [{', '.join(f'{{k{n}: 1}}' for n in range(10_000))}]", id="list"),
        pytest.param("\n".join(f"<<: {{k{n}: 1}}" for n in range(10_000)), id="many merge keys"),
    ],
)
def test_many_mappings_are_merged_at_once(content: str, tmp_path: Path) -> None:
    assert_cheap(lambda: _read(tmp_path, content), steps=8_000_000)
    assert len(_read(tmp_path, content)) == 10_000


def test_of_the_mappings_that_are_merged_the_first_one_counts(tmp_path: Path) -> None:
    merged = _read(tmp_path, "<<: [{a: 1, b: 1}, {b: 2, c: 2}]\n<<: {c: 3, d: 3}\nd: own")

    assert merged == {"a": 1, "b": 1, "c": 2, "d": "own"}


@pytest.mark.slow
def test_file_with_too_many_values_is_refused_before_they_are_made(tmp_path: Path) -> None:
    problem = _refusal(tmp_path, f"a:\n  b: [{'x, ' * (LARGEST // 16)}]")

    assert problem == ":2:6: not valid YAML: the file has more than 2,097,152 values"


def test_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "own.yaml").open("wb") as file:
        file.truncate(100 * LARGEST)

    with pytest.raises(InputError, match="the file is larger than 32 MB"):
        read_data(tmp_path / "own.yaml")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_pipe_and_device_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")

    for path in (tmp_path / "pipe.yaml", Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(InputError, match="this is not a regular file"):
            read_data(path)


def test_missing_file_and_folder_are_reported_as_such(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_data(tmp_path / "nothing.yaml")
    with pytest.raises(InputError, match="Is a directory"):
        read_data(tmp_path)


def test_the_kit_reads_the_document_as_the_mock_does() -> None:
    assert kit.document().content == load_document()
