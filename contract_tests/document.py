"""The OpenAPI document as the kit reads it: its operations, and a row for each member of their answers."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from contract_tests.documented import (
    ACCUSING,
    EXAMPLE,
    METHODS,
    OBSERVED,
    PAGE,
    PLACEHOLDER,
    Match,
    Operation,
    Parameter,
    Row,
    kinds_of,
)
from contract_tests.exchange import Json, is_success_status
from contract_tests.operations import MAP, VISITOR
from contract_tests.pointers import ANY_ITEM, objects_at

_PACKAGE = Path(__file__).parent
# The document is beside the package in a checkout, and inside the mock's package in an installation.
_PLACES = (_PACKAGE.parent / "openapi.json", _PACKAGE.parent / "mock_server" / "openapi.json")
DOCUMENT = next(place for place in _PLACES if place.exists())
"""The shipped document: openapi.yaml as JSON, which `make document` writes beside it."""
REPLACED: Mapping[tuple[str, ...], str] = {
    ("data", "activity", "completedGoals"): "completedCustomGoals",
}
"""Members that a server of revision 2026-02 may replace: the member's place → the name of the replacement."""
# The keywords of a member's schema that its row contains; the members of an object have their own rows.
_SHALLOW = ("type", "const", "enum", "pattern", "format", "minimum", "maximum", "minItems", "maxItems")
_JSON = "application/json"
# The sources of members that name no page, by standing.
_ELSEWHERE = "the public documentation"
# The standing of a fact that no page says, so that the project has decided it.
_DECIDED = "decided"
_SOURCES = {OBSERVED: "public client programs", EXAMPLE: _ELSEWHERE}
# Members that have no row, because the clause ENV-09 judges their type.
_JUDGED_ELSEWHERE = frozenset({(MAP, ("data",)), (VISITOR, ("data",))})


