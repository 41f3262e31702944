"""The catalogue of the API's errors, and the error for invalid files and options."""

from typing import Any, Self

from contract_tests.serving.errors import ErrorKind, HttpError

_LONGEST = 1000

INVALID_VALUE = ErrorKind(400, "Invalid value {value!r} for {name!r}: {problem}.")
WEBSITE_ID_MISSING = ErrorKind(
    400, "The query parameter 'websiteId' is required with an account token (dft_…)."
)
WEBSITE_ID_MALFORMED = ErrorKind(400, "Invalid 'websiteId' {value!r}: 24 hexadecimal digits are expected.")
INVALID_JSON = ErrorKind(400, "The body of the request {problem}.")
BODY_CUT = ErrorKind(400, "The body of the request ends too early, after {size} bytes.")
INVALID_BODY = ErrorKind(400, "Invalid body at {place!r}: {problem}.")
BODY_MISSING = ErrorKind(400, "The operation needs a JSON body.")
PARAMETER_MISSING = ErrorKind(400, "The {place} parameter {name!r} is required{choices}.")
FILTER_MISSING = ErrorKind(400, "A filter is required: one or more of the query parameters {names}.")
INVALID_QUERY = ErrorKind(400, "Invalid query: {problem}.")
TOO_MANY_VALUES = ErrorKind(400, "{name!r} has more than {most} values.")
CUSTOMERS_WITH_GOAL = ErrorKind(400, "'completedGoal' and 'isCustomer' cannot be used together.")
GOAL_RESERVED = ErrorKind(400, "Invalid body at {place!r}: {name!r} is reserved.")
INVALID_PERIOD = ErrorKind(400, "Invalid period: {problem}.")
CURRENCY_UNKNOWN = ErrorKind(400, "Invalid body at {place!r}: {code!r} is not a currency of ISO 4217.")
AMOUNT_TOO_LARGE = ErrorKind(
    400,
    "Invalid body at {place!r}: {amount:g} {code} are more than the website can count in its own currency.",
)
INVALID_TIMESTAMP = ErrorKind(400, "Invalid body at '/timestamp': {problem}.")
VISITOR_OF_THE_WORLD = ErrorKind(
    400,
    "Visitor {visitor_id} is one of the mock's own visitors: send events with other visitor ids.",
)
VISITOR_IS_BOT = ErrorKind(400, "Visitor {visitor_id} is flagged as a bot.")
KEY_MISSING = ErrorKind(401, "Missing API key: send 'Authorization: Bearer df_…' or 'Bearer dft_…'.")
KEY_MALFORMED = ErrorKind(401, "Invalid API key: send it as 'Authorization: Bearer df_…' or 'Bearer dft_…'.")
KEY_UNKNOWN = ErrorKind(
    401,
    "Invalid API key: this mock does not know it. Send df_test or another key of its websites, which"
    " /__mock/sites lists, or start the mock with --any-key.",
)
NO_PERMISSION = ErrorKind(403, "This token lacks the permission {permission!r}.")
TOKEN_NOT_TAKEN = ErrorKind(403, "This operation does not accept {prefix}… tokens.")
ROLE_TOO_LOW = ErrorKind(403, "This operation is for {wanted}s of the account; this token acts as {role}.")
SUSPENDED = ErrorKind(403, "Tracking is suspended for this website.")
WEBSITE_NOT_ALLOWED = ErrorKind(403, "This token may not access the website {website_id}.")
WEBSITE_NOT_FOUND = ErrorKind(404, "Website not found: no website has the id {website_id}.")
VISITOR_NOT_FOUND = ErrorKind(404, "Visitor not found: no page view of {visitor_id} is known at {instant}.")
TRANSACTION_NOT_FOUND = ErrorKind(
    404, "Transaction not found: no payment of this website has the transaction id {transaction_id!r}."
)
FUNNEL_NOT_FOUND = ErrorKind(
    404, "Funnel not found: no active funnel of this website has the id {funnel_id}."
)
ROUTE_NOT_FOUND = ErrorKind(404, "Nothing is at {path}. The API is under {base}.")
OPERATION_NOT_FOUND = ErrorKind(
    404, "Nothing is at {path}: the API has no such path; /docs lists all of them."
)
METHOD_NOT_ALLOWED = ErrorKind(405, "{method} is not allowed here; allowed: {allow}.")
BODY_TOO_LARGE = ErrorKind(413, "The body of the request is longer than {limit} bytes.")
RATE_LIMITED = ErrorKind(429, "Too many requests: the limit is {limit} in {window} s.")
LOG_FULL = ErrorKind(
    500, "The account's log of written facts is full ({limit}): clear it with DELETE /__mock/facts?key=…"
)
NOT_STORED = ErrorKind(500, "The file of --state cannot be written ({problem}): nothing has changed.")
SERVER_ERROR = ErrorKind(500, "Internal server error.")
NOT_MOCKED = ErrorKind(
    501,
    "{operation} is documented, but not mocked yet. To have it answered, describe it with an example in an "
    "OpenAPI document of your own and start the mock with --openapi FILE.",
)
GATEWAY_TIMEOUT = ErrorKind(504, "The server took too long to answer.")


class ApiError(HttpError):
    """An error that the API answers with, in the documented envelope."""

    def __init__(
        self,
        kind: ErrorKind,
        *,
        headers: dict[str, str] | None = None,
        beside: dict[str, Any] | None = None,
        **values: object,
    ) -> None:
        """Formats the message with `values`. `headers` are added to the answer, `beside` to its envelope."""
        super().__init__(kind, **values)
        self.headers = headers or {}
        self.beside = beside or {}

    @classmethod
    def of(cls, error: HttpError) -> Self:
        """Returns the API's error for an error of HTTP itself."""
        return error if isinstance(error, cls) else cls(error.kind, **error.values)

    @property
    def body(self) -> dict[str, Any]:
        """The documented envelope: `{"status": "error", "error": {"code": 404, "message": "…"}}`."""
        return {
            "status": "error",
            "error": {"code": self.kind.status, "message": self.message},
            **self.beside,
        }


class InputError(Exception):
    """An error in a fixture, a document or a setting; it stops the start."""

    def __init__(self, where: object, problem: str) -> None:
        """`where` names the file and the place in it, or the option; a long text is cut."""
        super().__init__(printable(f"{_cut(str(where))}: {_cut(problem)}"))


def _cut(text: str) -> str:
    """Returns a text, or its first thousand characters: users' files may have names of any length."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def printable(text: str) -> str:
    """Returns a text with escapes instead of characters that move a terminal's cursor.

    Names and contents of users' files may have such characters.
    """
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
