"""The paths of an OpenAPI document's servers; hosts are ignored, because the mock answers instead."""

import re
from collections.abc import Iterator
from itertools import islice, product
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from contract_tests.quoting import quoted
from mock_server.errors import InputError
from mock_server.records import checked

_VARIABLE = re.compile(r"\{([^{}]+)\}")
_NO_PART_OF_A_PATH = re.compile(r"[\s?#{}\x00-\x1f\x7f]")
_MOST = 100
_LONGEST = 2000
"""The maximum length of a server's URL with its variables filled in, in characters."""
# The host does not matter, because only the path of the joined URL is used.
_HERE = "http://127.0.0.1/"


class _Variable(msgspec.Struct):
    """The members of a server variable that are used."""

    default: str | int | float | None = None
    enum: list[str | int | float] = []


class _Server(msgspec.Struct):
    """The members of a server object that are used."""

    url: str = "/"
    variables: dict[str, _Variable] = {}


def bases_of(servers: Any, where: object) -> list[str]:
    """Returns the distinct paths of all servers without a trailing slash; without servers, one empty path.

    A URL with a variable gives one path for the variable's default, and one for each further value of its
    `enum`. Raises InputError for an invalid URL.
    """
    found = checked(servers or [{}], list[_Server], where)
    bases = (_base_of(url, where) for server in found for url in _urls(server, where))
    return list(dict.fromkeys(islice(bases, _MOST)))


def _urls(server: _Server, where: object) -> Iterator[str]:
    # Every other part is the name of a variable.
    parts = _VARIABLE.split(server.url)
    longest = {name: max(map(len, _values(server.variables.get(name), name))) for name in set(parts[1::2])}
    if sum(map(len, parts[::2])) + sum(longest[name] for name in parts[1::2]) > _LONGEST:
        raise InputError(where, f"the URL {quoted(server.url[:80])} is longer than {_LONGEST} characters")
    values = [_values(server.variables.get(name), name) for name in parts[1::2]]
    for choice in product(*values):
        yield "".join(text + value for text, value in zip(parts[::2], [*choice, ""], strict=True))


def _values(variable: _Variable | None, name: str) -> list[str]:
    """Returns the values of a variable.

    If it has none, the placeholder remains, and `_base_of` refuses it.
    """
    if variable is None or (variable.default is None and not variable.enum):
        return [f"{{{name}}}"]
    default = [] if variable.default is None else [variable.default]
    return list(dict.fromkeys(map(str, [*default, *variable.enum])))


def _base_of(url: str, where: object) -> str:
    try:
        # A relative URL is relative to the document's own URL, which is on this server.
        path = urlsplit(urljoin(_HERE, url.strip())).path
    except ValueError as error:
        raise InputError(where, f"{quoted(url[:200])} is not a URL: {error}") from None
    if path and not path.startswith("/"):
        raise InputError(
            where, f"{quoted(url[:200])} is not the URL of a server, such as https://host/path or /path"
        )
    if _NO_PART_OF_A_PATH.search(path):
        raise InputError(
            where,
            f"the path of {quoted(url[:200])} has a character that is not allowed,"
            " or a variable without a value",
        )
    return path.rstrip("/")
