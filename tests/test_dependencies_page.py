"""docs/decisions/dependencies.md has a reason for each package that pyproject.toml names."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "decisions" / "dependencies.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_page_names_each_package() -> None:
    extras = PROJECT["optional-dependencies"].values()
    named = {re.split(r"[<>=;\[]", one)[0] for some in [PROJECT["dependencies"], *extras] for one in some}
    words = set(re.findall(r"[\w-]+", PAGE.lower()))

    assert sorted(name for name in named - {PROJECT["name"]} if name.lower() not in words) == []
