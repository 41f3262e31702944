"""Runs the tests at instants drawn by a seed, since no test may depend on the time.

Usage: `python scripts/shift_instants.py --seed 7 -- -n 4 -x`; `make fuzz SEED=7` runs it.
With `--at-once 4` four instants are tested side by side, so that the tests run on a busy machine.
"""

import argparse
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

COUNT = 20
# The years of random instants: the shipped websites have a full past by then.
YEARS = (2026, 2036)
# Instants near the edges of clocks, calendars and rhythms. Each run uses some, moved by a few seconds.
EDGES = (
    "2032-02-29T12:00:00Z",  # a leap day
    "2028-02-29T23:59:59Z",
    "2029-12-31T23:59:59Z",  # the end of a year, and its beginning where clocks are ahead
    "2026-12-31T10:59:59Z",
    "2026-03-29T01:00:00Z",  # clocks go forward in Europe, back again, and both in New York
    "2026-10-25T01:00:00Z",
    "2027-03-14T07:00:00Z",
    "2027-11-07T06:00:00Z",
    "2026-08-02T03:40:00Z",  # the night before a Sunday's day, and before a Monday's
    "2026-08-03T03:40:00Z",
    "2026-07-04T19:00:00Z",  # a Saturday
    "2033-05-18T03:33:20Z",  # 2,000,000,000 seconds
)


def instants(seed: int, count: int) -> list[str]:
    """Returns instants as ISO 8601 texts, in whole seconds; up to half of them are near one of EDGES."""
    chance = random.Random(seed)
    edges = chance.sample(EDGES, len(EDGES))
    first = datetime(YEARS[0], 1, 1, tzinfo=UTC)
    span = int((datetime(YEARS[1], 1, 1, tzinfo=UTC) - first).total_seconds())
    drawn = []
    for n in range(count):
        if n % 2 or n // 2 >= len(edges):
            moment = first + timedelta(seconds=chance.randrange(span))
        else:
            moment = datetime.fromisoformat(edges[n // 2]) + timedelta(seconds=chance.randint(-2, 2))
        drawn.append(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return drawn


def main() -> int:
    """Runs the tests at each instant, and prints the result and how to repeat it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--count", type=number, default=COUNT)
    parser.add_argument("--at-once", type=number, default=1, help="how many instants are tested side by side")
    parser.add_argument("options", nargs="*", help="pytest's own")
    given = parser.parse_args()
    chosen = instants(given.seed, given.count)
    print(f"{given.count} instants of seed {given.seed}", flush=True)
    with ThreadPoolExecutor(given.at_once) as pool:
        is_shown = given.at_once == 1
        outcomes = list(pool.map(partial(passes, options=given.options, is_shown=is_shown), chosen))
    failed = [instant for instant, has_passed in zip(chosen, outcomes, strict=True) if not has_passed]
    for instant in failed:
        print(f"failed; again with: DATAFAST_TEST_INSTANT={instant} make test")
    print(f"{len(chosen) - len(failed)} of {len(chosen)} instants passed")
    return 1 if failed else 0


def number(text: str) -> int:
    """Returns a whole number from 1 on. Raises ValueError if the text is none, which argparse tells."""
    if (found := int(text)) < 1:
        raise ValueError(text)
    return found


def passes(instant: str, options: list[str], *, is_shown: bool) -> bool:
    """Returns whether the tests pass at an instant.

    pytest's output is shown as it comes, or else at the end: its last line, or all of it if a test fails.
    """
    print(f"at {instant}", flush=True)
    begin = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options],
        env={**os.environ, "DATAFAST_TEST_INSTANT": instant},
        check=False,
        stdout=None if is_shown else subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    has_passed = not result.returncode
    if not is_shown:
        told = result.stdout.rstrip().rpartition("\n")[2] if has_passed else result.stdout
        print(f"at {instant}, {time.monotonic() - begin:.0f} s: {told}", flush=True)
    return has_passed


if __name__ == "__main__":
    sys.exit(main())
