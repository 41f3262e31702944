"""The command `datafast-mock`."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import click

from contract_tests.commands import COMMANDS
from contract_tests.commands.guard import is_unwritable
from contract_tests.durations import milliseconds_of
from contract_tests.quoting import quoted
from mock_server import __version__
from mock_server.errors import InputError
from mock_server.instants import DOCUMENTED, SECOND, instant_of
from mock_server.options import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    DEFAULT_REVISION,
    DEFAULT_SEED,
    DEFAULT_SITE,
    Options,
    origin_of,
)
from mock_server.state.limits import rate_limit_of
from mock_server.streams import complain, drop_output, open_closed_streams, settle
from mock_server.usage import Configured, usage_problem

_T = TypeVar("_T")

# The signals that have asked `serve` to end.
_heard: list[int] = []

_FILE = click.Path(path_type=Path)
_IO_ERROR = 74  # EX_IOERR of sysexits.h
_PREFIX = "DATAFAST_MOCK_"
_MAY_BE_A_URL = (f"{_PREFIX}CONTROL_ORIGIN", f"{_PREFIX}CONTROL_TOKEN", f"{_PREFIX}VERIFY_TARGET")


class _Read(click.ParamType[_T]):
    """An option type that converts text by a function, and reports its ValueError as a usage error."""

    def __init__(self, name: str, read: Callable[[str], _T]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> _T:
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _seconds_of(text: str) -> float:
    """Reads the seconds to wait for an answer. Raises ValueError unless they are above 0 and at most 600."""
    try:
        seconds = milliseconds_of(text, bare=SECOND) / SECOND
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 600:
        raise ValueError(f"{quoted(text)} is not a number of seconds above 0 and at most 600")
    return seconds


_INSTANT = _Read("ISO", instant_of)

_seed = click.option(
    "--seed",
    default=DEFAULT_SEED,
    show_default=True,
    help="Seed of the random numbers; another seed gives other visitors.",
)
_sites = click.option(
    "--sites",
    "site_folders",
    multiple=True,
    type=_FILE,
    envvar="DATAFAST_MOCK_SITES",
    help="Folder with further site files. Repeatable.",
)


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


@main.command(
    cls=Configured,
    context_settings={"auto_envvar_prefix": "DATAFAST_MOCK"},
    epilog="Each option can also be set by an environment variable, such as DATAFAST_MOCK_PORT=8500.",
)
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="Port to listen on; 0 takes a free one.",
)
@_seed
@click.option("--site", default=DEFAULT_SITE, show_default=True, help="Website that the key df_test shows.")
@click.option(
    "--revision",
    default=DEFAULT_REVISION,
    show_default=True,
    help="Revision of the documentation to follow: 2026-02 or 2026-06.",
)
@click.option("--now", type=_INSTANT, help="Time of the mock's clock at the start.  [default: the present]")
@click.option("--freeze", is_flag=True, help="Stop the mock's clock.")
@click.option(
    "--speed", type=float, help="Speed of the mock's clock; 60 lets an hour pass in a minute.  [default: 1]"
)
@click.option("--any-key", is_flag=True, help="Accept every well-formed key.")
@click.option(
    "--openapi",
    "documents",
    multiple=True,
    type=_FILE,
    envvar="DATAFAST_MOCK_OPENAPI",
    help="OpenAPI document whose operations are answered, too. Repeatable.",
)
@_sites
@click.option(
    "--rate-limit",
    type=_Read("N/TIME", rate_limit_of),
    help="Rate limit of each key that has none of its own, such as 60/min.",
)
@click.option("--journal", type=_FILE, help="Append each request to this file as a line of JSON.")
@click.option(
    "--state",
    type=_FILE,
    help="Keep what is written through the API in this file (SQLite), for the next start.",
)
@click.option(
    "--control-token",
    help="Bearer token for /__mock. Without it the controls are off if other machines can reach the mock.",
)
@click.option(
    "--control-origin",
    "control_origins",
    multiple=True,
    type=_Read("ORIGIN", origin_of),
    envvar="DATAFAST_MOCK_CONTROL_ORIGIN",
    help="Origin whose pages may use /__mock, such as http://localhost:6006. Repeatable.",
)
@click.option(
    "--verify-target",
    "verify_targets",
    multiple=True,
    type=_Read("ORIGIN", origin_of),
    envvar="DATAFAST_MOCK_VERIFY_TARGET",
    help="Origin of a server on another machine that the page /verify may judge. Repeatable.",
)
@click.option("--log", type=click.Choice(["requests"]), help="What to log to standard error.")
@click.option("--intercept", is_flag=True, help="Answer for https://datafa.st, too, as a proxy.")
@click.option(
    "--intercept-port", type=click.IntRange(0, 65_535), help="Port of the proxy.  [default: a free one]"
)
@click.option(
    "--intercept-ca",
    type=_FILE,
    help="File for the certificate of the proxy's authority.  [default: a temporary file]",
)
def serve(
    *, host: str, port: int, freeze: bool, speed: float | None, log: str | None, **options: Any
) -> None:
    """Serve DataFast's API, with a simulated website behind it."""
    if freeze and speed:
        raise InputError(
            "--speed", f"--freeze stops the clock, a speed of {speed:g} does not: leave one of them out"
        )
    is_intercepting, *interception = (options.pop(f"intercept{part}") for part in ("", "_port", "_ca"))
    if not is_intercepting and interception != [None, None]:
        raise InputError("--intercept-port, --intercept-ca", "they need --intercept")
    # uvicorn stops gracefully and then raises the signal again; the process only has to exit.
    _heard.clear()
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    # Windows has no SIGHUP, and `nohup` ignores it.
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _terminate)
    # The objects that are loaded now are never freed, so the garbage collector need not check them.
    gc.disable()
    from mock_server.app import hidden_operations, make_app
    from mock_server.loopback import is_loopback_address
    from mock_server.service import load_service
    from mock_server.serving.fast import FastAnswers
    from mock_server.serving.server import Server, address_of, bind, url_of

    service = load_service(
        Options(
            speed=0 if freeze else 1.0 if speed is None else speed,
            is_exposed=not is_loopback_address(address_of(host)),
            **options,
        )
    )
    sock = bind(host, port)
    app = make_app(service, log=sys.stderr if log else None)
    hidden = hidden_operations(service)
    with ExitStack() as stack:
        stack.callback(service.close)
        proxy = None
        if is_intercepting:
            with _needing("intercept"):
                from mock_server.serving.intercept.proxy import intercepting
            proxy = stack.enter_context(intercepting(host, *interception))
        gc.freeze()
        gc.enable()

        def announce() -> None:
            from mock_server.banner import banner

            try:
                click.echo(banner(service, url_of(sock), hidden, proxy.lines() if proxy else ()))
            except OSError as error:
                # The mock can answer requests even if nobody reads its output.
                drop_output()
                complain(f"standard output cannot be written ({error.strerror}); listening on {url_of(sock)}")

        # The log is middleware of the application, which the fast path does not run, so there is no fast path
        # with a log.
        fast_path = None if log else FastAnswers(service)
        # Python drops the exception of a handler that runs in a callback, such as each import has.
        for number in _heard:
            _leave(number, None)
        Server(app, announce, proxy, fast_path, when_cut=service.cache.stop).run(sockets=[sock])


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
    type=_Read("SECONDS", _seconds_of),
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
    type=_FILE,
    help="Folder to write to: new, empty, or written by an earlier run.",
)
@click.option(
    "--site", "sites", multiple=True, help="Write this website only, whatever its size. Repeatable."
)
@click.option("--revision", "revisions", multiple=True, help="Write this revision only. Repeatable.")
@click.option("--now", type=_INSTANT, default=DOCUMENTED, show_default=True, help="Instant of the answers.")
@_seed
def fixtures(*, folder: Path, **choice: Any) -> None:
    """Write answers and errors as plain JSON, with an index, for tests without a server."""
    from mock_server.golden.making import Choice, write_fixtures

    count = write_fixtures(folder, Choice(**choice))
    click.echo(f"{count} files in {folder}; {folder / 'index.json'} says what each of them is good for")


