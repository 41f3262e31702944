"""The words of reports: ids, values, places, and requests to paste."""

import subprocess
from typing import Any

import pytest

from contract_tests.asking import labels
from contract_tests.clauses import all_clauses
from contract_tests.clauses.clause import Violation
from contract_tests.exchange import Exchange, Json
from contract_tests.families import FAMILIES, family_of
from contract_tests.operations import MAP
from contract_tests.report.words import curl_of, ids_told, place_of, shown


def test_every_family_has_a_name() -> None:
    found = list(dict.fromkeys(family_of(clause.id) for clause in all_clauses()))

    assert found[: len(FAMILIES)] == list(FAMILIES)
    assert all(family.title for family in found)


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (["MAP-01"], "MAP-01"),
        (["MAP-09", "MAP-10"], "MAP-09, MAP-10"),
        (["MAP-09", "MAP-10", "MAP-11", "VIS-12"], "MAP-09 to MAP-11, VIS-12"),
        (["AUTH-03", "ERR-04"], "AUTH-03, ERR-04"),
    ],
)
def test_ids(ids: list[str], told: str) -> None:
    assert ids_told(ids) == told


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param({"a": [1, None, "x"]}, '{"a":[1,null,"x"]}', id="plain JSON"),
        pytest.param("a\ndf_secret\x1b", '"a\\ndf_***\\u001b"', id="a token after an escape"),
        pytest.param("\u202e\ud800", '"\N{REPLACEMENT CHARACTER}?"', id="what cannot be seen"),
        pytest.param(10**30, "1" + "0" * 30, id="a huge number"),
        pytest.param("x" * 10**6, '"' + "x" * 79 + "…", id="a long text"),
    ],
)
def test_values(value: Json, text: str) -> None:
    assert shown(value) == text


def test_a_deep_value_is_not_shown() -> None:
    value: list[Any] = []
    for _ in range(5000):
        value = [value]

    assert shown(value) == "a value that is nested too deeply to be shown"


def test_what_is_missing_has_a_place_and_no_value() -> None:
    exchange = Exchange("GET", "http://x", None, frozenset(), 0, 0, 200, {}, b"")

    assert place_of(Violation("`data` is missing", exchange, "/data")) == "/data"
    assert place_of(Violation("no", exchange, "/data", value=False)) == "/data = false"


@pytest.mark.parametrize(
    ("body", "pointer", "place"),
    [
        pytest.param(b'{"data": {"a": null}}', "/data/a", "/data/a = null", id="null"),
        pytest.param(b'{"data": [{"a~/b": 1}]}', "/data/0/a~0~1b", "/data/0/a~0~1b = 1", id="in a list"),
        pytest.param(b'{"data": []}', "/data/0/a", "/data/0/a", id="beyond the end of a list"),
        pytest.param(b'{"data": []}', "/data/x", "/data/x", id="no number in a list"),
        pytest.param(b'{"data": 1}', "/data/a", "/data/a", id="in a number"),
        pytest.param(b'{"data": "%s"}' % (b"x" * 999), "/data", f'/data = "{"x" * 79}…', id="a long text"),
        pytest.param(b'{"data": "df_secret"}', "/data", '/data = "df_***"', id="a token"),
        pytest.param(b"<html>\n", "", '200 from http://x: "<html>\\n"', id="no JSON"),
        pytest.param(b"\xff\xfe", "", '200 from http://x: "\ufffd\ufffd"', id="no text"),
        pytest.param(b"", "", "200 from http://x", id="no body"),
        pytest.param(b"{}", "", "200 from http://x", id="the whole answer"),
    ],
)
def test_a_violation_shows_the_value_that_was_met(body: bytes, pointer: str, place: str) -> None:
    exchange = Exchange("GET", "http://x", MAP, frozenset(), 0, 0, 200, {}, body)

    assert place_of(Violation("it is wrong", exchange, pointer)) == place


@pytest.mark.parametrize(
    ("label", "header"),
    [
        pytest.param(labels.WITH_KEY, '"Authorization: Bearer $DATAFAST_KEY"', id="the key"),
        pytest.param(
            labels.WITH_ACCOUNT, '"Authorization: Bearer $DATAFAST_ACCOUNT_TOKEN"', id="the account token"
        ),
        pytest.param(labels.UNKNOWN_CREDENTIAL, "'Authorization: Bearer df_***'", id="a token nobody has"),
    ],
)
def test_a_curl_can_be_pasted(label: str, header: str) -> None:
    found = frozenset({label, labels.OK})
    exchange = Exchange("GET", "http://x/a?b=$c", None, found, 0, 0, 200, {}, b"", token="df_***")

    assert curl_of(exchange) == f"curl -i -H {header} 'http://x/a?b=$c'"


def test_a_pasted_curl_sends_the_token_of_the_environment() -> None:
    exchange = Exchange(
        "GET", "http://x/'$(id)`id`", None, frozenset({labels.WITH_KEY}), 0, 0, 200, {}, b"", token="df_***"
    )
    line = curl_of(exchange).replace("curl", "printf '%s\\n'", 1)
    told = subprocess.run(
        ["sh", "-c", line], env={"DATAFAST_KEY": "df_a b"}, capture_output=True, text=True, check=True
    )

    assert told.stdout.splitlines() == ["-i", "-H", "Authorization: Bearer df_a b", "http://x/'$(id)`id`"]


def test_a_curl_names_its_method_and_is_quoted_for_a_shell() -> None:
    exchange = Exchange(
        "DELETE", "http://x/$(reboot)';a", None, frozenset(), 0, 0, 200, {}, b"", token="dft_***"
    )

    assert curl_of(exchange) == (
        "curl -i -X DELETE -H 'Authorization: Bearer dft_***' 'http://x/$(reboot)'\"'\"';a'"
    )
