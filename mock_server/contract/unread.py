"""Finds the members of paths that OpenAPI does not know, such as methods in capital letters."""

from collections.abc import Iterator, Mapping
from typing import Any

from mock_server.contract.document import resolved
from mock_server.contract.operations import EXTENSION, METHODS

_MEMBERS = frozenset({"$ref", "summary", "description", "servers", "parameters", *METHODS})


def unread_members(document: Mapping[str, Any], where: object) -> Iterator[str]:
    """Yields each member of a path that is ignored, with its path, such as `GET of /notes`.

    The document must be one of which `operations_of` made operations.
    """
    for path, reference in document["paths"].items():
        if path.startswith(EXTENSION):
            continue
        for name in resolved(document, reference, where):
            if name not in _MEMBERS and not name.startswith(EXTENSION):
                yield f"{name[:80]} of {path}"
