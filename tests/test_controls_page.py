"""docs/controls.md is correct: its examples give the answers shown, and its tests pass."""

import re
from pathlib import Path

import pytest

from tests.command import serving
from tests.foreign import run_tests
from tests.transcripts import curl, examples_of, is_as_shown

PAGE = (Path(__file__).parent.parent / "docs" / "controls.md").read_text(encoding="utf-8")


@pytest.mark.long
def test_every_example_answers_as_shown() -> None:
    examples = [example for example in examples_of(PAGE) if example.command[0] == "curl"]

    with serving() as url:
        replies = [(example, curl(example.command, url)) for example in examples]

    assert len(examples) > 15
    wrong = [
        (example, reply.status_code, dict(reply.headers), reply.text)
        for example, reply in replies
        # Some answers contain the address of the page's server.
        if not is_as_shown(example.shown.replace("http://127.0.0.1:8484", url), reply)
    ]
    assert wrong == []


@pytest.mark.long
def test_the_shown_tests_pass(tmp_path: Path) -> None:
    test, settings = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "test_shown.py").write_text(test, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(settings, encoding="utf-8")

    result = run_tests(tmp_path)

    assert result.returncode == 0, result.stdout
    assert "1 passed" in result.stdout
