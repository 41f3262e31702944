"""The README or a page of docs/ names each option of each command."""

import re
from pathlib import Path

import click
import pytest

from mock_server.cli import main

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
NAMED = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", TEXT))


@pytest.mark.parametrize("command", main.commands.values(), ids=lambda command: command.name)
def test_each_option_is_on_a_page(command: click.Command) -> None:
    options = [option for option in command.params if isinstance(option, click.Option)]

    assert [option.opts[-1] for option in options if NAMED.isdisjoint(option.opts)] == []
