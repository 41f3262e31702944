"""All clauses together: every row of the pages' tables has one, and docs/clauses.md is current."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests import clauses
from contract_tests.clauses import all_clauses
from contract_tests.document import document
from contract_tests.documented import Row
from contract_tests.exchange import Exchange
from contract_tests.families import BY_HAND, FAMILIES, Family, family_of
from contract_tests.judging.verdict import judge
from contract_tests.recording import REVISION_2026_02, REVISION_2026_06, Recording
from scripts.make_clauses import TARGET, clauses_page

_TABLES: dict[str, Any] = yaml.safe_load(
    Path(__file__).with_name("field_tables.yaml").read_text(encoding="utf-8")
)
_FIELDS = [
    pytest.param(page, table["operation"], field, kind, id=f"{page} {field}")
    for page, table in _TABLES.items()
    for field, kind in table["fields"].items()
]


@pytest.mark.parametrize(("page", "operation", "field", "kind"), _FIELDS)
def test_every_field_of_the_pages_has_a_clause(page: str, operation: str, field: str, kind: str) -> None:
    revision = document().content["info"]["x-pages"][page]["revision"]
    found = [
        row
        for row in document().rows
        if row.operation == operation
        and row.revision in (None, revision)
        and _plain(".".join(row.place)) == _plain(field)
    ]
    assert len(found) == 1, f"no clause for {field} of page {page}"
    assert found[0].id in {clause.id for clause in all_clauses()}
    assert _kinds(found[0]) == set(kind.replace("object[]", "array").split("|"))
    assert found[0].schema.get("items") == ({"type": "object"} if "object[]" in kind else None)


def test_the_page_is_current() -> None:
    assert TARGET.read_text(encoding="utf-8") == clauses_page(), "run `make clauses`"


def test_the_page_lists_every_clause_and_only_faults_that_it_notices() -> None:
    page = clauses_page()

    assert re.findall(r"^\| ([\w.-]+) \|", page, re.MULTILINE) == [clause.id for clause in all_clauses()]
    assert "no token, 500" in page
    # A rate limit may refuse any request.
    assert "no token, 429" not in page


def test_every_family_has_a_title() -> None:
    found = {family_of(clause.id) for clause in all_clauses()}

    assert set(FAMILIES) <= found
    # Each other operation of the document is a family of its own.
    assert {family.operation for family in found - set(FAMILIES)} == document().operations.keys() - BY_HAND


_PACKAGE = Path(clauses.__file__).parent.parent
_ROOMS = ("clauses", "mutants", "asking/probes")
# Files that all families share, and clauses that are made from the document for every operation.
_SHARED = {
    "__init__",
    "clause",
    "mutant",
    "probe",
    "planting",
    "statuses",
    "shape",
    "telling",
    "values",
    "paging",
    "fields",
    "question",
    "figures",
    "refusals",
    "trails",
    "met",
    "counter",
    "agreed_activity",
    "agreed_payments",
    "map_events",
    "map_payments",
    "map_predictions",
    "map_times",
    "parts",
    "periods",
    "refused_requests",
    "report_columns",
    "report_figures",
    "report_rows",
    "seen",
    "series",
    "visitors_list",
    "written_goals",
    "written_identities",
    "written_payments",
    "written_reports",
}


@pytest.mark.parametrize("room", _ROOMS)
def test_files_are_named_after_families(room: str) -> None:
    files = {path.stem for path in (_PACKAGE / room).glob("*.py")}

    assert files - _SHARED <= {family.file for family in FAMILIES}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.key)
def test_a_family_has_a_file_for_its_clauses_and_one_for_its_mutants(family: Family) -> None:
    assert (_PACKAGE / "clauses" / f"{family.file}.py").exists()
    assert (_PACKAGE / "mutants" / f"{family.file}.py").exists()


def test_a_clause_for_both_revisions_says_what_its_member_is_in_each() -> None:
    clause = next(clause for clause in all_clauses() if clause.id == "MAP-08")

    assert clause.about == (
        "In 2026-02: Browser, operating system and device, each an object."
        " In 2026-06: Browser, operating system and device, each a string or null."
    )


@pytest.mark.parametrize("page", ["README.md", "docs/verify.md"])
def test_pages_tell_the_number_of_clauses(page: str) -> None:
    text = (TARGET.parent.parent / page).read_text(encoding="utf-8")

    assert re.findall(r"\[(\d+) clauses\]", text) == [str(len(all_clauses()))]


def test_the_revisions_are_those_of_the_document() -> None:
    assert document().revisions == (REVISION_2026_02, REVISION_2026_06)


def test_every_clause_says_what_it_rests_on_and_needs() -> None:
    for clause in all_clauses():
        assert clause.sentence.endswith((".", ")")), clause.id
        assert clause.needs.words, clause.id
        assert ("`--" in clause.needs.words) == bool(clause.needs.option), clause.id
        assert clause.needs.option in clause.needs.words, clause.id
        assert clause.source or clause.standing == "other", clause.id


def _plain(place: str) -> str:
    """Returns a place without the marks for the items of a list, because not every page writes them."""
    return place.replace("[]", "").replace(".*", "")


def _kinds(row: Row) -> set[str]:
    kinds = row.schema["type"] if isinstance(row.schema["type"], list) else [row.schema["type"]]
    # The pages call the type of a count `number`, although it can only be an integer.
    return {"number" if kind == "integer" else kind for kind in kinds}


@pytest.mark.long
def test_a_clause_about_single_answers_has_the_same_cases_in_each_of_them_alone(
    recorded: list[Exchange],
) -> None:
    whole = Recording(recorded, "2026-02")
    parts = [whole.part([exchange]) for exchange in whole.exchanges]
    local = [clause for clause in all_clauses() if clause.is_local]

    found = zip(*(judge(part, local) for part in parts), strict=True)
    alone = [sum(verdict.cases for verdict in verdicts) for verdicts in found]

    assert [verdict.cases for verdict in judge(whole, local)] == alone
    assert any(clause.id == "SEL-10" for clause in local)
