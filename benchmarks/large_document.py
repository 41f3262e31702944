"""The question of how much longer the mock takes to start with 82 operations than with today's operations."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from benchmarks.figures import Row, at_most, ratios, spread_of
from benchmarks.plan import Plan, say
from benchmarks.servers import REALTIME, ROOT, captured, mock, target
from mock_server.assets import FIXTURES
from mock_server.contract.document import load_document

OPERATIONS = 82
"""The number of all operations that DataFast documents."""
_STARTS = 10
_BOUND = at_most(1.3)
# Each copy has its own schemas and examples; parameters and error responses are shared.
_COPIED = ("schemas", "examples")


def large_document(_plan: Plan) -> Iterator[Row]:
    """Yields the time until the first answer with a large document, as a multiple of today's time."""
    say(f"large document: {_STARTS} starts with {OPERATIONS} operations and with today's, in turns")
    large, today = starts(_STARTS)
    small, middle = sum(map(len, load_document()["paths"].values())), spread_of(today).middle
    yield Row(
        f"ready with {OPERATIONS} operations ÷ with {small}",
        ratios(large, today),
        "×",
        _BOUND,
        f"{spread_of(large).middle:.2f} beside {middle:.2f} s; {len(enlarged()['paths'])} paths",
    )


def starts(rounds: int) -> tuple[list[float], list[float]]:
    """Returns the times from the command to the first answer, in seconds: with a large document, and today's.

    The starts with both documents are measured in turns.
    """
    with _tree(enlarged()) as large, _tree(load_document()) as today:
        # The first start with each document compiles bytecode, and is not measured.
        taken = [(_ready(large), _ready(today)) for _ in range(rounds + 1)][1:]
    return [one for one, _ in taken], [other for _, other in taken]


def enlarged(operations: int = OPERATIONS) -> dict[str, Any]:
    """Returns the document with copies of its paths, schemas and examples, up to a number of operations."""
    document = load_document()
    components = {kind: dict(found) for kind, found in document["components"].items()}
    paths: dict[str, Any] = {}
    for path, method, operation in islice(_copied_operations(document), operations):
        paths.setdefault(path, {})[method] = operation
    for copy in range(1, -(-operations // sum(map(len, document["paths"].values())))):
        for kind in _COPIED:
            for name, component in document["components"][kind].items():
                components[kind][f"{name}{copy}"] = _copied(component, copy)
    return {**document, "paths": paths, "components": components}


def _copied_operations(document: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yields the operations with their paths and methods, and then copies of them without end."""
    operations = [(path, *one) for path, item in document["paths"].items() for one in item.items()]
    yield from operations
    for copy in count(1):
        for path, method, operation in operations:
            copied = _copied(operation, copy)
            copied["operationId"] += str(copy)
            yield f"/copy{copy}{path}", method, copied


def _copied(value: Any, copy: int) -> Any:
    """Returns a value in which references name the components of the copy with this number."""
    if isinstance(value, list):
        return [_copied(part, copy) for part in value]
    if not isinstance(value, dict):
        return value
    made = {name: _copied(part, copy) for name, part in value.items()}
    if str(made.get("$ref")).startswith(tuple(f"#/components/{kind}/" for kind in _COPIED)):
        made["$ref"] += str(copy)
    return made


@contextmanager
def _tree(document: dict[str, Any]) -> Iterator[Path]:
    """Makes a temporary copy of the mock with another document. Its files are arranged as in a wheel."""
    with TemporaryDirectory() as folder:
        tree = Path(folder)
        package = shutil.copytree(ROOT / "mock_server", tree / "mock_server")
        shutil.copytree(FIXTURES, package / "fixtures", ignore=shutil.ignore_patterns("golden", "openapi"))
        for name in ("openapi.json", "openapi.yaml"):
            # JSON is YAML.
            (package / name).write_bytes(msgspec.json.encode(document))
        yield tree


def _ready(tree: Path) -> float:
    begin = time.perf_counter()
    with mock(tree=tree) as (server, _):
        captured(target(server, REALTIME))
        return time.perf_counter() - begin
