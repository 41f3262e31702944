"""The HTTP protocols behind the intercepting proxy: without the controls, and with whole URLs as targets."""

from collections.abc import Callable
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from mock_server.problems import ProblemError, problem_reply
from mock_server.serving import routes
from mock_server.serving.intercept.refusals import CONTROLS, HOST, TOO_LATE, Refusal, target_of
from mock_server.serving.middleware import Split
from mock_server.serving.protocol import HttpProtocol

# These headers are removed, because they are for the proxy and may contain a password.
_FOR_THE_PROXY = (b"proxy-authorization", b"proxy-connection")


class Proxied(HttpProtocol):
    """The mock's own protocol without the controls, inside a tunnel."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.app = Split(self.app, routes.CONTROLS, problem_reply(ProblemError(403, CONTROLS)))


class Forwarded(Proxied):
    """The protocol for clients that send whole URLs to the proxy instead of CONNECT.

    The host in the URL of a request decides whether the request is accepted.
    """

    def __init__(self, *arguments: Any, when_lost: Callable[["Forwarded"], None], **options: Any) -> None:
        """`when_lost` is called when the connection is closed."""
        # The fast path recognises a request by its bytes, and does not check the host in them.
        super().__init__(*arguments, **{**options, "fast_path": None})
        self._when_lost = when_lost
        self._mock = self.app

    def on_headers_complete(self) -> None:
        """Turns the request into the one that the host itself would get (RFC 9112, 3.2.2), or refuses it."""
        if self.parser.get_method() == b"CONNECT":
            self._refuse(TOO_LATE)
        else:
            target = target_of(self.url.decode("latin-1"))
            if isinstance(target, Refusal):
                self._refuse(target)
            else:
                self.app = self._mock
                self.url = target.path.encode("latin-1")
                self.scope["scheme"] = target.scheme
                kept = [header for header in self.headers if header[0] not in (b"host", *_FOR_THE_PROXY)]
                self.headers[:] = [(b"host", HOST.encode()), *kept]
        super().on_headers_complete()

    def _refuse(self, refusal: Refusal) -> None:
        self.app = _answer(refusal)
        self.url = b"/"
        self.headers[:] = [(b"host", HOST.encode())]

    def connection_lost(self, exc: Exception | None) -> None:
        """Reports the end of the connection to `when_lost`."""
        super().connection_lost(exc)
        self._when_lost(self)


def _answer(refusal: Refusal) -> ASGIApp:
    """Makes the application that answers with a refusal; a CONNECT that came too late ends the connection."""
    headers = {"Connection": "close"} if refusal is TOO_LATE else {}
    return PlainTextResponse(f"{refusal.sentence}\n", refusal.status, headers)
