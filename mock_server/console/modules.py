"""The modules that a page loads: its script, and everything that this imports."""

import re
from functools import cache
from posixpath import join, normpath

from mock_server.console.files import STATIC

_SCRIPT = re.compile(r'<script type="module" src="/console/([^"]+)">')
_IMPORT = re.compile(r'^(?:import|\}) .*from "(\.{1,2}/.*)";$', re.MULTILINE)


def preloads(page: str) -> str:
    """Returns the links that let a browser load all modules of a page at once, and not one after another."""
    script = _SCRIPT.search(page)
    imported = _imported(script[1]) if script is not None else ()
    return "".join(f"<link rel=modulepreload href=/console/{name}>" for name in imported)


# The result is cached, because a page is requested often and its modules are some thirty files.
@cache
def _imported(script: str) -> tuple[str, ...]:
    """Returns the names of all modules that a script imports, directly or not."""
    found: list[str] = [script]
    for name in found:
        folder, text = name.rpartition("/")[0], (STATIC / name).read_text("utf-8")
        imports = (normpath(join(folder, path)) for path in _IMPORT.findall(text))
        found += dict.fromkeys(one for one in imports if one not in found)
    return tuple(sorted(found[1:]))
