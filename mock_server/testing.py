"""A mock that runs during a `with` block, in this process, on a free port."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from os import PathLike
from pathlib import Path
from types import UnionType
from typing import NamedTuple, TypeVar

from contract_tests.quoting import quoted
from mock_server.app import make_app
from mock_server.errors import InputError
from mock_server.instants import instant_of
from mock_server.options import DEFAULT_REVISION, DEFAULT_SEED, DEFAULT_SITE, Options
from mock_server.service import Service, load_service
from mock_server.serving.fast import FastAnswers
from mock_server.serving.server import Server, bind, url_of
from mock_server.state.credentials import site_token
from mock_server.state.limits import rate_limit_of

_Path = str | PathLike[str]
_T = TypeVar("_T")

_START_SECONDS = 30


class RunningMock(NamedTuple):
    """A running mock: `url` is the API's base (`http://127.0.0.1:…/api/v1`), and `key` a token for it.

    `server` is the mock's address without a path.
    """

    url: str
    key: str
    server: str


@contextmanager
def running(  # noqa: PLR0913 - each is an option of the command, too
    *,
    site: str = DEFAULT_SITE,
    seed: int = DEFAULT_SEED,
    revision: str = DEFAULT_REVISION,
    now: str | date | None = None,
    speed: float = 1.0,
    any_key: bool = False,
    rate_limit: str | None = None,
    sites: _Path | Iterable[_Path] = (),
    openapi: _Path | Iterable[_Path] = (),
) -> Iterator[RunningMock]:
    """Serves a website until the block ends.

    `now` is an ISO 8601 instant, a datetime or a date, or None for the present; without a time zone it is
    UTC. A `speed` of 0 freezes the clock. With `any_key` all well-formed keys are accepted. `rate_limit` is a
    text such as `60/min`. `sites` is one or more folders with further site files, and `openapi` one or more
    further OpenAPI documents. Raises InputError for invalid arguments::

        with running(site="shop", now="2026-02-06T05:27:20Z", speed=0) as mock:
            client = MyClient(base_url=mock.url, token=mock.key)
    """
    # A text, as from the environment, would be another seed than its number, and "false" would be true.
    _check("seed", seed, int, "a whole number")
    _check("now", now, str | date | None, "an instant as a text, a datetime or a date")
    _check("speed", speed, int | float, "a number")
    _check("any_key", any_key, bool, "True or False")
    _check("rate_limit", rate_limit, str | None, "a text such as 60/min")
    options = Options(
        site=site,
        seed=seed,
        revision=revision,
        now=None if now is None else _read("now", instant_of, _text_of(now)),
        speed=speed,
        any_key=any_key,
        rate_limit=None if rate_limit is None else _read("rate_limit", rate_limit_of, rate_limit),
        documents=_paths(openapi),
        site_folders=_paths(sites),
    )
    service = load_service(options)
    with serving(service) as address:
        yield RunningMock(address + service.base, site_token(site), address)


def _check(name: str, value: object, kind: type | UnionType, form: str) -> None:
    """Raises InputError for an argument of another kind; True and False are no numbers."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise InputError(name, f"{quoted(value)} is not {form}")


def _text_of(now: str | date) -> str:
    return now.isoformat() if isinstance(now, date) else now


def _read(name: str, read: Callable[[str], _T], text: str) -> _T:
    """Reads an argument. Raises InputError."""
    try:
        return read(text)
    except ValueError as error:
        raise InputError(name, str(error)) from None


def _paths(paths: _Path | Iterable[_Path]) -> tuple[Path, ...]:
    """Returns one path or several as a tuple; the characters of a text are not paths."""
    return (Path(paths),) if isinstance(paths, str | PathLike) else tuple(map(Path, paths))


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """Serves a service on a free port until the block ends, and yields its address without a path."""
    sock = bind("127.0.0.1", 0)
    is_ready = threading.Event()
    server = Server(
        make_app(service), is_ready.set, fast_path=FastAnswers(service), when_cut=service.cache.stop
    )
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [sock]}, name="datafast-mock", daemon=True
    )
    thread.start()
    try:
        if not is_ready.wait(_START_SECONDS):
            raise RuntimeError(f"the mock did not start within {_START_SECONDS} s")
        yield url_of(sock)
    finally:
        server.should_exit = True
        thread.join()
        sock.close()
