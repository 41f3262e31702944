"""The trees in docs/architecture.md show the files and folders of the packages as they are on the disk."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
_ROW = re.compile(r"(?P<indent> *)(?P<names>\S+(?: · \S+)*)(?:  .*)?")


def drawn(package: str) -> dict[str, None]:
    """Returns the paths (without suffix) of a package's files and folders, in the order of the page."""
    tree = re.search(rf"^```\n{package}/\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert tree is not None, f"no tree of {package}"
    found: dict[str, None] = {}
    rooms: list[str] = []
    for line in tree[1].splitlines():
        row = _ROW.fullmatch(line)
        assert row is not None, line
        del rooms[len(row["indent"]) // 2 - 1 :]
        for name in row["names"].split(" · "):
            found["/".join([*rooms, name.removesuffix("/")])] = None
        if row["names"].endswith("/"):
            rooms.append(row["names"].removesuffix("/"))
    return found


def on_disk(package: str) -> set[str]:
    """Returns the modules and packages below a package, as paths without suffix."""
    folder = ROOT / package
    files = [path for path in folder.rglob("*.py") if path.name != "__init__.py"]
    rooms = [path.parent for path in folder.rglob("*/__init__.py")]
    return {path.relative_to(folder).with_suffix("").as_posix() for path in [*files, *rooms]}


@pytest.mark.parametrize("package", ["mock_server", "contract_tests"])
def test_the_tree_on_the_page_is_the_tree_on_the_disk(package: str) -> None:
    assert drawn(package).keys() == on_disk(package)


@pytest.mark.parametrize("package", ["mock_server", "contract_tests"])
def test_the_tree_is_drawn_in_the_order_in_which_the_rooms_import(package: str) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract.get("containers") == [package]]
    ranks = {name: rank for rank, row in enumerate(layers) for name in row.split(" | ")}
    top = [path for path in drawn(package) if "/" not in path]

    assert sorted(top) == sorted(ranks)
    assert top == sorted(top, key=ranks.__getitem__)
