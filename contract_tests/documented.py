"""What the document says, as values: operations, parameters, and a row for each member of an answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from contract_tests.exchange import Json

PAGE, OTHER, IMPLIED, EXAMPLE, OBSERVED = "page", "other", "implied", "example", "observed"
"""The standings of a clause. They say where its sentence comes from: a page, other public documentation, a
conclusion from these, an example on a page, or reports about the live API.
"""
ACCUSING = frozenset({PAGE, OTHER, IMPLIED})
"""The standings of clauses whose violations break the contract; violations of other clauses are warnings."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""The methods that a documented operation can have."""
PLACEHOLDER = re.compile(r"\{([^}]+)\}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A documented parameter.

    `place` is `query`, `path`, `header` or `cookie`; `example` is None if none is documented. A server may
    take a number above `most` for `most`, or refuse it; None if no such number is documented.
    """

    name: str
    place: str
    is_required: bool
    schema: Mapping[str, Any]
    example: Json
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """A documented operation.

    `method` is in capitals; `path` is the template below the base. `successes` and `errors` are the
    documented statuses. `security` has one mapping for each alternative: the roles that are required, by the
    name of the scheme; it is empty if the operation needs no credentials. `body` is the documented example of
    a request body; None if none is documented. `standing` is the standing of the sentences about the
    operation itself. If `is_success_decided` is true, no page names the success status.
    """

    id: str
    method: str
    path: str
    source: str
    parameters: tuple[Parameter, ...]
    successes: frozenset[int]
    errors: frozenset[int]
    security: tuple[Mapping[str, tuple[str, ...]], ...]
    body: Json
    standing: str = "page"
    needed: tuple[str, ...] = ()
    """The query parameters of which a request must have at least one; empty if it needs none of them."""
    is_success_decided: bool = False

    @property
    def is_read(self) -> bool:
        """Whether the operation changes nothing on the server."""
        return self.method == "GET"

    def parameter(self, name: str, place: str = "query") -> Parameter | None:
        """Returns the parameter with a name and a place; None if there is none."""
        return next((p for p in self.parameters if (p.name, p.place) == (name, place)), None)

    @property
    def most_rows(self) -> int | None:
        """The largest `limit` that has an effect; None if none is documented."""
        limit = self.parameter("limit")
        return limit.most if limit else None

    def url_path(self, values: Mapping[str, str]) -> str:
        """Returns the path below the base with parameters filled in. Raises KeyError if one is missing."""
        return PLACEHOLDER.sub(lambda found: quote(values[found[1]], safe=""), self.path)


@dataclass(frozen=True, slots=True)
class Row:
    """A documented member of an operation's successful answer.

    `place` is the path from the root, with `*` for any item of a list. `schema` describes the value itself,
    and of which type the items of a list are, without the members below it.
    """

    id: str
    operation: str
    status: int
    place: tuple[str, ...]
    schema: Mapping[str, Any]
    description: str
    source: str
    standing: str
    is_required: bool
    revision: str | None
    is_listed: bool = False
    """Whether the document lists the member in `required`, even if it may be null."""
    is_usual: bool = False
    """Whether there are documented examples of the answer, and the member is in each of them."""
    is_read: bool = True
    """Whether the operation changes nothing on the server."""
    is_told_below: bool = False
    """Whether the document says of a member below this one that it comes from a page."""

    @property
    def is_null_allowed(self) -> bool:
        """Whether the document lists null among the types."""
        return "null" in kinds_of(self.schema)

    @property
    def is_null_excused(self) -> bool:
        """Whether null is no violation, although the document does not list it.

        No page forbids it if only an example shows the member. But if a page's table lists a member below it,
        then its type is more than an example.
        """
        return self.standing == EXAMPLE and not self.is_told_below and not self.is_null_allowed

    @property
    def breaks_if_absent(self) -> bool | None:
        """Whether the member's absence breaks the contract; False if it is a warning, None if it is allowed.

        It breaks the contract if the member is in a page's table, unless the member may be null or is missing
        in a documented example. It is a warning if only an example shows the member, or if the member is in
        `required` and may be null.
        """
        if self.is_null_allowed:
            return False if self.is_listed else None
        return self.standing in ACCUSING if self.is_required or self.is_usual else None


@dataclass(frozen=True, slots=True)
class Match:
    """The operation that a request matches. `base` is the part of the path before the template."""

    operation: Operation
    base: str
    parameters: Mapping[str, str]


def kinds_of(schema: Mapping[str, Any]) -> list[str]:
    """Returns the types that a schema allows. A schema without any describes an object."""
    kind = schema.get("type", "object")
    return kind if isinstance(kind, list) else [kind]
