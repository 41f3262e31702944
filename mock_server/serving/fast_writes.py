"""The fast path of plain requests that write.

Its answers have the same bytes as the answers of `stages`. A write either succeeds here, or writes nothing
and is left to `stages`, which answers with the error. So nothing is written twice.
"""

from collections import OrderedDict
from time import monotonic_ns
from typing import NamedTuple

from starlette.types import Scope

from mock_server.errors import ApiError
from mock_server.service import Service
from mock_server.serving.plain import PREFERENCE, Answer, Decided, answered, decided
from mock_server.serving.receiving import is_compressed, kept_of
from mock_server.state.entries import LONGEST_BODY, Part

# The operations that write as their last step, so that a failure writes nothing, and whose answers have no
# headers of their own.
_OPERATIONS = frozenset({"createGoal", "createPayment", "identifyVisitor"})
_LONGEST_BODY = 16 * 1024
_MOST_HEADS = 256
_END = b"\r\n\r\n"


class _Head(NamedTuple):
    """The head of a request with the decisions about it."""

    made: Decided
    length: int
    """The length of the body in bytes."""


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
            or head.made.changes != self._service.common.changes
            or len(raw) - end != head.length
            or len(raw) > _LONGEST_BODY
        ):
            return None
        self._heads.move_to_end(raw[:end])
        content = raw[end:]
        return self._written(head.made, content, Part(len(content), content[:LONGEST_BODY]))

    def answer(self, scope: Scope, content: bytes, raw: bytes | None) -> Answer | None:
        """Returns the answer to a request with its whole body; None if `stages` must answer.

        `raw` holds all bytes of the request. Its head becomes a key of the cache. `raw` is None if other
        bytes came with the request.
        """
        if len(content) > _LONGEST_BODY or PREFERENCE in scope["query_string"]:
            return None
        made = decided(self._service, scope, self._names[scope["raw_path"]])
        answer = None if made is None else self._written(made, content, kept_of(scope, content))
        if made is None or answer is None or raw is None:
            return answer
        end = len(raw) - len(content)
        is_whole = len(raw) <= _LONGEST_BODY and raw.find(_END) + len(_END) == end
        # A key that is not shipped may be removed at any time, so it is looked up for each request.
        if is_whole and not is_compressed(scope) and self._service.keys.is_shipped(made.key):
            self._heads[raw[:end]] = _Head(made, len(content))
            if len(self._heads) > _MOST_HEADS:
                self._heads.popitem(last=False)
        return answer

    def _written(self, made: Decided, content: bytes, kept: Part) -> Answer | None:
        """Runs the operation and returns the answer; None if it has written nothing.

        `kept` is the part of the body that the journal keeps.
        """
        began = monotonic_ns()
        service, operation, account = self._service, made.operation, made.key.account
        instant, version = made.clock.now(), account.version
        try:
            values = operation.read({}, made.query, content)
            view, number = service.views[operation.operation_id], service.numbers.next
            reply = service.cache.write(view, made.choice, instant, values, account, number)
        except ApiError:
            return None
        except Exception:  # noqa: BLE001 - the application runs into the same error again and answers it
            assert account.version == version, "an operation does not fail after it has written"
            return None
        assert (reply.status, reply.headers) == (None, {}), "the operations here have plain answers"
        return answered(service, made, instant, kept if content else None, reply.body, began)
