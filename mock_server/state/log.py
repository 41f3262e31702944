"""The log of one account: the facts about its websites that are written through the API, in order."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain
from operator import attrgetter
from typing import NamedTuple, Protocol

import msgspec

from mock_server.errors import LOG_FULL, ApiError
from mock_server.state.space import Space
from mock_server.world.facts import Fact, Facts, Removal

MOST_FACTS = 10_000
"""The largest number of facts of one account."""
MOST_REMOVALS = 1_000
"""The largest number of removals on one website; goals and payments are compared with each of them."""
MOST_BYTES = 16 * 1024 * 1024
"""The maximum size of one account's facts, in bytes."""

# The memory of an entry without its values, and of each value without its characters, in bytes.
_OVERHEAD = 300
_VALUE_OVERHEAD = 64


class Entry(NamedTuple):
    """One entry of a log. `sequence` counts from 1 on, and continues after the log is cleared."""

    sequence: int
    website_id: str
    fact: Fact
    request: int | None = None
    """The journal's number of the request that wrote the fact; None if it is unknown, as after a restart."""


class Store(Protocol):
    """A store of the entries of all accounts, which may outlast the process."""

    def entries(self, account: str) -> Iterable[Entry]:
        """Yields the kept entries of an account, in their order."""

    def version(self, account: str) -> int:
        """Returns the version of an account's log at its last clearing; 0 if it was never cleared."""

    def append(self, account: str, entry: Entry, content: bytes) -> None:
        """Stores an entry; `content` is its fact as JSON. Raises ApiError, and then stores nothing."""

    def clear(self, account: str, version: int) -> None:
        """Removes the entries of an account. Raises ApiError, and then removes nothing."""

    def reset(self) -> None:
        """Removes the entries and versions of all accounts. Raises ApiError, and then removes nothing."""

    def close(self) -> None:
        """Closes the store, which must not be used any more."""


class Memory:
    """A store that keeps nothing, for logs that end with the process."""

    def entries(self, _account: str) -> Iterable[Entry]:
        """Returns an empty tuple."""
        return ()

    def version(self, _account: str) -> int:
        """Returns 0."""
        return 0

    def append(self, _account: str, _entry: Entry, _content: bytes) -> None:
        """Does nothing."""

    def clear(self, _account: str, _version: int) -> None:
        """Does nothing."""

    def reset(self) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""


class Log:
    """The log of one account. It grows until it is cleared, and refuses facts when it is full."""

    def __init__(self, account: str = "", store: Store | None = None, space: Space | None = None) -> None:
        """Begins with the account's entries in the `store`.

        A `store` of None means that the log ends with the process; a `space` of None means that the log
        shares its memory limit with no other log.
        """
        self._account = account
        self._store = Memory() if store is None else store
        self._space = Space() if space is None else space
        self._entries: list[Entry] = []
        self._websites: dict[str, _Website] = {}
        self._weight = 0
        self.version = self._store.version(account)
        """The number of changes. It never falls, so that no cached answer of an older version is used."""
        self.cleared = 0
        """The version at which the log was cleared last; 0 if it never was."""
        for entry in self._store.entries(account):
            weight = _weight(msgspec.json.encode(entry.fact))
            self._space.take(self._weight, self._weight + weight)
            self._add(entry, weight)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def append(self, website_id: str, fact: Fact, request: int | None = None) -> Entry:
        """Adds a fact about a website, with the journal's number of the request that writes it.

        Raises ApiError 500, and adds nothing, if the log is full or the fact cannot be stored.
        """
        content = msgspec.json.encode(fact)
        weight = _weight(content)
        self._admit(website_id, fact, weight)
        entry = Entry(self.version + 1, website_id, fact, request)
        self._store.append(self._account, entry, content)
        self._space.take(self._weight, self._weight + weight)
        self._add(entry, weight)
        return entry

    def after(self, sequence: int) -> list[Entry]:
        """Returns the entries with a higher sequence number, oldest first."""
        return self._entries[bisect_right(self._entries, sequence, key=attrgetter("sequence")) :]

    def clear(self) -> None:
        """Removes all entries. Raises ApiError 500, and removes nothing, if they cannot be removed."""
        self._store.clear(self._account, self.version + 1)
        self._space.free(self._weight)
        self.version += 1
        self.cleared = self.version
        self._weight = 0
        self._entries.clear()
        self._websites.clear()

    def facts(self, website_id: str) -> Facts:
        """Returns all facts about a website, in the order in which they were written.

        The tuple is the same object until another fact about the website is written.
        """
        website = self._websites.get(website_id)
        return () if website is None else website.facts()

    def about(self, website_id: str, *subjects: str) -> list[Fact]:
        """Returns the facts about some subjects of a website, in order, without reading the whole log."""
        website = self._websites.get(website_id)
        return [] if website is None else website.about(subjects)

    def _admit(self, website_id: str, fact: Fact, weight: int) -> None:
        """Raises ApiError 500 if the log has no room for a fact."""
        website = self._websites.get(website_id)
        if len(self._entries) >= MOST_FACTS:
            limit = f"an account may have {MOST_FACTS:,} facts"
        elif website is not None and isinstance(fact, Removal) and website.removals >= MOST_REMOVALS:
            limit = f"a website may have {MOST_REMOVALS:,} deletions"
        elif self._weight + weight > MOST_BYTES:
            limit = f"the facts of an account may take {MOST_BYTES >> 20} MiB"
        elif not self._space.has_room(self._weight, self._weight + weight):
            limit = "the facts of all accounts together have used up their memory"
        else:
            return
        raise ApiError(LOG_FULL, limit=limit)

    def _add(self, entry: Entry, weight: int) -> None:
        self.version = entry.sequence
        self._weight += weight
        self._entries.append(entry)
        self._websites.setdefault(entry.website_id, _Website()).add(entry.fact)


class _Website:
    """The facts about one website."""

    __slots__ = ("_facts", "_indices", "_tuple", "removals")

    def __init__(self) -> None:
        self._facts: list[Fact] = []
        # The indices of the facts in `_facts`, by subject.
        self._indices: dict[str, list[int]] = {}
        self._tuple: Facts | None = None
        self.removals = 0

    def add(self, fact: Fact) -> None:
        if fact.subject:
            self._indices.setdefault(fact.subject, []).append(len(self._facts))
        self._facts.append(fact)
        self._tuple = None
        self.removals += isinstance(fact, Removal)

    def facts(self) -> Facts:
        # A tuple is made on demand only: one for each fact would copy half a million facts in a thousand
        # writes.
        if self._tuple is None:
            self._tuple = tuple(self._facts)
        return self._tuple

    def about(self, subjects: Iterable[str]) -> list[Fact]:
        indices = sorted(chain.from_iterable(self._indices.get(subject, ()) for subject in subjects))
        return [self._facts[index] for index in indices]


def _weight(content: bytes) -> int:
    """Returns the approximate memory of an entry, in bytes; `content` is its fact as JSON."""
    return _OVERHEAD + len(content) + _VALUE_OVERHEAD * sum(map(content.count, (b",", b"[", b"{")))
