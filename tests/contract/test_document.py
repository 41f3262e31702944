"""The document's files: openapi.yaml, openapi.json, and the parts from which both are made."""

import shutil
from pathlib import Path

import pytest
import yaml
from openapi_spec_validator import validate
from openapi_spec_validator.readers import read_from_filename

from mock_server.assets import CONTRACT, CONTRACT_JSON
from mock_server.contract.document import REVISIONS, document_text, load_document, narrow, read_document
from mock_server.data_files import read_data
from mock_server.errors import InputError
from scripts.make_document import LIST, PARTS, ROOT_PART, as_json, joined
from tests.quick import quick

TASTES = """\
# What visitors like.
openapi: 3.1.0
info: {title: Tastes, version: part of root.yaml}
tags:
  - name: Tastes

paths:
  /tastes:
    get:
      operationId: getTastes
      parameters:
        - $ref: "parameters.yaml#/components/parameters/websiteId"
      responses:
        "200": {$ref: "#/components/responses/Tastes"}

components:
  responses:
    Tastes:
      description: All tastes.  # sorted by name
"""


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    return shutil.copytree(PARTS, tmp_path / "openapi")


def with_family(parts: Path, text: str) -> Path:
    """Adds a file to the parts, and a line to their list."""
    (parts / "tastes.yaml").write_text(text, encoding="utf-8")
    root = parts / ROOT_PART
    written = root.read_text(encoding="utf-8")
    root.write_text(written.replace("  - writes.yaml\n", "  - writes.yaml\n  - tastes.yaml\n"), "utf-8")
    return parts


def test_document_is_made_of_its_parts() -> None:
    assert joined(PARTS) == CONTRACT.read_text(encoding="utf-8"), "run `make document`"


def test_json_says_the_same_as_the_yaml() -> None:
    assert as_json(CONTRACT.read_text(encoding="utf-8")) == CONTRACT_JSON.read_bytes(), "run `make document`"
    assert load_document() == read_document(CONTRACT)


def test_every_part_is_in_the_list() -> None:
    listed = read_data(PARTS / ROOT_PART)[LIST]

    assert sorted([ROOT_PART, *listed]) == sorted(path.name for path in PARTS.iterdir())


@pytest.mark.parametrize("name", quick(sorted(path.name for path in PARTS.iterdir()), 2))
def test_part_is_a_document_that_editors_can_check(name: str) -> None:
    specification, base_uri = read_from_filename(str(PARTS / name))

    validate(specification, base_uri=base_uri)


def test_revisions_are_those_of_the_document() -> None:
    assert list(REVISIONS) == load_document()["info"]["x-revisions"]


def test_new_family_is_a_file_and_a_line(parts: Path, tmp_path: Path) -> None:
    text = joined(with_family(parts, TASTES))

    path = tmp_path / "openapi.yaml"
    path.write_text(text, encoding="utf-8")
    document = read_document(path)
    assert [tag["name"] for tag in document["tags"]][-2:] == ["Writing", "Tastes"]
    assert document["paths"]["/tastes"]["get"]["parameters"] == [
        {"$ref": "#/components/parameters/websiteId"}
    ]
    assert list(document["components"]["responses"])[-1] == "Tastes"
    assert "description: All tastes.  # sorted by name\n" in text


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    quick(
        [
            pytest.param(
                "parameters/websiteId", "parameters/siteId", "points to nothing", id="no such component"
            ),
            pytest.param(
                "parameters.yaml#", "schemas.yaml#", "points to nothing", id="component of another file"
            ),
            pytest.param(
                "parameters.yaml#", "other.yaml#", "'other.yaml' is not in the list", id="no such file"
            ),
            pytest.param("tags:\n", "servers:\n", "`servers` stands in root.yaml only", id="key of the root"),
            pytest.param("paths:\n", "paths: {}\npaths:\n", "'paths' occurs twice", id="key twice"),
        ],
        2,
    ),
)
def test_part_that_does_not_fit_is_refused(parts: Path, old: str, new: str, problem: str) -> None:
    family = with_family(parts, TASTES.replace(old, new))

    with pytest.raises(InputError, match=r"tastes\.yaml") as caught:
        joined(family)
    assert problem in str(caught.value)


def test_reference_that_keeps_its_file_is_refused(parts: Path) -> None:
    family = with_family(parts, TASTES.replace('"', "'"))

    with pytest.raises(InputError, match="only references inside the document"):
        joined(family)


def test_component_of_two_parts_is_refused(parts: Path) -> None:
    family = with_family(parts, TASTES.replace(" Tastes:", " NotFound:").replace("/Tastes", "/NotFound"))

    with pytest.raises(InputError, match="'NotFound' occurs twice"):
        joined(family)


def test_component_that_is_indented_otherwise_is_refused(parts: Path) -> None:
    more = "\n    schemas:\n        Taste:\n            type: object\n"
    family = with_family(parts, TASTES.partition("\npaths:")[0] + "\ncomponents:" + more)

    with pytest.raises(InputError, match=r"tastes\.yaml: schemas: Taste is lost"):
        joined(family)


@pytest.mark.long
def test_a_revision_as_yaml_is_written_for_people() -> None:
    text = document_text(REVISIONS[0])

    # Characters outside of ASCII stay readable, and members keep the order of the document.
    assert "bearerFormat: df_…" in text
    assert text.index("openapi:") < text.index("info:") < text.index("paths:") < text.index("components:")
    assert yaml.safe_load(text) == narrow(load_document(), REVISIONS[0])
