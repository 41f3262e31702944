"""The findings about errors and bodies: they say what is wrong, not only that something is."""

import msgspec
import pytest

from contract_tests.asking import labels
from contract_tests.clauses import all_clauses
from contract_tests.exchange import Exchange, Json, NoJson, json_of
from contract_tests.judging.verdict import judge
from contract_tests.operations import MAP
from contract_tests.recording import Recording

_CLAUSES = [clause for clause in all_clauses() if clause.id.startswith("ENV-")]


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        pytest.param(
            {}, {"ENV-02": "`error` is missing", "ENV-03": "`status` is missing"}, id="an empty object"
        ),
        pytest.param(
            {"status": "error", "error": {}},
            {"ENV-04": "`error.code` is missing", "ENV-05": "`error.message` is missing"},
            id="an empty error",
        ),
        pytest.param(
            {"status": None, "error": None},
            {"ENV-02": "`error` is not an object", "ENV-03": "`status` is not `error`"},
            id="null",
        ),
        pytest.param(
            {"status": "error", "error": {"code": "401", "message": ""}},
            {"ENV-04": "`error.code` is not 401", "ENV-05": "`error.message` is empty, or not a text"},
            id="wrong values",
        ),
        pytest.param({"status": "error", "error": {"code": 401, "message": "No."}}, {}, id="a good error"),
    ],
)
def test_a_finding_about_an_error_says_whether_the_member_is_missing(
    body: Json, problems: dict[str, str]
) -> None:
    refusal = Exchange(
        "GET", "/a", MAP, frozenset({labels.NO_CREDENTIAL}), 0, 0, 401, {}, msgspec.json.encode(body)
    )

    verdicts = judge(Recording([refusal]), _CLAUSES)

    assert {v.clause.id: v.violations[0].problem for v in verdicts if v.violations} == problems


@pytest.mark.parametrize(
    ("status", "has_form"),
    [
        (399, False),
        (400, True),
        (404, True),
        (429, False),
        (500, True),
        (501, True),
        (502, False),
        (504, False),
        (519, True),
        (520, False),
        (527, False),
        (528, True),
        (530, False),
    ],
)
def test_errors_of_the_api_itself_have_its_form(status: int, has_form: bool) -> None:
    refusal = Exchange("GET", "/a", MAP, frozenset({labels.BAD_FIELDS}), 0, 0, status, {}, b"{}")

    verdicts = judge(Recording([refusal]), _CLAUSES)

    assert any(verdict.clause.id == "ENV-02" and verdict.violations for verdict in verdicts) is has_form


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param(b"\xef\xbb\xbf{}", "begins with a byte order mark", id="byte order mark"),
        pytest.param("{}".encode("utf-16"), "not in UTF-8", id="UTF-16"),
        pytest.param(b"[" * 10_000, "nested too deeply", id="deep"),
        pytest.param(b"{", "is not JSON (Input data was truncated)", id="cut"),
    ],
)
def test_a_body_that_is_not_json_has_a_reason(body: bytes, problem: str) -> None:
    found = json_of(body)

    assert isinstance(found, NoJson)
    assert problem in found.problem
