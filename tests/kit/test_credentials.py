"""Credentials files: tokens are literal text, reading is bounded, and errors name the line but no token."""

import os
import sys
import threading
from pathlib import Path

import pytest

from contract_tests.asking.credentials import Credentials, CredentialsError, load_credentials


def _file(tmp_path: Path, content: str, encoding: str = "utf-8") -> str:
    (tmp_path / "own.yaml").write_text(content, encoding=encoding)
    return str(tmp_path / "own.yaml")


@pytest.mark.parametrize(
    "token", ["on", "NO", "012345", "1_000", "1:30", "2026-02-06", "1e3", ".inf", "=", "<<"]
)
def test_token_is_the_text_that_is_written(token: str, tmp_path: Path) -> None:
    assert load_credentials(_file(tmp_path, f"key: {token}\n")).key == token


def test_website_id_of_digits_needs_no_quotes(tmp_path: Path) -> None:
    found = load_credentials(_file(tmp_path, f"website_id: {'012345678901' * 2}\n"))

    assert found.website_id == "012345678901" * 2


@pytest.mark.parametrize("nothing", ["", "~", "null", "''"])
def test_empty_role_is_not_given(nothing: str, tmp_path: Path) -> None:
    assert load_credentials(_file(tmp_path, f"key: {nothing}\naccount: dft_x\n")).key is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encoding_is_found_out(encoding: str, tmp_path: Path) -> None:
    assert load_credentials(_file(tmp_path, "key: df_x\n", encoding)).key == "df_x"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param("key: df_a\nkey: df_b", ":2: the role 'key' occurs twice", id="role twice"),
        pytest.param("key: df_a\non: df_b", ":2: there is no role 'on'; known:", id="unknown role"),
        pytest.param(
            "key: df_a\nkey_2: {a: b}", ":2: expected lines of the form `role: token`", id="mapping"
        ),
        pytest.param("? [key]\n: df_a", ":1: expected lines of the form `role: token`", id="list as a role"),
        pytest.param("- df_a", ": expected lines of the form `role: token`", id="list"),
        pytest.param("", ": expected lines of the form `role: token`", id="empty"),
        pytest.param("key: df_a: b", ":1: not valid YAML", id="syntax"),
        pytest.param("key: &a [*a]", ":1: expected lines", id="alias to itself"),
        pytest.param("[" * 5000, ": not valid YAML", id="deep"),
    ],
)
def test_what_is_no_list_of_tokens_is_refused_with_its_line(
    content: str, problem: str, tmp_path: Path
) -> None:
    with pytest.raises(CredentialsError) as refused:
        load_credentials(_file(tmp_path, content))

    assert problem in str(refused.value)
    assert "df_" not in str(refused.value).replace(str(tmp_path), "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_neither_an_idle_pipe_nor_a_device_is_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(CredentialsError, match="expected lines"):
        load_credentials(str(pipe))
    with pytest.raises(CredentialsError, match="larger than 1 MB"):
        load_credentials("/dev/zero")
    with pytest.raises(CredentialsError, match="Is a directory"):
        load_credentials(str(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_pipe_is_waited_for_that_somebody_writes_to() -> None:
    reader, writer = os.pipe()
    later = threading.Timer(0.1, _write, (writer, b"key: df_x\n"))
    later.start()

    found = load_credentials(f"/dev/fd/{reader}")

    later.join()
    os.close(reader)
    assert found.key == "df_x"


def _write(descriptor: int, content: bytes) -> None:
    os.write(descriptor, content)
    os.close(descriptor)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        pytest.param(
            {"website_id": "665f"}, "the website id '665f' is not 24 hexadecimal digits", id="website"
        ),
        pytest.param({"funnel": "6985…"}, "the id of a funnel '6985…' is not 24 hexadecimal", id="funnel"),
        pytest.param({"bot": "b07b"}, "the id of a bot 'b07b' is not a UUID", id="bot"),
        pytest.param({"visitor_id": "dfid_1"}, "the visitor id 'dfid_1' is not a UUID", id="visitor"),
    ],
)
def test_an_id_that_a_correct_server_refuses_is_refused_before(given: dict[str, str], problem: str) -> None:
    with pytest.raises(CredentialsError, match=problem):
        Credentials(**given).check()


def test_ids_of_the_documented_form_may_have_capitals() -> None:
    uuid = "3F2504E0-4F89-41D3-9A0C-0305E82C3301"

    Credentials(website_id="A" * 24, funnel="B" * 24, bot=uuid, visitor_id=uuid).check()
