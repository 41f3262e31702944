"""The router of the API and of the controls, with one route for each path and all its methods.

A route matches a whole path only, and distinguishes an encoded slash from a separator of segments.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import Receive, Scope, Send

CONTROLS = "/__mock"
"""The path of the mock's own controls."""

Unrouted = Callable[[Request, str | None], Awaitable[Response]]
"""A function that answers unrouted requests; it gets the value of `Allow`, or None for an unknown path."""

_PLACE = re.compile(r"\{(\w+)\}")
_ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)
# This stands for an encoded slash, since decoded text has no surrogates.
_SLASH = "\udc2f"
# The number of parts into which one placeholder splits a segment.
_ONE = 3


class PathRoute(BaseRoute):
    """A path with the endpoints of its methods.

    A placeholder stands for a segment or a part of it; `%2F` does not separate segments (RFC 3986, 2.2).
    """

    def __init__(self, path: str, routes: Iterable[Route]) -> None:
        """`routes` all have the `path`; for each method the first of them is used."""
        self.path = path
        self.by_method: dict[str, Route] = {}
        for route in routes:
            for method in route.methods or ():
                self.by_method.setdefault(method, route)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """The pattern of the path, which is compiled on the first request that looks at this route."""
        segments = enumerate(self.path.split("/"))
        # `$` would allow a line feed at the end.
        return re.compile(rf"{'/'.join(_pattern_of(segment, n) for n, segment in segments)}\Z")

    @cached_property
    def _divided(self) -> dict[str, list[str]]:
        """The segments with several placeholders, split at them, by the group of the pattern."""
        segments = [_PLACE.split(segment) for segment in self.path.split("/")]
        return {_group(n): _decoded_text(parts) for n, parts in enumerate(segments) if len(parts) > _ONE}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Returns the match and its path parameters; it is partial if only the method differs."""
        found = self._pattern.match(_path_of(scope)) if scope["type"] == "http" else None
        if found is None:
            return Match.NONE, {}
        parameters = found.groupdict()
        for group, parts in self._divided.items():
            values = _values_in(parameters.pop(group), parts)
            if values is None:
                return Match.NONE, {}
            parameters |= values
        return self.match(scope, {name: value.replace(_SLASH, "/") for name, value in parameters.items()})

    def match(self, scope: Scope, parameters: Mapping[str, str]) -> tuple[Match, Scope]:
        """Returns the match of a request for this path, which is partial if only the method differs."""
        match = Match.FULL if scope["method"] in self.by_method else Match.PARTIAL
        return match, {"path_params": parameters}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Calls the endpoint of the method. Raises HTTPException 405 if there is none."""
        route = self.by_method.get(scope["method"])
        if route is None:
            raise HTTPException(405)
        await route.app(scope, receive, send)


class ConcretePaths(BaseRoute):
    """A route for all paths without placeholders, which looks them up in a mapping."""

    def __init__(self, paths: Mapping[str, PathRoute]) -> None:
        """`paths` are the routes by their decoded paths."""
        self._paths = paths

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Returns the match; it is partial if only the method differs."""
        found = self._paths.get(_path_of(scope)) if scope["type"] == "http" else None
        if found is None:
            return Match.NONE, {}
        return found.match(scope, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Calls the endpoint of the path and the method. Raises HTTPException 405 if there is none."""
        await self._paths[_path_of(scope)].handle(scope, receive, send)


def make_routed_app(
    routes: Iterable[Route],
    unrouted: Unrouted,
    middleware: Sequence[Middleware],
    exception_handlers: Mapping[Any, Callable[[Request, Any], Awaitable[Response]]],
) -> Starlette:
    """Makes an application of routes, which answers OPTIONS; `unrouted` answers unknown paths and methods.

    A path that differs only by a slash at its end is treated as the path that exists.
    """
    paths = by_path(routes)

    async def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException), "registered for nothing else"
        if error.status_code != 405:
            return await unrouted(request, None)
        allow = ", ".join(_methods_of(paths, request.scope))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": allow})
        return await unrouted(request, allow)

    app = Starlette(
        routes=_quick(paths),
        middleware=middleware,
        exception_handlers={**exception_handlers, HTTPException: answer},
    )
    _take_either_slash(app.router)
    return app


