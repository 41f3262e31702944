"""The fast path of plain requests that write.

It does all that `stages` does, and its answers have the same bytes. A write either succeeds here or writes
nothing; then `stages` answers the request, with the same error. So nothing is written twice.
"""

from time import monotonic_ns

from starlette.types import Scope

from mock_server.errors import ApiError
from mock_server.service import Service
from mock_server.serving.plain import DECISIVE, HEADERS, OK, PREFERENCE, Answer, head_of, sender_of
from mock_server.serving.query import query_of
from mock_server.serving.receiving import kept_of
from mock_server.state.journal import LONGEST_ANSWER, Outcome, Part, sent_of

# Each of them writes at its end, if at all, and its answer has no headers of its own.
_OPERATIONS = frozenset({"createGoal", "createPayment", "identifyVisitor"})
_LONGEST_BODY = 16 * 1024


class FastWrites:
    """A fast path for operations that write, each of which is run once."""

    def __init__(self, service: Service) -> None:
        """`service` has the operations that are answered."""
        self._service = service
        self._names = {
            one.route.encode(): one.operation_id
            for one in service.operations
            if one.operation_id in _OPERATIONS and one.operation_id in service.views
        }

    def is_write(self, scope: Scope) -> bool:
        """Whether a request may be answered here once its body is there."""
        return scope["method"] == "POST" and scope["raw_path"] in self._names

    def answer(self, scope: Scope, content: bytes) -> Answer | None:
        """Returns the answer to a request with its whole body; None if `stages` must answer."""
        began = monotonic_ns()
        service = self._service
        if len(content) > _LONGEST_BODY or PREFERENCE in scope["query_string"]:
            return None
        sender = sender_of(service, scope["headers"], DECISIVE)
        if sender is None:
            return None
        key, is_cross_origin = sender
        operation = service.operations_in(service.revision_of(key)).get(self._names[scope["raw_path"]])
        if operation is None or operation.success != OK:
            return None
        query = query_of(scope["query_string"]) if scope["query_string"] else {}
        instant, version = service.clock_of(key).now(), key.account.version
        try:
            key.admit(operation.access)
            website_id = operation.website_id({}, query)
            choice = service.choice_of(key, website_id, stands=operation.website_in)
            values = operation.read({}, query, content)
            view, number = service.views[operation.operation_id], service.numbers.next
            reply = service.cache.write(view, choice, instant, values, key.account, number)
        except ApiError:
            return None
        except Exception:  # noqa: BLE001 - the application runs into the same error again and answers it
            assert key.account.version == version, "an operation does not fail after it has written"
            return None
        assert (reply.status, reply.headers) == (None, {}), "the operations here have plain answers"
        body = reply.body
        answer = Part(len(body), body[:LONGEST_ANSWER])
        took = (monotonic_ns() - began) // 1000
        outcome = Outcome(instant, operation.operation_id, "world", OK, answer, HEADERS, took)
        service.note(sent_of(scope), kept_of(scope, content) if content else None, key, outcome)
        return Answer(head_of(len(body), instant, is_cross_origin=is_cross_origin), body)
