"""Routes that match a whole path and nothing more, and know an encoded slash from one that parts."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from starlette.routing import Match, Route, Router
from starlette.types import Receive, Scope, Send

CONTROLS = "/__mock"
"""The path below which the mock's own controls are."""

_PLACE = re.compile(r"\{(\w+)\}")
_ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)
# Stands for an encoded slash: what is decoded has no surrogates.
_SLASH = "\udc2f"


class ExactRoute(Route):
    """A route whose places are parts of one segment; `%2F` is no slash between two (RFC 3986, 2.2)."""

    def __init__(self, route: Route) -> None:
        """The same path, endpoint and methods as those of `route`."""
        super().__init__(route.path, route.endpoint, methods=route.methods)
        # Starlette's own `$` would let a line feed pass at the end.
        self.path_regex = re.compile(rf"{_pattern(route.path)}\Z")

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the path is this one, with its parameters; partly where only the method is another."""
        found = self.path_regex.match(_path_of(scope)) if scope["type"] == "http" else None
        if found is None:
            return Match.NONE, {}
        parameters = {name: value.replace(_SLASH, "/") for name, value in found.groupdict().items()}
        is_full = not self.methods or scope["method"] in self.methods
        child = {"endpoint": self.endpoint, "path_params": parameters}
        return (Match.FULL if is_full else Match.PARTIAL), child


def exact(routes: Iterable[Route]) -> list[ExactRoute]:
    """The same routes, concrete ones before those with places, as OpenAPI wants it; else in their order.

    Routes of as many segments stay together, as no others could match the same path.
    """
    found = [ExactRoute(route) for route in routes]
    lengths = list(dict.fromkeys(route.path.count("/") for route in found))
    return sorted(found, key=lambda route: (lengths.index(route.path.count("/")), _vagueness(route.path)))


def take_either_slash(router: Router) -> None:
    """Lets a slash more or less at the end of a path matter only where both paths are there.

    Starlette would redirect: to an absolute URL that it makes of `Host`, behind a proxy another origin's, for
    which a client drops its token.
    """
    not_found = router.default

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        # The same scope goes on, so that whoever answers an error sees the path that was meant.
        scope["path"] = path[:-1] if path.endswith("/") else f"{path}/"
        if any(route.matches(scope)[0] != Match.NONE for route in router.routes):
            await router(scope, receive, send)
            return
        scope["path"] = path
        await not_found(scope, receive, send)

    router.redirect_slashes = False
    router.default = answer


def path_as_sent(scope: Scope) -> str:
    """The path with its escapes: decoded, one that leads nowhere may look like one that does."""
    raw: bytes = scope["raw_path"]
    return raw.decode("latin-1")


def methods_of(routes: Sequence[Route], scope: Scope) -> list[str]:
    """All methods that a path can be asked with, in their alphabetical order."""
    found = [route.methods or () for route in routes if route.matches(scope)[0] != Match.NONE]
    return sorted({method for methods in found for method in methods})


def _vagueness(path: str) -> list[tuple[int, int]]:
    """Segment by segment: text first, then places beside text (more text first), then mere places."""
    return [_vagueness_of(segment) for segment in path.split("/")]


def _vagueness_of(segment: str) -> tuple[int, int]:
    literal = _PLACE.sub("", segment)
    if literal == segment:
        return 0, 0
    return (1, -len(literal)) if literal else (2, 0)


def _pattern(path: str) -> str:
    parts = _PLACE.split(path)
    # Every other part is the name of a place.
    return "".join(
        f"(?P<{part}>[^/]+)" if n % 2 else re.escape(_decoded(part)) for n, part in enumerate(parts)
    )


def _path_of(scope: Scope) -> str:
    path: str = scope["path"]
    raw: bytes | None = scope.get("raw_path")
    if raw is None or (b"%2F" not in raw and b"%2f" not in raw):
        return path
    # What was sent, with the slash at its end that `take_either_slash` thinks of.
    return _decoded(raw.decode("latin-1").removesuffix("/")) + ("/" if path.endswith("/") else "")


def _decoded(path: str) -> str:
    return unquote(_ENCODED_SLASH.sub(_SLASH, path))
