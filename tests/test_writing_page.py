"""docs/writing.md is correct: its examples, sent one after another, give the answers shown."""

from pathlib import Path

from mock_server.contract.document import load_document
from mock_server.testing import running
from tests.instants import DOCUMENTED
from tests.transcripts import curl, examples_of, is_as_shown

PAGE = (Path(__file__).parent.parent / "docs" / "writing.md").read_text(encoding="utf-8")


def test_every_example_answers_as_shown() -> None:
    with running(now=DOCUMENTED, speed=0) as mock:
        replies = [(example, curl(example.command, mock.server)) for example in examples_of(PAGE)]

    assert len(replies) > 10
    assert [reply.text for example, reply in replies if not is_as_shown(example.shown, reply)] == []


def test_every_operation_that_writes_is_listed() -> None:
    operations = {
        f"`{method.upper()} {path}`"
        for path, item in load_document()["paths"].items()
        for method in item
        if method != "get"
    }

    assert {name for name in operations if f"| {name} |" not in PAGE} == set()
