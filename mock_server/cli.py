"""The command `datafast-mock`."""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from contract_tests.commands import COMMANDS
from contract_tests.commands.guard import is_unwritable
from contract_tests.durations import milliseconds_of
from contract_tests.quoting import quoted
from mock_server import __version__
from mock_server.arguments import FILE, INSTANT, Read, seed_option, sites_option
from mock_server.errors import InputError
from mock_server.instants import DOCUMENTED, SECOND
from mock_server.options import DEFAULT_HOST, DEFAULT_PORT, DEFAULT_SITE
from mock_server.serve import serve
from mock_server.streams import complain, drop_output, open_closed_streams, settle
from mock_server.usage import Configured, usage_problem

_IO_ERROR = 74  # EX_IOERR of sysexits.h
_PREFIX = "DATAFAST_MOCK_"
_MAY_BE_A_URL = (f"{_PREFIX}CONTROL_ORIGIN", f"{_PREFIX}CONTROL_TOKEN", f"{_PREFIX}VERIFY_TARGET")


def _seconds_of(text: str) -> float:
    """Reads the seconds to wait for an answer. Raises ValueError unless they are above 0 and at most 600."""
    try:
        seconds = milliseconds_of(text, bare=SECOND) / SECOND
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 600:
        raise ValueError(f"{quoted(text)} is not a number of seconds above 0 and at most 600")
    return seconds


class _Commands(click.Group):
    """A group of commands that reports invalid input and broken streams in one line and an exit code."""

    def main(self, *arguments: Any, **extra: Any) -> Any:
        open_closed_streams()
        _forget_injected_variables()
        try:
            return super().main(*arguments, **extra)
        except OSError as error:
            if not is_unwritable(error):
                raise
            drop_output()
            complain(f"standard output cannot be written ({error.strerror})")
            sys.exit(_IO_ERROR)
        finally:
            settle()

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            complain(usage_problem(error))
            sys.exit(2)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            found = super().invoke(ctx)
            sys.stdout.flush()
            return found
        except InputError as error:
            problem = str(error)
        except click.UsageError as error:
            problem = usage_problem(error)
        complain(problem)
        return ctx.exit(2)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="datafast-mock")
def main() -> None:
    """A local mock server and contract-test kit for DataFast's API."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A character that the terminal's encoding lacks is replaced by a question mark.
        sys.stdout.reconfigure(errors="replace")


@main.command(cls=Configured, context_settings={"auto_envvar_prefix": "DATAFAST_MOCK"})
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="Address that the mock listens on.")
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(1, 65_535),
    help="Port that the mock listens on.",
)
@click.option(
    "--timeout",
    default="2",
    show_default=True,
    type=Read("SECONDS", _seconds_of),
    help="Seconds to wait for its answer.",
)
def health(*, host: str, port: int, timeout: float) -> None:
    """Ask a mock whether it is up: exit code 0 if it is, 1 if not.

    Made for the health check of a container. Host and port are read from the same environment variables as
    for `serve`.
    """
    from mock_server.health import ask

    complaint = ask(host, port, timeout)
    click.echo(complaint or "up", err=bool(complaint))
    sys.exit(1 if complaint else 0)


@main.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="Format to print.",
)
@click.option("--revision", help="Print one revision only; by default the document has all.")
def spec(form: str, revision: str | None) -> None:
    """Print the OpenAPI document."""
    from mock_server.contract.document import document_json, document_text

    text = document_json(revision) if form == "json" else document_text(revision)
    # A document is UTF-8, whatever the terminal's encoding is.
    click.echo(text.encode(), nl=False)


@main.command(short_help="Write the mock's answers as files, for tests without a server.")
@click.option(
    "--out",
    "folder",
    required=True,
    type=FILE,
    help="Folder to write to: new, empty, or written by an earlier run.",
)
@click.option(
    "--site", "sites", multiple=True, help="Write this website only, whatever its size. Repeatable."
)
@click.option("--revision", "revisions", multiple=True, help="Write this revision only. Repeatable.")
@click.option("--now", type=INSTANT, default=DOCUMENTED, show_default=True, help="Instant of the answers.")
@seed_option
def fixtures(*, folder: Path, **choice: Any) -> None:
    """Write answers and errors as plain JSON, with an index, for tests without a server."""
    from mock_server.golden.making import Choice, write_fixtures

    count = write_fixtures(folder, Choice(**choice))
    click.echo(f"{count} files in {folder}; {folder / 'index.json'} says what each of them is good for")


@main.command(
    cls=Configured,
    short_help="Print the reports on a website.",
    context_settings={"auto_envvar_prefix": "DATAFAST_MOCK"},
)
@click.option("--site", default=DEFAULT_SITE, show_default=True, help="Website to report on.")
@click.option(
    "--from",
    "begin",
    metavar="DATE",
    allow_from_autoenv=False,
    help="First day, or instant with a zone.  [default: the whole past]",
)
@click.option(
    "--to",
    "end",
    metavar="DATE",
    allow_from_autoenv=False,
    help="Last day, or instant with a zone; needed with --from.",
)
@click.option(
    "--timezone",
    metavar="ZONE",
    allow_from_autoenv=False,
    help="Time zone of the days.  [default: that of the website]",
)
@click.option("--now", type=INSTANT, help="Instant of the report.  [default: the present]")
@seed_option
@sites_option
def report(
    *, site: str, now: int | None, seed: int, site_folders: tuple[Path, ...], **question: str | None
) -> None:
    """Print the reports on a website: overview, visitors over time, and the first rows of each breakdown.

    The mock answers the same figures at `/analytics/…`. Website, instant, seed and folders are read from the
    same environment variables as for `serve`.
    """
    from mock_server.report import Question
    from mock_server.report import report as lines_of
    from mock_server.state.clock import wall_time
    from mock_server.world.site_files import SITES, load_sites

    sites = load_sites((SITES, *site_folders))
    if site not in sites:
        raise InputError("--site", f"there is no {quoted(site)}; known: {', '.join(sites)}")
    if (question["begin"] is None) != (question["end"] is None):
        raise InputError("--from, --to", "give both or neither")
    instant = wall_time() if now is None else now
    for line in lines_of(sites[site], seed, instant, Question(**question)):
        click.echo(line)


for command in (serve, *COMMANDS):
    main.add_command(command)


def _forget_injected_variables() -> None:
    """Removes variables that Kubernetes sets, such as `DATAFAST_MOCK_PORT=tcp://10.43.0.7:8484`."""
    for name, value in list(os.environ.items()):
        if name.startswith(_PREFIX) and name not in _MAY_BE_A_URL and "://" in value:
            del os.environ[name]
