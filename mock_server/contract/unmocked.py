"""The operations that DataFast documents but this mock does not answer yet: `fixtures/unmocked.yaml`."""

from pathlib import Path
from typing import Literal

from mock_server.assets import FIXTURES, read_record
from mock_server.contract.operations import Operation, bare_operation

OPERATIONS = FIXTURES / "unmocked.yaml"

_Method = Literal["get", "put", "post", "delete", "patch"]


def load_unmocked(base: str, path: Path = OPERATIONS) -> list[Operation]:
    """Returns the operations below `base`, with ids such as `GET /analytics/overview`. Raises InputError."""
    listed = read_record(path, dict[str, tuple[_Method, ...]])
    return [
        bare_operation(f"{method.upper()} {template}", method, base + template)
        for template, methods in listed.items()
        for method in methods
    ]
