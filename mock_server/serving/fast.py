"""The usual request, answered at once: a plain GET by a key that nothing is set for.

Nothing is left out: the key, its clock, its permission and the journal are those of `stages`, and so is
every byte of the answer. What needs more of a decision (a preference, a rule, a limit, a query, another
method) is left to it. A lane holds a `Read`, so that nothing which changes something can come this way: an
answer that fails here is made again there, and asking twice has to be free of effects.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from time import monotonic_ns
from typing import NamedTuple
from urllib.parse import unquote

from starlette.types import Scope

from mock_server.errors import ApiError
from mock_server.instants import date_header
from mock_server.resources.cache import Place, Read, read_of
from mock_server.service import Service
from mock_server.serving.replies import EXPOSED_HEADERS, JSON
from mock_server.state.clock import Clock
from mock_server.state.journal import LONGEST_ANSWER, Outcome, Part, Sent, answer_headers_of, sent_of
from mock_server.state.keys import Key

_NOTHING: Mapping[str, Sequence[str]] = {}
_OK = 200
# Headers that may change the answer, or announce a body.
_DECISIVE = frozenset({b"prefer", b"expect", b"upgrade", b"content-length", b"transfer-encoding", b"range"})
# Together less than what would be refused as too large.
_MOST_HEADERS = 50
_LONGEST_HEADER = 500
_MOST_LANES = 256
_LONGEST_REQUEST = 4_096
# As the journal keeps them.
_HEADERS = answer_headers_of([(b"content-type", JSON.encode())])

_CROSS_ORIGIN = (
    f"access-control-allow-origin: *\r\naccess-control-expose-headers: {', '.join(EXPOSED_HEADERS)}\r\n"
).encode()


class Answer(NamedTuple):
    """An answer as it is written: its head, without the empty line behind it, and its body."""

    head: bytes
    body: bytes


class _Lane(NamedTuple):
    """What was found out about one request; its answers are kept by the worlds, which bound them."""

    changes: int
    """The number of control changes when this was cached; a higher number makes it stale."""
    version: int
    """The same for what was written to the key's account."""
    sent: Sent
    read: Read
    key: Key
    clock: Clock
    place: Place
    is_cross_origin: bool


