"""The release workflow: its permissions, its commands, and the check that a tag is the version."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_server import __version__
from scripts.check_package import check_tag

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
WORKFLOW: Any = yaml.load(TEXT, yaml.BaseLoader)
STEPS = [(name, step) for name, job in WORKFLOW["jobs"].items() for step in job["steps"]]


def test_only_a_tag_releases() -> None:
    assert WORKFLOW["on"] == {"push": {"tags": ["v[0-9]*"]}}


def test_each_job_has_only_the_permissions_it_needs() -> None:
    assert {name: job["permissions"] for name, job in WORKFLOW["jobs"].items()} == {
        "build": {"contents": "read"},
        "image": {"contents": "read", "packages": "write"},
        "publish": {"id-token": "write"},
    }


def test_nothing_is_published_that_was_not_tried() -> None:
    assert WORKFLOW["jobs"]["publish"]["needs"] == ["build", "image"]
    assert WORKFLOW["jobs"]["image"]["needs"] == "build"
    # The job that has the publishing identity runs no code of the repository.
    assert [step for name, step in STEPS if name == "publish" and "run" in step] == []


def test_no_token_is_used_but_that_of_the_run() -> None:
    assert set(re.findall(r"secrets\.(\w+)", TEXT)) == {"GITHUB_TOKEN"}


def test_commands_of_the_workflow_exist() -> None:
    targets = re.findall(r"\bmake ([a-z-]+)", "\n".join(step.get("run", "") for _, step in STEPS))

    assert targets == ["package"]
    assert re.search(r"^package:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("tag", ["", f"v{__version__}"])
def test_tag_that_is_the_version_is_taken(tag: str) -> None:
    check_tag(tag)


@pytest.mark.parametrize("tag", [__version__, f"v{__version__}1", "v9", "main"])
def test_tag_that_is_another_version_is_refused_with_the_right_one(tag: str) -> None:
    with pytest.raises(SystemExit, match=rf"The tag is {tag}, .*v{re.escape(__version__)}"):
        check_tag(tag)
