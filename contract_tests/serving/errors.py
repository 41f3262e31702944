"""The errors of requests that break a rule of HTTP itself."""

from string import Formatter
from typing import Any, NamedTuple

from contract_tests.quoting import quoted


class ErrorKind(NamedTuple):
    """A kind of error: the HTTP status, and a message with placeholders."""

    status: int
    message: str


MALFORMED = ErrorKind(400, "This is not a valid HTTP/1.1 request: {problem}.")
HOST_COUNT = ErrorKind(400, "An HTTP/{version} request needs exactly one Host header; this one has {count}.")
HOST_INVALID = ErrorKind(
    400, "Invalid Host {value!r}: a name or an address is expected, with or without a port."
)
CODING_IN_OLD_HTTP = ErrorKind(400, "An HTTP/{version} request cannot have a Transfer-Encoding header.")
TARGET_INVALID = ErrorKind(400, "The request target must be a path that begins with a slash, or a whole URL.")
NO_PROXY = ErrorKind(
    400,
    "CONNECT is for proxies, and this is a server; `datafast-mock serve --intercept` starts a proxy.",
)
REQUEST_TIMEOUT = ErrorKind(408, "The rest of the request did not come within {seconds:g} seconds.")
URI_TOO_LONG = ErrorKind(414, "The URL is longer than {limit} bytes.")
HEADERS_TOO_LARGE = ErrorKind(431, "The headers are longer than {limit} bytes.")
CODING_UNKNOWN = ErrorKind(501, "The transfer coding {coding!r} is not supported; only 'chunked' is.")


class _Quoting(Formatter):
    """Writes `{value!r}` with one backslash for each."""

    def convert_field(self, value: object, conversion: Any) -> Any:
        return quoted(value) if conversion == "r" else super().convert_field(value, conversion)


_QUOTING = _Quoting()


class HttpError(Exception):
    """An error that a server answers with; `values` are what the placeholders of its message stand for."""

    def __init__(self, kind: ErrorKind, **values: object) -> None:
        self.kind = kind
        self.values: dict[str, Any] = values
        self.message = _QUOTING.vformat(kind.message, (), values)
        super().__init__(self.message)
