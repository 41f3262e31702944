"""The messages and exit codes with which a command of the kit fails."""

import errno
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import click

from contract_tests.interrupts import interrupted_by_signals, was_interrupted
from contract_tests.masking import Mask
from contract_tests.tokens import without_tokens

BUG, INTERRUPTED = 70, 130
# These codes say that the reader has left, a disk is full, a terminal is closed, or a stream is read-only.
_UNWRITABLE = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF)


@contextmanager
def guarded(command: str, tokens: Iterable[str | None] = (), extra: str = "verify") -> Iterator[None]:
    """Reports errors of the block: missing packages, wrong usage, an interrupt (exit code 130), a bug (70).

    SIGTERM and SIGHUP interrupt the block, too, so that it removes what it wrote and ends the processes that
    it started. The tokens are masked in all messages. `extra` names the packages that the command needs.
    """
    try:
        with interrupted_by_signals():
            yield
    except ImportError as error:
        told = f"`{command}` needs more packages: pip install 'datafast-mock[{extra}]' ({error})"
        raise click.UsageError(told) from None
    except KeyboardInterrupt:
        _report_interrupt()
    except OSError as error:
        if not is_unwritable(error):
            _report_bug(tokens)
        raise
    except click.ClickException as error:
        error.message = _discreet(error.message, tokens)  # type: ignore[misc]  # it stays the same error
        raise
    except Exception:  # noqa: BLE001 - any other error is a bug in the kit, and no verdict on the server
        if was_interrupted():
            # Python 3.11 raises a RuntimeError in place of an interrupt that comes while it makes a class.
            _report_interrupt()
        _report_bug(tokens)


def is_unwritable(error: OSError) -> bool:
    """Returns whether an error says that an output stream cannot be written, such as on a full disk.

    An error that names a file is not about a stream.
    """
    return error.errno in _UNWRITABLE and error.filename is None


def _report_interrupt() -> NoReturn:
    click.echo("\nInterrupted.", err=True)
    sys.exit(INTERRUPTED)


def _report_bug(tokens: Iterable[str | None]) -> NoReturn:
    with suppress(OSError):
        click.echo(_discreet(traceback.format_exc(), tokens), err=True, nl=False)
        click.echo("This is a bug in the kit; it says nothing about the server. Please report it.", err=True)
    sys.exit(BUG)


def _discreet(text: str, tokens: Iterable[str | None]) -> str:
    return without_tokens(Mask(filter(None, tokens)).text(text))
