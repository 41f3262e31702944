"""The log of what is written through the API to one account: facts about its websites, in order."""

from collections.abc import Iterator
from typing import NamedTuple

from mock_server.world.facts import Fact, Facts


class Entry(NamedTuple):
    """One line of a log; `sequence` counts from 1 on, also after the log was cleared."""

    sequence: int
    website_id: str
    fact: Fact


class Log:
    """A log in memory. It only grows, until it is cleared."""

    def __init__(self) -> None:
        """Nothing is written yet."""
        self._entries: list[Entry] = []
        self._facts: dict[str, tuple[Fact, ...]] = {}
        self.version = 0
        """The number of changes; it never falls, so that an answer of an older version is not used again."""

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def append(self, website_id: str, fact: Fact) -> Entry:
        """Adds a fact about a website."""
        self.version += 1
        entry = Entry(self.version, website_id, fact)
        self._entries.append(entry)
        self._facts[website_id] = (*self._facts.get(website_id, ()), fact)
        return entry

    def after(self, sequence: int) -> list[Entry]:
        """Returns the entries after one with a sequence number."""
        return [entry for entry in self._entries if entry.sequence > sequence]

    def clear(self) -> None:
        """Removes all entries."""
        self.version += 1
        self._entries.clear()
        self._facts.clear()

    def facts(self, website_id: str) -> Facts:
        """Returns all facts about a website, in the order in which they were written; it never changes."""
        return self._facts.get(website_id, ())
