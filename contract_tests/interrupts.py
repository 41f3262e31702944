"""Signals that interrupt a command of the kit, even where Python drops the exception of their handler."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_heard: list[int] = []


class FromSignal(BaseException):
    """An exception that one of our own handlers of signals raises.

    Python runs a handler between any two instructions, even in a finalizer or in a callback of a weak
    reference, such as each import has. There it drops the exception.
    """


class _Interrupt(FromSignal, KeyboardInterrupt):
    pass


@contextmanager
def dropped_in_silence() -> Iterator[list[type[BaseException]]]:
    """Lets Python drop a FromSignal in the block without printing it; all else is printed as usual.

    Yields a list, which gets the class of each exception that is dropped so: whoever drops an exception in
    silence has to do later what it asked for.
    """
    usual, found = sys.unraisablehook, list[type[BaseException]]()

    def tell(dropped: "sys.UnraisableHookArgs") -> None:
        if issubclass(dropped.exc_type, FromSignal):
            found.append(dropped.exc_type)
        else:
            usual(dropped)

    sys.unraisablehook = tell
    try:
        yield found
    finally:
        if sys.unraisablehook is tell:
            sys.unraisablehook = usual


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Lets SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt in the block.

    Signals that are ignored, or have a handler of their own, stay as they are. Python may drop the exception
    (see FromSignal), so code that takes long calls `pass_on_interrupt` from time to time. Otherwise the end
    of the block raises it.
    """
    numbers = [signal.SIGINT, signal.SIGTERM]
    # Windows has no SIGHUP.
    if sys.platform != "win32":
        numbers.append(signal.SIGHUP)
    # Python lets only the main thread set a handler.
    is_main = threading.current_thread() is threading.main_thread()
    usual = {number: signal.getsignal(number) for number in numbers if is_main}
    unhandled = {n: how for n, how in usual.items() if how in (signal.SIG_DFL, signal.default_int_handler)}
    _heard.clear()
    for number in unhandled:
        signal.signal(number, _interrupt)
    try:
        with dropped_in_silence() as dropped:
            yield
            if dropped:
                raise KeyboardInterrupt
    finally:
        for number, how in unhandled.items():
            signal.signal(number, how)


def pass_on_interrupt() -> None:
    """Raises KeyboardInterrupt if a signal came in the block of `interrupted_by_signals`.

    Not to be called in a clean-up, which may follow an interrupt.
    """
    if was_interrupted():
        raise KeyboardInterrupt


def was_interrupted() -> bool:
    """Returns whether a signal came in the latest block of `interrupted_by_signals`."""
    return bool(_heard)


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    _heard.append(number)
    raise _Interrupt