class Hot:
    """Answers what needs no decision: GET operations alone, as asking twice must be free of effects."""

    def __init__(self, service: Service) -> None:
        """The service whose operations are answered."""
        self._service = service
        known = [
            one for one in service.operations if one.method == "GET" and one.operation_id in service.views
        ]
        self._plain = {one.route.encode(): one.operation_id for one in known if not one.path_names}
        # A concrete path of a further document counts before a template of ours.
        theirs = {unquote(one.route).rpartition("/")[0] for one in service.extra_operations}
        # Those whose only parameter is the last segment, by what comes before it.
        self._named = {
            one.route.rpartition("/")[0].encode(): one.operation_id
            for one in known
            if len(one.path_names) == 1 and one.route.endswith("/{p0}") and one.route[:-5] not in theirs
        }
        # The least recently used make room.
        self._lanes: OrderedDict[bytes, _Lane] = OrderedDict()

    def again(self, raw: bytes) -> Answer | None:
        """The answer to a request that came before in the same bytes; None for any other.

        A client that polls sends the same bytes again and again: not parsed anew, they cost half.
        """
        lane = self._lanes.get(raw)
        if (
            lane is None
            or lane.changes != self._service.common.changes
            or lane.version != lane.key.account.version
        ):
            return None
        self._lanes.move_to_end(raw)
        return self._answer(lane)

    def answer(self, scope: Scope, raw: bytes | None = None) -> Answer | None:
        """The answer to a request, which is then in the journal; None for one that needs a decision.

        `raw` is the whole request as it came, to know it again; None for one that came with others.
        """
        if scope["method"] != "GET" or scope["query_string"]:
            return None
        lane = self._lane_of(scope)
        answer = None if lane is None else self._answer(lane)
        if lane is None or answer is None:
            return None
        # Keys that are not shipped come and go, and are looked up each time.
        if raw is not None and len(raw) <= _LONGEST_REQUEST and self._service.keys.is_shipped(lane.key):
            self._lanes[raw] = lane
            if len(self._lanes) > _MOST_LANES:
                self._lanes.popitem(last=False)
        return answer

    def _answer(self, lane: _Lane) -> Answer | None:
        begin = monotonic_ns()
        instant = lane.clock.now()
        try:
            reply = self._service.worlds.answer(lane.read, lane.place, instant, lane.key.account)
        except Exception:  # noqa: BLE001 - whatever it is, the application meets it again and answers with it
            return None
        if reply.status is not None or reply.headers:
            return None
        body = reply.body
        answer = Part(len(body), body[:LONGEST_ANSWER])
        took = (monotonic_ns() - begin) // 1000
        outcome = Outcome(instant, lane.read.operation_id, "world", 200, answer, _HEADERS, took)
        self._service.note(lane.sent, None, lane.key, outcome)
        return Answer(_head(len(body), instant, is_cross_origin=lane.is_cross_origin), body)

    def _lane_of(self, scope: Scope) -> _Lane | None:
        """What there is to know of a request; None where it needs a decision."""
        service = self._service
        # Only a request to an operation counts as using its key.
        asked = self._asked(scope["raw_path"])
        plain = None if asked is None else self._plainly(scope["headers"])
        if asked is None or plain is None:
            return None
        (name, value), (key, is_cross_origin) = asked, plain
        operation = service.operations_in(service.revision_of(key)).get(name)
        if operation is None or operation.success != _OK:
            return None
        path = dict.fromkeys(operation.path_names, value)
        try:
            key.admit(operation.access)
            website_id = operation.website_id(path, _NOTHING)
            place = service.place_of(key, website_id, stands=operation.website_in)
            read = read_of(operation, service.views[name], operation.read(path, _NOTHING, b""))
        except ApiError:
            return None
        if read is None:
            return None
        return _Lane(
            service.common.changes,
            key.account.version,
            sent_of(scope),
            read,
            key,
            service.clock_of(key),
            place,
            is_cross_origin,
        )

    def _asked(self, raw_path: bytes) -> tuple[str, str] | None:
        """The operation of a path and its parameter, if it has one; None where they are not plain to see."""
        plain = self._plain.get(raw_path)
        if plain is not None:
            return plain, ""
        before, _, last = raw_path.rpartition(b"/")
        named = self._named.get(before)
        if named is None or not last.replace(b"-", b"").isalnum():
            return None
        return named, last.decode("ascii")

    def _plainly(self, headers: list[tuple[bytes, bytes]]) -> tuple[Key, bool] | None:
        """The key, and whether a page asks that names its origin.

        None where the headers, or what is set for the key, want a decision.
        """
        authorization, is_cross_origin = None, False
        if len(headers) > _MOST_HEADERS:
            return None
        for name, value in headers:
            if name in _DECISIVE or len(name) + len(value) > _LONGEST_HEADER:
                return None
            if name == b"authorization":
                if authorization is not None:
                    return None
                authorization = value.decode("latin-1")
            elif name == b"origin":
                is_cross_origin = True
        service = self._service
        if service.common.board.rules:
            return None
        key = service.keys.named(authorization)
        if key is None or key.board.rules or service.limiter_of(key) is not None:
            return None
        return key, is_cross_origin


@lru_cache(64)
def _head(length: int, instant: int, *, is_cross_origin: bool) -> bytes:
    """The head of a successful answer; the order is that in which the layers of the application add to it."""
    return (
        b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\ncontent-type: %s\r\ndate: %s\r\n%s"
        b"vary: Origin\r\ncache-control: no-store\r\n"
    ) % (length, JSON.encode(), date_header(instant), _CROSS_ORIGIN if is_cross_origin else b"")
