"""The command `datafast-mock serve`."""

import gc
import signal
import sys
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from contract_tests.interrupts import FromSignal, dropped_in_silence
from mock_server.arguments import FILE, INSTANT, Read, seed_option, sites_option
from mock_server.errors import InputError
from mock_server.options import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    DEFAULT_REVISION,
    DEFAULT_SITE,
    Options,
    origin_of,
    server_origin_of,
)
from mock_server.state.limits import rate_limit_of
from mock_server.streams import complain, drop_output
from mock_server.usage import Configured

if TYPE_CHECKING:
    from mock_server.serving.intercept.proxy import Interceptor

# The signals that have asked `serve` to end.
_heard: list[int] = []


class _Exit(FromSignal, SystemExit):
    pass


@click.command(
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
@seed_option
@click.option("--site", default=DEFAULT_SITE, show_default=True, help="Website that the key df_test shows.")
@click.option(
    "--revision",
    default=DEFAULT_REVISION,
    show_default=True,
    help="Revision of the documentation to follow: 2026-02 or 2026-06.",
)
@click.option("--now", type=INSTANT, help="Time of the mock's clock at the start.  [default: the present]")
@click.option("--freeze", is_flag=True, help="Stop the mock's clock.")
@click.option(
    "--speed", type=float, help="Speed of the mock's clock; 60 lets an hour pass in a minute.  [default: 1]"
)
@click.option("--any-key", is_flag=True, help="Accept every well-formed key.")
@click.option(
    "--openapi",
    "documents",
    multiple=True,
    type=FILE,
    envvar="DATAFAST_MOCK_OPENAPI",
    help="OpenAPI document whose operations are answered, too. Repeatable.",
)
@sites_option
@click.option(
    "--rate-limit",
    type=Read("N/TIME", rate_limit_of),
    help="Rate limit of each key that has none of its own, such as 60/min.",
)
@click.option("--journal", type=FILE, help="Append each request to this file as a line of JSON.")
@click.option(
    "--state",
    type=FILE,
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
    type=Read("ORIGIN", origin_of),
    envvar="DATAFAST_MOCK_CONTROL_ORIGIN",
    help="Origin whose pages may use /__mock, such as http://localhost:6006. Repeatable.",
)
@click.option(
    "--verify-target",
    "verify_targets",
    multiple=True,
    type=Read("ORIGIN", server_origin_of),
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
    type=FILE,
    help="File for the certificate of the proxy's authority.  [default: a temporary file]",
)
@dropped_in_silence()
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
    _leave_at_signals()
    # The objects that are loaded now are never freed, so the garbage collector need not check them.
    gc.disable()
    from mock_server.app import hidden_operations, make_app
    from mock_server.loopback import is_loopback_address
    from mock_server.service import load_service
    from mock_server.serving.fast import FastAnswers
    from mock_server.serving.server import Server, address_of, bind, url_of

    options["speed"] = 0 if freeze else 1.0 if speed is None else speed
    service = load_service(Options(is_exposed=not is_loopback_address(address_of(host)), **options))
    sock = bind(host, port)
    app = make_app(service, log=sys.stderr if log else None)
    hidden = hidden_operations(service)
    with ExitStack() as stack:
        stack.callback(service.close)
        proxy = stack.enter_context(_intercepting(host, *interception)) if is_intercepting else None
        gc.freeze()
        gc.enable()

        def announce() -> None:
            from mock_server.banner import banner

            if _heard:
                # Python dropped the exit while the loop was being imported. By now uvicorn hears signals.
                signal.raise_signal(_heard[-1])
                return
            lines = proxy.lines() if proxy else ()
            _announce(banner(service, url_of(sock), hidden, lines), url_of(sock))

        # The log is middleware of the application, which the fast path does not run, so there is no fast path
        # with a log.
        fast_path = None if log else FastAnswers(service)
        _leave_if_heard()
        Server(app, announce, proxy, fast_path, when_cut=service.cache.stop).run(sockets=[sock])


def _leave_at_signals() -> None:
    """Lets the signals that end programs end the process."""
    # uvicorn stops gracefully and then raises the signal again; the process only has to exit.
    _heard.clear()
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    # Windows has no SIGHUP, and `nohup` ignores it.
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _terminate)


def _leave_if_heard() -> None:
    """Exits if a signal came while the mock was being loaded, and Python dropped the exit."""
    for number in _heard:
        _leave(number, None)


def _intercepting(host: str, port: int | None, ca_file: Path | None) -> "AbstractContextManager[Interceptor]":
    """Returns the intercepting proxy. Raises InputError if its packages are not installed."""
    try:
        from mock_server.serving.intercept.proxy import intercepting
    except ModuleNotFoundError as error:
        raise InputError("--intercept", f"{error}: pip install 'datafast-mock[intercept]'") from None
    return intercepting(host, port, ca_file)


def _announce(banner: str, url: str) -> None:
    """Prints what the mock is and where it listens."""
    try:
        click.echo(banner)
    except OSError as error:
        # The mock can answer requests even if nobody reads its output.
        drop_output()
        complain(f"standard output cannot be written ({error.strerror}); listening on {url}")


def _terminate(_number: int, _frame: FrameType | None) -> None:
    """Does what SIGTERM does, so that nothing stays behind if the terminal is closed."""
    signal.raise_signal(signal.SIGTERM)


def _leave(number: int, _frame: FrameType | None) -> None:
    _heard.append(number)
    raise _Exit(0 if number == signal.SIGTERM else 130)
