"""The servers of an OpenAPI document, of which only the path matters: the host is this mock."""

import re
from collections.abc import Iterator
from itertools import islice, product
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from mock_server.assets import checked
from mock_server.errors import InputError

_VARIABLE = re.compile(r"\{([^{}]+)\}")
_NO_PART_OF_A_PATH = re.compile(r"[\s?#{}\x00-\x1f\x7f]")
_MOST = 100
# Any will do: the paths of relative URLs begin at its root.
_HERE = "http://127.0.0.1/"


class _Variable(msgspec.Struct):
    """What is used of a server variable."""

    default: str | int | float | None = None
    enum: list[str | int | float] = []


class _Server(msgspec.Struct):
    """What is used of a server object; OpenAPI has more."""

    url: str = "/"
    variables: dict[str, _Variable] = {}


def bases_of(servers: Any, where: object) -> list[str]:
    """The paths of all servers, each once, without a slash at the end; without a server the root's.

    A variable stands for its default first, then for each other value it may have. Raises InputError.
    """
    found = checked(servers or [{}], list[_Server], where)
    bases = (_base_of(url, where) for server in found for url in _urls(server))
    return list(dict.fromkeys(islice(bases, _MOST)))


def _urls(server: _Server) -> Iterator[str]:
    # Every other part is the name of a variable.
    parts = _VARIABLE.split(server.url)
    values = [_values(server.variables.get(name), name) for name in parts[1::2]]
    for choice in product(*values):
        yield "".join(text + value for text, value in zip(parts[::2], [*choice, ""], strict=True))


def _values(variable: _Variable | None, name: str) -> list[str]:
    """What a variable may stand for; one that is not told is no matter, as long as it is in no path."""
    if variable is None or (variable.default is None and not variable.enum):
        return [f"{{{name}}}"]
    default = [] if variable.default is None else [variable.default]
    return list(dict.fromkeys(map(str, [*default, *variable.enum])))


def _base_of(url: str, where: object) -> str:
    try:
        # A relative URL begins where the document lies, which is here.
        path = urlsplit(urljoin(_HERE, url.strip())).path
    except ValueError as error:
        raise InputError(where, f"{url[:200]!r} is no URL: {error}") from None
    if path and not path.startswith("/"):
        raise InputError(
            where, f"{url[:200]!r} is no URL of a server: expected is https://host/path or /path"
        )
    if _NO_PART_OF_A_PATH.search(path):
        raise InputError(where, f"the path of {url[:200]!r} has a sign or a variable that stands for nothing")
    return path.rstrip("/")
