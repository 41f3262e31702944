"""A process that writes to a state file until it is killed, and prints the state after each change."""

import sys
from pathlib import Path
from typing import NamedTuple

from mock_server.state.log import Log
from mock_server.state.state_file import StateFile
from tests.state.facts import DEMO, goal

_MOST = 40


class State(NamedTuple):
    """The version of a log, and the sequence numbers that it has."""

    version: int
    sequences: list[int]

    @property
    def is_full(self) -> bool:
        """Whether the next change clears the log."""
        return len(self.sequences) == _MOST

    def following(self) -> "State":
        """Returns the state after the next change."""
        version = self.version + 1
        return State(version, [] if self.is_full else [*self.sequences, version])


def state_of(log: Log) -> State:
    """Returns the state of a log."""
    return State(log.version, [entry.sequence for entry in log])


def _write(log: Log) -> None:
    """Makes the next change."""
    state = state_of(log)
    if state.is_full:
        log.clear()
    else:
        log.append(DEMO, goal(state.version + 1))


if __name__ == "__main__":
    written = Log("demo", StateFile(Path(sys.argv[1])))
    while True:
        _write(written)
        version, sequences = state_of(written)
        print(version, *sequences, flush=True)
