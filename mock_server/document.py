"""The OpenAPI document as text, whole or narrowed to one revision."""

from typing import Any

import msgspec
import yaml

from mock_server.assets import CONTRACT
from mock_server.contract import load_document
from mock_server.errors import InputError
from mock_server.narrowing import narrow
from mock_server.views.call import REVISIONS


def document_text(revision: str | None) -> str:
    """The document as YAML; the file itself, comments and all, where nothing is narrowed."""
    if revision is None:
        return CONTRACT.read_text(encoding="utf-8")
    return dump_yaml(_narrowed(revision))


def document_json(revision: str | None) -> str:
    """The document as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(_narrowed(revision)), indent=2).decode() + "\n"


def dump_yaml(document: dict[str, Any]) -> str:
    """YAML in the document's own order."""
    return yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=110)


def _narrowed(revision: str | None) -> dict[str, Any]:
    if revision is None:
        return load_document()
    if revision not in REVISIONS:
        raise InputError("--revision", f"there is no {revision!r}; known: {', '.join(REVISIONS)}")
    return narrow(load_document(), revision)
