"""docs/reports.md is correct: its examples give the answers shown, and it lists every report."""

import re
from pathlib import Path

import pytest

from mock_server.contract.document import load_document
from mock_server.testing import running
from tests.instants import DOCUMENTED
from tests.transcripts import curl, examples_of, is_as_shown

PAGE = (Path(__file__).parent.parent / "docs" / "reports.md").read_text(encoding="utf-8")


@pytest.mark.long
def test_every_example_answers_as_shown() -> None:
    with running(now=DOCUMENTED, speed=0) as mock:
        replies = [(example, curl(example.command, mock.server)) for example in examples_of(PAGE)]

    assert len(replies) > 3
    assert [reply.text for example, reply in replies if not is_as_shown(example.shown, reply)] == []


def test_every_report_is_listed() -> None:
    rows = re.findall(r"^\| (`GET .*?) \|", PAGE, re.MULTILINE)
    listed = {path for row in rows for path in re.findall(r"`(?:GET )?(/.*?)`", row)}
    families = {"Reports", "Breakdowns", "Goals"}
    documented = {
        path
        for path, item in load_document()["paths"].items()
        if "get" in item
        if families & {*item["get"]["tags"]} or item["get"]["operationId"] == "listVisitors"
    }

    assert {path if path in documented else f"/analytics{path}" for path in listed} == documented
