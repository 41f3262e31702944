"""Lets commands hear signals that the tests ignore, as below `nohup` or in the background of a shell."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def heard(*numbers: signal.Signals) -> Iterator[None]:
    """Lets the commands that are started in the block hear these signals."""
    ignored = [number for number in numbers if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        # A command inherits that a signal is ignored, but no handler.
        signal.signal(number, lambda _number, _frame: None)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
