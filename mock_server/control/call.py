"""A request to the controls as checked values: its query, its body and its key."""

from codecs import BOM_UTF8
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request

from contract_tests.quoting import quoted
from contract_tests.serving.refused import is_cut, refusal_of
from mock_server.control.verifier import Verifier
from mock_server.pointers import pointer_to
from mock_server.problems import ProblemError
from mock_server.records import fault_of
from mock_server.service import Service
from mock_server.state.key import Key
from mock_server.wording import told_unreadable

LARGEST_BODY = 64 * 1024

_T = TypeVar("_T")
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Scoped(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query parameters of an operation on the whole server or on one key."""

    key: (
        Annotated[
            str,
            Meta(
                max_length=300,
                description="The key that the request is about. Without it the request is about the server.",
            ),
        ]
        | UnsetType
    ) = UNSET


class ControlCall(Struct, frozen=True, kw_only=True):
    """A request to the controls: the service, the API's base URL, and the checked parts of the request.

    `token` is the key in the path, or empty. `port` is the port at which the mock was reached.
    """

    service: Service
    verifier: Verifier
    port: int
    url: str
    query: Any
    body: Any
    token: str

    @property
    def origin(self) -> str:
        """The origin of the mock, such as `http://127.0.0.1:8484`."""
        return self.url.removesuffix(self.service.base)

    @property
    def key(self) -> Key | None:
        """The key that the query names, or None if it names none. Raises ProblemError for an unknown key."""
        return None if self.query.key is UNSET else key_of(self.service, self.query.key)


def key_of(service: Service, token: str) -> Key:
    """Returns the key of a token. Raises ProblemError if it does not exist."""
    key = service.keys.find(token)
    if key is None:
        raise ProblemError(404, "This key does not exist (any more): POST /__mock/keys mints one.")
    return key


async def body_of(request: Request) -> bytes:
    """Reads the whole body. Raises ProblemError if it is too large, incomplete, or of another media type."""
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise ProblemError(
            415, f"Send JSON as application/json, not as {quoted(media_type[:80] or 'nothing')}."
        )
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > LARGEST_BODY:
            raise ProblemError(413, f"The body is larger than {LARGEST_BODY} bytes.")
    refusal = refusal_of(request.scope)
    if refusal is not None:
        raise ProblemError(refusal.kind.status, refusal.message)
    if is_cut(request.scope):
        raise ProblemError(400, f"The body ends too early, after {len(found)} bytes.")
    return bytes(found)


def read_body(body: bytes, kind: type[_T]) -> _T:
    """Returns the body as a checked value. Raises ProblemError, which names the invalid member."""
    if not body:
        raise ProblemError(400, "There is no body: send a JSON object, `{}` if no member is needed.")
    # A parser may skip a byte order mark (RFC 8259, 8.1), which some editors and shells write.
    body = body.removeprefix(BOM_UTF8)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _wrong(error, _value_of(body), kind) from None
    except _UNREADABLE as error:
        raise ProblemError(400, f"The body {told_unreadable(body, error)}.") from None


def read_query(request: Request, kind: type[_T]) -> _T:
    """Returns the query as a checked value; only the first value of each parameter counts.

    Raises ProblemError.
    """
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        found.setdefault(name, value)
    try:
        return msgspec.convert(found, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _wrong(error, found, kind, is_query=True) from None


def _value_of(body: bytes) -> Any:
    """Returns the value of a body that breaks its type; None if it cannot be read at all."""
    try:
        return msgspec.json.decode(body)
    except _UNREADABLE:
        return None


def _wrong(error: msgspec.ValidationError, value: Any, kind: type, *, is_query: bool = False) -> ProblemError:
    problem, way, known, named = fault_of(error, value, kind, is_of_texts=is_query)
    parent = pointer_to(way)
    member = parent if named is None else parent + pointer_to([named])
    where = "The query: " if is_query else ""
    prefix = f"`{parent}`: " if parent else ""
    return ProblemError(
        400, f"{where}{prefix}{problem}.", member=member, **({"known": known} if known else {})
    )
