"""Answers requests that only read, and caches the answers."""

from collections import OrderedDict
from typing import Any, NamedTuple

from mock_server.contract.operations import Operation
from mock_server.contract.values import Values
from mock_server.resources.call import Call, Reply
from mock_server.resources.registry import Report, View
from mock_server.resources.reporter import Reporter
from mock_server.resources.worlds import WorldChoice, Worlds
from mock_server.state.accounts import Account

# The number of moments whose answers are cached. Clients with different clocks ask for the same few instants
# in turns.
_MOST_MOMENTS = 64
_MOST_BYTES = 32 * 1024 * 1024
# The bytes of a cached answer in addition to its body and its values.
_LEAST_WEIGHT = 1_000


class Read(NamedTuple):
    """A request that changes nothing, with the values on which its answer depends.

    Only the answers to reads are cached. Only they may be made twice, or not at all.
    """

    operation_id: str
    view: View
    path: tuple[tuple[str, Any], ...]
    query: tuple[tuple[str, Any], ...]
    """The checked values with their names, in the order of the document."""
    is_shared: bool
    """Whether all accounts to which nothing was written get the same answer.

    This is so for operations with a website in the query, except for reports on an account's own data, such
    as funnels.
    """
    weight: int
    """The approximate memory of a cached answer without its body, in bytes."""

    @property
    def values(self) -> Values:
        """The checked values of the request as `Values`."""
        return Values(dict(self.path), dict(self.query))

    @property
    def is_report(self) -> bool:
        """Whether the answer is a report, which is made in a thread."""
        return isinstance(self.view, Report)


def read_of(operation: Operation, view: View, values: Values) -> Read | None:
    """Returns the Read of a GET, or of a HEAD, which is answered like a GET; None for other methods."""
    if operation.method != "GET":
        return None
    path, query = tuple(values.path.items()), tuple(values.query.items())
    return Read(
        operation.operation_id,
        view,
        path,
        query,
        is_shared=operation.website_in == "query" and not (isinstance(view, Report) and view.is_of_account),
        weight=_LEAST_WEIGHT + len(repr((path, query))),
    )


class AnswerCache:
    """A cache that answers the reads of all worlds, and keeps the answers of the latest moments."""

    def __init__(self, worlds: Worlds, reporter: Reporter) -> None:
        """`worlds` are the worlds that the event loop uses."""
        self._worlds = worlds
        self._reporter = reporter
        self._snapshots = _Snapshots()

    def cached(self, read: Read, choice: WorldChoice, instant: int, account: Account) -> Reply | None:
        """Returns the cached answer to a read, or None if there is none."""
        return self._snapshots.get((choice, instant), _entry_of(read, account))

    def answer(self, read: Read, choice: WorldChoice, instant: int, account: Account) -> Reply:
        """Returns the answer to a read that is not a report, and caches it. Raises ApiError."""
        moment, entry = (choice, instant), _entry_of(read, account)
        reply = self._snapshots.get(moment, entry)
        if reply is None:
            facts = self._worlds.facts(choice.site, entry.account)
            world = self._worlds.world_with(facts, choice.seed, choice.site, instant)
            reply = read.view(Call(world, instant, choice.revision, *read.values, entry.account, facts))
            self._snapshots.keep(moment, entry, reply)
        return reply

    async def report(self, read: Read, choice: WorldChoice, instant: int, account: Account) -> Reply:
        """Returns a report, which is made in a thread, and caches it. Raises ApiError."""
        moment, entry = (choice, instant), _entry_of(read, account)
        known = self._snapshots.get(moment, entry)
        if known is not None:
            return known
        async with self._reporter.lock:
            # Another request may have made the same report while this one waited.
            reply = self._snapshots.get(moment, entry)
            if reply is None:
                reply = await self._reporter.report(read.view, choice, instant, read.values, entry.account)
                self._snapshots.keep(moment, entry, reply)
        return reply

    def stop(self) -> None:
        """Ends the report that is being made, and all that wait, with ApiError 500."""
        self._reporter.stop()

    def write(
        self, view: View, choice: WorldChoice, instant: int, values: Values, account: Account, request: int
    ) -> Reply:
        """Returns the answer to a request that writes; `request` is its number in the journal.

        Raises ApiError.
        """
        world = self._worlds.world(choice.seed, choice.site)
        return view(Call(world, instant, choice.revision, *values, account, request=request))


class _Entry(NamedTuple):
    """The key under which an answer is cached, within one moment."""

    read: Read
    account: Account | None
    """The account; None if the answer is the same for all."""
    version: int


def _entry_of(read: Read, account: Account) -> _Entry:
    return _Entry(read, None if read.is_shared and not account.version else account, account.version)


class _Snapshots:
    """A cache of answers by moment, which is a world and an instant.

    If there are more than 64 moments or 32 MB, the least recently used answers are removed.
    """

    def __init__(self) -> None:
        self._moments: OrderedDict[tuple[WorldChoice, int], OrderedDict[_Entry, Reply]] = OrderedDict()
        self._size = 0

    def get(self, moment: tuple[WorldChoice, int], entry: _Entry) -> Reply | None:
        """Returns the cached answer, or None if there is none."""
        known = self._moments.get(moment)
        if known is None:
            return None
        self._moments.move_to_end(moment)
        reply = known.get(entry)
        if reply is not None:
            known.move_to_end(entry)
        return reply

    def keep(self, moment: tuple[WorldChoice, int], entry: _Entry, reply: Reply) -> None:
        """Caches an answer, even if it is larger than the limit, so that it is made only once in its tick."""
        self._moments.setdefault(moment, OrderedDict())[entry] = reply
        self._size += _size(entry, reply)
        if len(self._moments) > _MOST_MOMENTS:
            _, forgotten = self._moments.popitem(last=False)
            self._size -= sum(_size(*one) for one in forgotten.items())
        while self._size > _MOST_BYTES and self._size > _size(entry, reply):
            self._forget_one()

    def _forget_one(self) -> None:
        oldest = next(iter(self._moments))
        replies = self._moments[oldest]
        self._size -= _size(*replies.popitem(last=False))
        if not replies:
            del self._moments[oldest]


def _size(entry: _Entry, reply: Reply) -> int:
    """Returns the approximate memory of a cached answer, in bytes."""
    return entry.read.weight + len(reply.body)
