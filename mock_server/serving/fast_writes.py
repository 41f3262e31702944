"""The fast path of plain requests that write.

Its answers have the same bytes as those of `stages`. A write either succeeds here, or writes nothing and is
left to `stages`, which answers with the error. So nothing is written twice.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from time import monotonic_ns
from typing import NamedTuple

from starlette.types import Scope

from mock_server.contract.operations import Operation
from mock_server.errors import ApiError
from mock_server.resources.worlds import WorldChoice
from mock_server.service import Service
from mock_server.serving.plain import DECISIVE, HEADERS, OK, PREFERENCE, Answer, head_of, sender_of
from mock_server.serving.query import query_of
from mock_server.serving.receiving import kept_of
from mock_server.state.clock import Clock
from mock_server.state.journal import LONGEST_BODY, Outcome, Part, Sent, sent_of
from mock_server.state.keys import Key

# The operations that write as their last step, so that a failure writes nothing, and whose answers have no
# headers of their own.
_OPERATIONS = frozenset({"createGoal", "createPayment", "identifyVisitor"})
_LONGEST_BODY = 16 * 1024
_MOST_HEADS = 256
_END = b"\r\n\r\n"


class _Head(NamedTuple):
    """The head of a request, with the decisions that depend on the head only."""

    changes: int
    """The number of control changes when this was cached; a higher number makes it stale."""
    length: int
    """The length of the body in bytes."""
    sent: Sent
    operation: Operation
    query: Mapping[str, Sequence[str]]
    key: Key
    clock: Clock
    choice: WorldChoice
    is_cross_origin: bool


class FastWrites:
    """The fast path for operations that write; an operation runs once for each request."""

    def __init__(self, service: Service) -> None:
        """`service` has the operations that can be answered."""
        self._service = service
        self._names = {
            one.route.encode(): one.operation_id
            for one in service.operations
            if one.operation_id in _OPERATIONS and one.operation_id in service.views
        }
        # If the cache is full, the least recently used heads are removed.
        self._heads: OrderedDict[bytes, _Head] = OrderedDict()

    def is_write(self, scope: Scope) -> bool:
        """Returns whether a request may be answered here once its body is there."""
        return scope["method"] == "POST" and scope["raw_path"] in self._names

    def again(self, raw: bytes) -> Answer | None:
        """Returns the answer to a request whose head has the same bytes as the head of an earlier one.

        A client often changes only the body from write to write. Returns None for any other request.
        """
        end = raw.find(_END) + len(_END)
        head = self._heads.get(raw[:end])
        if (
            head is None
            or head.changes != self._service.common.changes
            or len(raw) - end != head.length
            or len(raw) > _LONGEST_BODY
        ):
            return None
        self._heads.move_to_end(raw[:end])
        return self._written(head, raw[end:])

    def answer(self, scope: Scope, content: bytes, raw: bytes | None) -> Answer | None:
        """Returns the answer to a request with its whole body; None if `stages` must answer.

        `raw` holds all bytes of the request. Its head becomes a key of the cache. `raw` is None if other
        bytes came with the request.
        """
        if len(content) > _LONGEST_BODY or PREFERENCE in scope["query_string"]:
            return None
        head = self._decided(scope, len(content))
        answer = None if head is None else self._written(head, content, scope)
        if head is None or answer is None or raw is None:
            return answer
        end = len(raw) - len(content)
        is_whole = len(raw) <= _LONGEST_BODY and raw.find(_END) + len(_END) == end
        # A key that is not shipped may be removed at any time, so it is looked up for each request.
        if is_whole and not _is_encoded(scope) and self._service.keys.is_shipped(head.key):
            self._heads[raw[:end]] = head
            if len(self._heads) > _MOST_HEADS:
                self._heads.popitem(last=False)
        return answer

    def _decided(self, scope: Scope, length: int) -> _Head | None:
        """Makes the decisions about a request; returns None if `stages` must answer it."""
        service = self._service
        sender = sender_of(service, scope["headers"], DECISIVE)
        if sender is None:
            return None
        key, is_cross_origin = sender
        operation = service.operations_in(service.revision_of(key)).get(self._names[scope["raw_path"]])
        if operation is None or operation.success != OK:
            return None
        query = query_of(scope["query_string"]) if scope["query_string"] else {}
        try:
            key.admit(operation.access)
            website_id = operation.website_id({}, query)
            choice = service.choice_of(key, website_id, stands=operation.website_in)
        except ApiError:
            return None
        changes, clock = service.common.changes, service.clock_of(key)
        return _Head(changes, length, sent_of(scope), operation, query, key, clock, choice, is_cross_origin)

    def _written(self, head: _Head, content: bytes, scope: Scope | None = None) -> Answer | None:
        """Runs the operation and returns the answer; None if it has written nothing.

        `scope` is None if the head has no `Content-Type` or `Content-Encoding` to check.
        """
        began = monotonic_ns()
        service, operation, key = self._service, head.operation, head.key
        instant, version = head.clock.now(), key.account.version
        try:
            values = operation.read({}, head.query, content)
            view, number = service.views[operation.operation_id], service.numbers.next
            reply = service.cache.write(view, head.choice, instant, values, key.account, number)
        except ApiError:
            return None
        except Exception:  # noqa: BLE001 - the application runs into the same error again and answers it
            assert key.account.version == version, "an operation does not fail after it has written"
            return None
        assert (reply.status, reply.headers) == (None, {}), "the operations here have plain answers"
        body = reply.body
        answer = self._service.bodies.part_of(body)
        took = (monotonic_ns() - began) // 1000
        outcome = Outcome(instant, operation.operation_id, "world", OK, answer, HEADERS, took)
        service.note(head.sent, _part_of(scope, content), key, outcome)
        return Answer(head_of(len(body), instant, is_cross_origin=head.is_cross_origin), body)


def _part_of(scope: Scope | None, content: bytes) -> Part | None:
    """Returns the part of a body that the journal keeps; None if the request has no body."""
    if not content:
        return None
    return Part(len(content), content[:LONGEST_BODY]) if scope is None else kept_of(scope, content)


def _is_encoded(scope: Scope) -> bool:
    return any(name == b"content-encoding" for name, _ in scope["headers"])
