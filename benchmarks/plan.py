"""The plan of a run of the benchmarks: the load generator and the durations."""

import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

from benchmarks.load import Generator, Sample, Target

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a run: `rounds` of `seconds` for each server, after `warm` seconds without measurement.

    The simulated hour takes `hour` real seconds.
    """

    generator: Generator
    rounds: int = 5
    seconds: float = 3.0
    hour: float = 100.0
    warm: float = 1.0

    def interleaved(self, targets: Mapping[str, Target]) -> dict[str, list[Sample]]:
        """Measures all targets in turns, after a warm-up, and returns the rounds of each."""
        return self.in_turns(
            {name: partial(self.generator.measure, target) for name, target in targets.items()}
        )

    def in_turns(self, measures: Mapping[str, Callable[[float], Found]]) -> dict[str, list[Found]]:
        """Calls functions in turns, after a warm-up, and returns the results of each.

        Each function gets the length of a round, in seconds.
        """
        for measure in measures.values():
            measure(self.warm)
        found: dict[str, list[Found]] = {name: [] for name in measures}
        for _ in range(self.rounds):
            for name, measure in measures.items():
                found[name].append(measure(self.seconds))
        return found


def apart(question: Callable[[], Found]) -> Found:
    """Measures in a new process, whose memory and caches are fresh, and returns the result."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(question).result()


def say(sentence: str) -> None:
    """Prints a sentence about the progress to standard error."""
    print(sentence, file=sys.stderr, flush=True)