def by_path(routes: Iterable[Route]) -> list[PathRoute]:
    """Makes one route for each path, and sorts concrete paths before those with placeholders.

    This is the rule of OpenAPI. The order of other routes does not change. Routes with the same number of
    segments are grouped, because only they can match the same path.
    """
    grouped: dict[str, list[Route]] = {}
    for route in routes:
        grouped.setdefault(route.path, []).append(route)
    found = [PathRoute(path, several) for path, several in grouped.items()]
    lengths = list(dict.fromkeys(route.path.count("/") for route in found))
    return sorted(found, key=lambda route: (lengths.index(route.path.count("/")), _vagueness(route.path)))


def _quick(paths: Iterable[PathRoute]) -> list[BaseRoute]:
    """Returns routes that match the same requests as the sorted `paths`, but need not try each of them."""
    concrete: dict[str, PathRoute] = {}
    others: list[BaseRoute] = []
    for route in paths:
        path = route.path
        if "{" in path or concrete.setdefault(_decoded(path) if "%" in path else path, route) is not route:
            others.append(route)
    return [ConcretePaths(concrete), *others]


def path_as_sent(scope: Scope) -> str:
    """Returns the path with its escapes, since a decoded unknown path may look like a known one."""
    raw: bytes = scope["raw_path"]
    return raw.decode("latin-1")


def _take_either_slash(router: Router) -> None:
    """Makes a router ignore a missing or an additional slash at the end of a path.

    Starlette would redirect to a URL made from `Host`. Behind a proxy, that URL has another origin, and a
    client does not send its token there.
    """
    not_found = router.default

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        # The scope itself is changed, so that errors name the path that exists.
        scope["path"] = path[:-1] if path.endswith("/") else f"{path}/"
        if any(route.matches(scope)[0] != Match.NONE for route in router.routes):
            await router(scope, receive, send)
            return
        scope["path"] = path
        await not_found(scope, receive, send)

    router.redirect_slashes = False
    router.default = answer


def _methods_of(paths: Sequence[PathRoute], scope: Scope) -> list[str]:
    """Returns the methods of all routes that match the path of a request, in alphabetical order."""
    found = [route.by_method for route in paths if route.matches(scope)[0] != Match.NONE]
    return sorted({method for methods in found for method in methods})


def _vagueness(path: str) -> list[tuple[int, int]]:
    """Returns the sort key of a path: a list with a pair for each segment.

    Segments without placeholders are sorted first, and then the ones with the most text beside their
    placeholders.
    """
    return [_vagueness_of(segment) for segment in path.split("/")]


def _vagueness_of(segment: str) -> tuple[int, int]:
    literal = _PLACE.sub("", segment)
    if literal == segment:
        return 0, 0
    return (1, -len(literal)) if literal else (2, 0)


def _pattern_of(segment: str, number: int) -> str:
    """Returns the pattern of a segment; one with several placeholders is a single group."""
    parts = _PLACE.split(segment)
    if len(parts) > _ONE:
        return f"(?P<{_group(number)}>[^/]+)"
    # The second part, if there is one, is the name of a placeholder.
    return "".join(
        f"(?P<{part}>[^/]+)" if n % 2 else re.escape(part) for n, part in enumerate(_decoded_text(parts))
    )


def _group(number: int) -> str:
    return f"_segment{number}"


def _decoded_text(parts: Sequence[str]) -> list[str]:
    """Returns the parts of a segment with the text decoded; every second part is a placeholder's name."""
    return [part if n % 2 else _decoded(part) for n, part in enumerate(parts)]


def _values_in(segment: str, parts: Sequence[str]) -> dict[str, str] | None:
    """Returns the values of a segment's placeholders, the first one as long as possible, or None.

    It looks for the text between them from the end. A regular expression would try all divisions, which
    takes hours for a segment of a few thousand letters.
    """
    first, *between, last = parts[::2]
    if not (segment.startswith(first) and segment.endswith(last)):
        return None
    begin, end = len(first), len(segment) - len(last)
    values = {}
    for text, name in reversed(list(zip(["", *between], parts[1::2], strict=True))[1:]):
        found = segment.rfind(text, begin, end - 1) if begin < end else -1
        if found < 0:
            return None
        values[name] = segment[found + len(text) : end]
        end = found
    return {parts[1]: segment[begin:end], **values} if begin < end else None


def _path_of(scope: Scope) -> str:
    path: str = scope["path"]
    raw: bytes | None = scope.get("raw_path")
    if raw is None or (b"%2F" not in raw and b"%2f" not in raw):
        return path
    # The path as sent, with the slash at its end that `_take_either_slash` added or removed.
    return _decoded(raw.decode("latin-1").removesuffix("/")) + ("/" if path.endswith("/") else "")


def _decoded(path: str) -> str:
    return unquote(_ENCODED_SLASH.sub(_SLASH, path))
