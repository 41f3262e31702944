"""How a run of the benchmarks is measured: the load generator, and how long each part takes."""

import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TypeVar

from benchmarks.load import Generator, Sample, Target

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Plan:
    """`rounds` of so many `seconds` for each server, after `warm` seconds that do not count.

    The simulated hour may take `hour` real seconds.
    """

    generator: Generator
    rounds: int = 5
    seconds: float = 3.0
    hour: float = 100.0
    warm: float = 1.0

    def interleaved(self, targets: Mapping[str, Target]) -> dict[str, list[Sample]]:
        """All rounds of each target, in turns; what comes before the first round does not count."""
        for target in targets.values():
            self.generator.measure(target, self.warm)
        samples: dict[str, list[Sample]] = {name: [] for name in targets}
        for _ in range(self.rounds):
            for name, target in targets.items():
                samples[name].append(self.generator.measure(target, self.seconds))
        return samples


def apart(question: Callable[[], Found]) -> Found:
    """The answer to a question that is asked in a new process, which nothing else has filled or warmed."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(question).result()


def say(sentence: str) -> None:
    """Tells how far it is, beside the table."""
    print(sentence, file=sys.stderr, flush=True)
