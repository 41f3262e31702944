"""How a command of the kit ends when it cannot do its work."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import click

BUG, INTERRUPTED = 70, 130
_EXTRA = "datafast-mock[verify]"


@contextmanager
def guarded(command: str) -> Iterator[None]:
    """Tells what packages are missing; ends with 130 where it is interrupted, with 70 where the kit fails."""
    try:
        yield
    except ImportError as error:
        raise click.UsageError(f"`{command}` needs more packages: pip install '{_EXTRA}' ({error})") from None
    except KeyboardInterrupt:
        click.echo("\nInterrupted.", err=True)
        sys.exit(INTERRUPTED)
    except (click.ClickException, BrokenPipeError):
        raise
    except Exception:  # noqa: BLE001 - whatever it is, it is ours, and no verdict on the server
        traceback.print_exc()
        click.echo("This is a bug of the kit, and says nothing of the server. Please report it.", err=True)
        sys.exit(BUG)