@main.command(short_help="Print the reports on a website.")
@click.option("--site", default=DEFAULT_SITE, show_default=True, help="Website to report on.")
@click.option(
    "--from", "begin", metavar="DATE", help="First day, or instant with a zone.  [default: the whole past]"
)
@click.option("--to", "end", metavar="DATE", help="Last day, or instant with a zone; needed with --from.")
@click.option("--timezone", metavar="ZONE", help="Time zone of the days.  [default: that of the website]")
@click.option("--now", type=_INSTANT, help="Instant of the report.  [default: the present]")
@_seed
@_sites
def report(
    *, site: str, now: int | None, seed: int, site_folders: tuple[Path, ...], **question: str | None
) -> None:
    """Print the reports on a website: overview, visitors over time, and the first rows of each breakdown.

    The mock answers the same figures at `/analytics/…`.
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


for command in COMMANDS:
    main.add_command(command)


@contextmanager
def _needing(extra: str) -> Iterator[None]:
    """Turns a missing import in the block into an InputError that says what to install."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise InputError(f"--{extra}", f"{error}: pip install 'datafast-mock[{extra}]'") from None


def _forget_injected_variables() -> None:
    """Removes variables that Kubernetes sets, such as `DATAFAST_MOCK_PORT=tcp://10.43.0.7:8484`."""
    for name, value in list(os.environ.items()):
        if name.startswith(_PREFIX) and name not in _MAY_BE_A_URL and "://" in value:
            del os.environ[name]


def _terminate(_number: int, _frame: FrameType | None) -> None:
    """Does what SIGTERM does, so that nothing stays behind if the terminal is closed."""
    signal.raise_signal(signal.SIGTERM)


def _leave(number: int, _frame: FrameType | None) -> None:
    _heard.append(number)
    sys.exit(0 if number == signal.SIGTERM else 130)
