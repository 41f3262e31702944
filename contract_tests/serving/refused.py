"""What the protocol notes in a request's scope, as ASGI extensions: that it is refused, or cut off."""

from collections.abc import Mapping, MutableMapping
from typing import Any

from contract_tests.serving.errors import HttpError

Scope = MutableMapping[str, Any]

_REFUSAL = "datafast_mock.refusal"
_CUT = "datafast_mock.cut"


def refuse(scope: Scope, error: HttpError) -> None:
    """Marks a request as refused, since it breaks a rule of HTTP itself."""
    scope.setdefault("extensions", {})[_REFUSAL] = error


def refusal_of(scope: Mapping[str, Any]) -> HttpError | None:
    """Returns the error that answers a refused request, or None for any other request.

    The error may be found as late as at the end of the request's body.
    """
    refusal: HttpError | None = scope.get("extensions", {}).get(_REFUSAL)
    return refusal


def cut(scope: Scope) -> None:
    """Notes that the client closed its side in the middle of a request's body."""
    scope.setdefault("extensions", {})[_CUT] = True


def is_cut(scope: Mapping[str, Any]) -> bool:
    """Returns whether the client closed its side before the end of the body."""
    return _CUT in scope.get("extensions", {})