class Document:
    """An OpenAPI document. Everything is computed on first use."""

    def __init__(self, content: Json) -> None:
        """`content` is the whole document, decoded."""
        self.content = content

    @property
    def revisions(self) -> tuple[str, ...]:
        """The revisions that the document describes, oldest first."""
        return tuple(self.content["info"].get("x-revisions", ()))

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by their ids, in the order of the document."""
        return {
            item[method.lower()]["operationId"]: self._operation(path, method, item)
            for path, item in self.content["paths"].items()
            for method in METHODS
            if method.lower() in item
        }

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The members of all successful answers, in the order of the document."""
        return tuple(
            row
            for item in self.content["paths"].values()
            for method in METHODS
            if method.lower() in item
            for row in self._rows_of(item[method.lower()])
        )

    @cached_property
    def bare(self) -> frozenset[str]:
        """The ids of the operations whose successful answer is documented as an object without `data`."""
        return frozenset(
            item[method.lower()]["operationId"]
            for item in self.content["paths"].values()
            for method in METHODS
            if method.lower() in item and self._is_bare(item[method.lower()])
        )

    @cached_property
    def telling(self) -> Mapping[str, Mapping[tuple[str, ...], Mapping[str, str]]]:
        """The members whose JSON type indicates the revision: operation → place → type → revision."""
        kinds: dict[tuple[str, tuple[str, ...]], dict[str, set[str]]] = defaultdict(dict)
        for row in self.rows:
            if row.revision is not None:
                kinds[row.operation, row.place][row.revision] = set(kinds_of(row.schema)) - {"null"}
        found: dict[str, dict[tuple[str, ...], dict[str, str]]] = defaultdict(dict)
        for (operation, place), by_revision in kinds.items():
            told = {kind: revision for revision, some in by_revision.items() for kind in some}
            if len(by_revision) > 1 and len(told) == sum(map(len, by_revision.values())):
                found[operation][place] = told
        return found

    def matches(self, method: str, path: str) -> Match | None:
        """Returns the operation whose template matches a whole path below the base; None if there is none.

        Of several templates that match, the one with the fewest parameters is chosen.
        """
        found = self.ends_with(method, path)
        return found if found is not None and not found.base else None

    def ends_with(self, method: str, path: str) -> Match | None:
        """Returns the operation with the longest template that matches the path's end; None for no match.

        The path is matched before the method: `POST /analytics/goals` does not match `POST /goals`, because
        its path matches the longer template of `GET /analytics/goals`. Of several templates with equally many
        segments, the one with the fewest parameters is chosen.
        """
        for pattern, by_method in self._templates:
            found = pattern.search(path)
            if found:
                operation = by_method.get(method)
                if operation is None:
                    return None
                names = PLACEHOLDER.findall(operation.path)
                values = map(unquote, found.groups())
                return Match(operation, path[: found.start()], dict(zip(names, values, strict=True)))
        return None

    def is_base(self, path: str) -> bool:
        """Returns whether a path ends with the base path of one of the documented servers."""
        return any(base and path.endswith(base) for base in self._bases)

    def mentions(self, word: str) -> bool:
        """Returns whether the document contains a word, in upper or lower case. Then it cannot be secret."""
        return word.lower() in self._text

    @cached_property
    def _text(self) -> str:
        return json.dumps(self.content, ensure_ascii=False).lower()

    def page_of(self, source: str) -> str:
        """Returns a source such as `001 Response` as the page's title, revision and heading."""
        number, _, heading = source.partition(" ")
        page = self.content["info"].get("x-pages", {}).get(number)
        return f"“{page['title']}” ({page['revision']}), {heading}" if page else source

    @cached_property
    def _bases(self) -> tuple[str, ...]:
        servers = self.content.get("servers", ())
        return tuple(urlsplit(server["url"]).path.rstrip("/") for server in servers)

    @cached_property
    def _templates(self) -> list[tuple[re.Pattern[str], dict[str, Operation]]]:
        """The pattern of each documented path, and its operations by method; the longest path is first."""
        by_path: dict[str, dict[str, Operation]] = defaultdict(dict)
        for operation in self.operations.values():
            by_path[operation.path][operation.method] = operation
        ordered = sorted(by_path, key=lambda path: (-path.count("/"), path.count("{")))
        return [(_pattern(path), by_path[path]) for path in ordered]

    def _operation(self, path: str, method: str, item: Json) -> Operation:
        content = item[method.lower()]
        parameters = map(self._resolved, (*item.get("parameters", ()), *content.get("parameters", ())))
        statuses = [int(status) for status in content.get("responses", ()) if status.isdigit()]
        security = content.get("security", self.content.get("security", ()))
        return Operation(
            id=content["operationId"],
            method=method,
            path=path,
            source=content.get("x-source", _ELSEWHERE),
            parameters=tuple(map(_parameter, parameters)),
            successes=frozenset(status for status in statuses if is_success_status(status)),
            errors=frozenset(status for status in statuses if status >= HTTPStatus.BAD_REQUEST),
            # An empty alternative means that no credentials are needed.
            security=() if {} in security else tuple(map(_requirement, security)),
            body=self._example_of(content.get("requestBody", {})),
            standing=content.get("x-standing", PAGE),
            needed=tuple(content.get("x-needs-one-of", ())),
            is_success_decided=any(
                response.get("x-standing") == _DECIDED
                for status, response in content.get("responses", {}).items()
                if status.isdigit() and is_success_status(int(status))
            ),
        )

    def _example_of(self, part: Json) -> Json:
        """Returns the first documented example of a body; None if there is none."""
        media = self._resolved(part).get("content", {}).get(_JSON, {})
        if "example" in media:
            return media["example"]
        examples = media.get("examples", {})
        return next((self._resolved(example).get("value") for example in examples.values()), None)

    def _rows_of(self, operation: Json) -> Iterator[Row]:
        for status, part in operation.get("responses", {}).items():
            if status.isdigit() and is_success_status(int(status)):
                schema = self._resolved(part).get("content", {}).get(_JSON, {}).get("schema", {})
                yield from self._members(
                    (operation["operationId"], int(status)), (), self._resolved(schema), None
                )

    def _is_bare(self, operation: Json) -> bool:
        schemas = [
            self._resolved(self._resolved(part).get("content", {}).get(_JSON, {}).get("schema", {}))
            for status, part in operation.get("responses", {}).items()
            if status.isdigit() and is_success_status(int(status))
        ]
        return any("properties" in schema and "data" not in schema["properties"] for schema in schemas)

    def _members(
        self, answer: tuple[str, int], place: tuple[str, ...], schema: Json, revision: str | None
    ) -> Iterator[Row]:
        """Yields the rows of all members below an object or a list."""
        for branch, marked in self._branches(schema, revision):
            for name, member in self._properties(branch):
                below = (*place, name)
                own = member.get("x-revision", marked)
                if "x-clause" in member or _has_clause(answer[0], below, member):
                    yield self._row(answer, below, member, name in branch.get("required", ()), own)
                yield from self._members(answer, below, member, own)
            if "items" in branch:
                yield from self._members(answer, (*place, ANY_ITEM), self._resolved(branch["items"]), marked)

    def _branches(self, schema: Json, revision: str | None) -> Iterator[tuple[Json, str | None]]:
        """Yields a schema, or each of its alternatives, with its revision; None for both revisions."""
        for branch in map(self._resolved, schema.get("anyOf", [schema])):
            yield branch, branch.get("x-revision", revision)

    def _row(
        self,
        answer: tuple[str, int],
        place: tuple[str, ...],
        member: Json,
        is_required: bool,
        revision: str | None,
    ) -> Row:
        operation, status = answer
        items = self._resolved(member.get("items", {}))
        below = [
            inner
            for step, part in ((place, member), ((*place, ANY_ITEM), items))
            for name, inner in self._properties(part)
            if "x-clause" in inner or _has_clause(operation, (*step, name), inner)
        ]
        schema = self._shallow(member)
        # If no member of the items has a clause, then nobody knows what the items are like.
        if "type" in items and (below or "properties" not in items):
            schema["items"] = {"type": items["type"]}
        if "x-clause" not in member and not is_required:
            # A member that may be missing may also be null, since no page forbids it.
            schema["type"] = list(dict.fromkeys((*kinds_of(schema), "null")))
        return Row(
            member.get("x-clause") or _derived_id(operation, place),
            operation,
            status,
            place,
            schema,
            member.get("description", ""),
            member.get("x-source", _SOURCES.get(member.get("x-standing", PAGE), "")),
            member.get("x-standing", "page"),
            # A member that may be null may also be missing, since no page forbids it.
            is_required and "null" not in kinds_of(schema),
            revision,
            is_required,
            self._is_usual(answer, place),
            self.operations[operation].is_read,
            any(inner.get("x-standing", PAGE) in ACCUSING for inner in below),
        )

    def _properties(self, schema: Json) -> Iterator[tuple[str, Json]]:
        """Yields the names and the schemas of the members of an object."""
        for name, reference in schema.get("properties", {}).items():
            yield name, self._resolved(reference)

    def _is_usual(self, answer: tuple[str, int], place: tuple[str, ...]) -> bool:
        parents = [
            parent for example in self._examples[answer] for _, parent in objects_at(example, place[:-1])
        ]
        return bool(parents) and all(place[-1] in parent for parent in parents)

    @cached_property
    def _examples(self) -> Mapping[tuple[str, int], list[Json]]:
        """The documented examples of each answer, by operation and status."""
        found: dict[tuple[str, int], list[Json]] = defaultdict(list)
        for item in self.content["paths"].values():
            for operation in (item[method.lower()] for method in METHODS if method.lower() in item):
                for status, part in operation.get("responses", {}).items():
                    media = self._resolved(part).get("content", {}).get(_JSON, {})
                    if status.isdigit():
                        examples = map(self._resolved, media.get("examples", {}).values())
                        values = [example["value"] for example in examples if "value" in example]
                        found[operation["operationId"], int(status)] += values
        return found

    def _shallow(self, member: Json) -> dict[str, Any]:
        """Returns the part of a schema that describes the value itself, without the members below it."""
        if "anyOf" in member:
            branches = [self._resolved(branch) for branch in member["anyOf"]]
            return {"type": [kind for branch in branches for kind in kinds_of(branch)]}
        return {name: member[name] for name in _SHALLOW if name in member}

    def _resolved(self, part: Json) -> Json:
        """Returns the schema that a reference names.

        Members beside the `$ref` replace the schema's members of the same name.
        """
        if "$ref" not in part:
            return part
        target = self.content
        for name in part["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        return {**self._resolved(target), **{name: value for name, value in part.items() if name != "$ref"}}


@cache
def document() -> Document:
    """Returns the document that the kit ships with."""
    return Document(json.loads(DOCUMENT.read_bytes()))


def _derived_id(operation: str, place: tuple[str, ...]) -> str:
    """Returns the clause id of a member without an `x-clause`, such as `listGoals.data.name`."""
    return ".".join((operation, *(name for name in place if name != ANY_ITEM)))


def _has_clause(operation: str, place: tuple[str, ...], member: Json) -> bool:
    """Returns whether a member without an `x-clause` gets a clause of its own."""
    is_decided = member.get("x-standing") == "decided"
    return not is_decided and "type" in member and (operation, place) not in _JUDGED_ELSEWHERE


def _parameter(content: Json) -> Parameter:
    schema = content.get("schema", {})
    example = content.get("example", schema.get("example"))
    if example is None:
        example = next(iter((*schema.get("examples", ()), *schema.get("enum", ()))), None)
    is_required = content.get("required", False)
    most = content.get("x-most", schema.get("maximum"))
    return Parameter(content["name"], content["in"], is_required, schema, example, most)


def _requirement(alternative: Json) -> dict[str, tuple[str, ...]]:
    return {scheme: tuple(roles) for scheme, roles in alternative.items()}


def _pattern(template: str) -> re.Pattern[str]:
    """Returns a pattern for the end of a path.

    Each parameter matches one segment, which may contain escapes.
    """
    literals = PLACEHOLDER.split(template)[::2]
    return re.compile("([^/]+)".join(map(re.escape, literals)) + "/?$")
