"""The contract narrowed to one revision of the documentation."""

from typing import Any

from mock_server.references import resolved

MARK = "x-revision"


def narrow(document: dict[str, Any], revision: str) -> dict[str, Any]:
    """The document without what belongs to another revision; a choice between one is no choice any more."""
    return {key: _narrow(value, revision, document) for key, value in document.items()}


def _narrow(part: Any, revision: str, document: Any) -> Any:
    if isinstance(part, list):
        return [_narrow(item, revision, document) for item in part if _belongs(item, revision, document)]
    if not isinstance(part, dict):
        return part
    kept = {
        key: _narrow(value, revision, document)
        for key, value in part.items()
        if _belongs(value, revision, document)
    }
    branches = kept.get("anyOf")
    if isinstance(branches, list) and len(branches) == 1:
        del kept["anyOf"]
        kept |= branches[0]
    return kept


def _belongs(part: Any, revision: str, document: Any) -> bool:
    """Whether a part is of this revision, by its own mark or by that of what it refers to."""
    if not isinstance(part, dict):
        return True
    if "$ref" in part:
        part = {**resolved(document, part, "openapi.yaml"), **part}
    return bool(part.get(MARK, revision) == revision)
