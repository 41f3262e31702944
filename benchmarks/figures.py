"""How the benchmarks take and print their figures."""

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter


def milliseconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    begin = perf_counter()
    work()
    return (perf_counter() - begin) * 1000


def tell(what: str, values: Sequence[float], unit: str, wanted: float) -> None:
    """Prints median and best beside what is wanted: `at a tick   0.5 ms (best 0.4)   wanted < 1   0.50×`."""
    middle = median(values)
    print(
        f"  {what:<34} {middle:8.2f} {unit} (best {min(values):.2f} of {len(values)})"
        f"   wanted < {wanted:g}   {middle / wanted:.2f}×"
    )
