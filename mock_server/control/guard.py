"""Checks who may use the controls: clients with the control token or, without one, on this machine."""

import hmac
from collections.abc import Collection

from starlette.requests import Request

from mock_server.loopback import is_loopback_host
from mock_server.options import Options
from mock_server.problems import ProblemError


def admit(request: Request, options: Options) -> None:
    """Raises ProblemError if a request is not allowed to use the controls.

    If other machines can reach the mock, and there is no control token, no request is allowed.
    """
    _refuse_other_origins(request, options.control_origins)
    if options.control_token is not None:
        _check_token(request.headers.get("Authorization", ""), options.control_token)
    elif options.is_exposed:
        raise ProblemError(
            403,
            "Other machines can reach this mock, so its controls are off without --control-token.",
        )
    elif not is_loopback_host(",".join(request.headers.getlist("Host"))):
        # An attacker's DNS may let another host name resolve to this machine.
        raise ProblemError(403, "The controls only answer requests with a loopback Host, such as localhost.")


def _refuse_other_origins(request: Request, allowed: Collection[str]) -> None:
    """Raises ProblemError for a request from a web page of another origin, unless the origin is allowed."""
    origin = request.headers.get("Origin")
    if origin in allowed:
        return
    own = f"{request.url.scheme}://{request.headers.get('Host', '')}"
    if origin is not None and origin != own:
        raise ProblemError(
            403, "The controls do not answer pages of another origin, except those named by --control-origin."
        )
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise ProblemError(403, "The controls do not answer pages of another site.")


def _check_token(authorization: str, token: str) -> None:
    scheme, _, sent = authorization.strip().partition(" ")
    is_right = hmac.compare_digest(sent.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not is_right:
        raise ProblemError(401, "Send 'Authorization: Bearer …' with the mock's control token.")
