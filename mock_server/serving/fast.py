"""The fast path, which answers plain requests of keys without rules or limits.

It uses the same key, clock, permissions and journal as `stages`, and its answers have the same bytes. A
request with a preference, a rule or a limit is left to `stages`. Only answers to a `Read` are made and cached
here, because `stages` makes the answer again if that fails here. Requests that write are in `fast_writes`.
"""

from collections import OrderedDict
from time import monotonic_ns
from typing import NamedTuple
from urllib.parse import unquote

from starlette.types import Scope

from mock_server.errors import ApiError
from mock_server.resources.cache import Read, read_of
from mock_server.resources.call import Reply
from mock_server.service import Service
from mock_server.serving.fast_writes import FastWrites
from mock_server.serving.plain import DECISIVE, PREFERENCE, Answer, Decided, answered, decided

# A GET with a body is left to `stages`.
_DECISIVE = DECISIVE | {b"content-length"}
_MOST_CACHED = 256
_LONGEST_REQUEST = 4_096


class _CachedRead(NamedTuple):
    """A read with the decisions about it. Its answers are in `AnswerCache`."""

    made: Decided
    version: int
    """The version of the key's account when this was cached; another version makes it stale."""
    read: Read


class FastAnswers:
    """The fast path for writes, and for GET operations, whose answers may be made twice."""

    def __init__(self, service: Service) -> None:
        """`service` has the operations that can be answered."""
        self._service = service
        self._writes = FastWrites(service)
        known = [
            one for one in service.operations if one.method == "GET" and one.operation_id in service.views
        ]
        self._plain = {one.route.encode(): one.operation_id for one in known if not one.path_names}
        # A concrete path of a further document wins over a path of ours with a parameter.
        theirs = {unquote(one.route).rpartition("/")[0] for one in service.extra_operations}
        # The operations whose only path parameter is the last segment, by the path before this segment.
        self._named = {
            one.route.rpartition("/")[0].encode(): one.operation_id
            for one in known
            if len(one.path_names) == 1 and one.route.endswith("/{p0}") and one.route[:-5] not in theirs
        }
        # If the cache is full, the least recently used requests are removed.
        self._cached: OrderedDict[bytes, _CachedRead] = OrderedDict()

    def again(self, raw: bytes) -> Answer | None:
        """Returns the answer to a request with the same bytes as an earlier one; None for any other.

        A client that polls always sends the same bytes. An answer takes half the time if they are not parsed.
        """
        cached = self._cached.get(raw)
        if cached is None:
            return self._writes.again(raw) if raw.startswith(b"POST ") else None
        made = cached.made
        if made.changes != self._service.common.changes or cached.version != made.key.account.version:
            return None
        self._cached.move_to_end(raw)
        return self._answer(cached)

    def answer(self, scope: Scope, raw: bytes | None = None) -> Answer | None:
        """Returns the answer to a parsed request and adds it to the journal; None if `stages` must answer.

        `raw` holds all bytes of the request, which are its key in the cache. It is None if other bytes came
        with the request.
        """
        if scope["method"] != "GET" or PREFERENCE in scope["query_string"]:
            return None
        cached = self._decided(scope)
        answer = None if cached is None else self._answer(cached)
        if cached is None or answer is None:
            return None
        # A key that is not shipped may be removed at any time, so it is looked up for each request.
        if (
            raw is not None
            and len(raw) <= _LONGEST_REQUEST
            and self._service.keys.is_shipped(cached.made.key)
        ):
            self._cached[raw] = cached
            if len(self._cached) > _MOST_CACHED:
                self._cached.popitem(last=False)
        return answer

    def is_write(self, scope: Scope) -> bool:
        """Returns whether a request may be answered by `write` once its body is there."""
        return self._writes.is_write(scope)

    def write(self, scope: Scope, content: bytes, raw: bytes | None) -> Answer | None:
        """Returns the answer to a request with its whole body, or None if nothing was written.

        `raw` holds all bytes of the request. It is None if the request did not come alone and in one piece.
        """
        return self._writes.answer(scope, content, raw)

    def _answer(self, cached: _CachedRead) -> Answer | None:
        began = monotonic_ns()
        instant = cached.made.clock.now()
        try:
            reply = self._reply(cached, instant)
        except Exception:  # noqa: BLE001 - the application runs into the same error again and answers it
            return None
        if reply is None or reply.status is not None or reply.headers:
            return None
        return answered(self._service, cached.made, instant, None, reply.body, began)

    def _reply(self, cached: _CachedRead, instant: int) -> Reply | None:
        """Returns the reply to a read; None for an uncached report, which must be made in a thread."""
        cache, made = self._service.cache, cached.made
        find = cache.cached if cached.read.is_report else cache.answer
        return find(cached.read, made.choice, instant, made.key.account)

    def _decided(self, scope: Scope) -> _CachedRead | None:
        """Makes the decisions about a request; returns None if `stages` must answer it."""
        # A request counts as a use of its key only if it is for an operation.
        found = self._operation_at(scope["raw_path"])
        made = None if found is None else decided(self._service, scope, *found, decisive=_DECISIVE)
        if made is None:
            return None
        operation = made.operation
        try:
            values = operation.read(made.path, made.query, b"")
        except ApiError:
            return None
        read = read_of(operation, self._service.views[operation.operation_id], values)
        return None if read is None else _CachedRead(made, made.key.account.version, read)

    def _operation_at(self, raw_path: bytes) -> tuple[str, str] | None:
        """Returns the operation of a path and the value of its parameter; None if `stages` must find them."""
        plain = self._plain.get(raw_path)
        if plain is not None:
            return plain, ""
        before, _, last = raw_path.rpartition(b"/")
        named = self._named.get(before)
        if named is None or not last.replace(b"-", b"").isalnum():
            return None
        return named, last.decode("ascii")
