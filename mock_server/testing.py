"""A mock that runs during a `with` block, in this process, on a free port."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from mock_server.app import make_app
from mock_server.errors import InputError
from mock_server.instants import instant_of
from mock_server.options import DEFAULT_REVISION, DEFAULT_SEED, DEFAULT_SITE, Options
from mock_server.service import Service, load_service
from mock_server.serving.fast import FastAnswers
from mock_server.serving.server import Server, bind, url_of
from mock_server.state.credentials import site_token

_START_SECONDS = 30


class RunningMock(NamedTuple):
    """A running mock: `url` is the API's base (`http://127.0.0.1:…/api/v1`), and `key` a token for it.

    `server` is the mock's address without a path.
    """

    url: str
    key: str
    server: str


@contextmanager
def running(
    *,
    site: str = DEFAULT_SITE,
    seed: int = DEFAULT_SEED,
    revision: str = DEFAULT_REVISION,
    now: str | None = None,
    speed: float = 1.0,
    any_key: bool = False,
) -> Iterator[RunningMock]:
    """Serves a website until the block ends.

    `now` is an ISO 8601 instant, or None for the present. A `speed` of 0 freezes the clock. With `any_key`
    all well-formed keys are accepted. Raises InputError for invalid arguments::

        with running(site="shop", now="2026-02-06T05:27:20Z", speed=0) as mock:
            client = MyClient(base_url=mock.url, token=mock.key)
    """
    try:
        instant = None if now is None else instant_of(now)
    except ValueError as error:
        raise InputError("now", str(error)) from None
    service = load_service(
        Options(site=site, seed=seed, revision=revision, now=instant, speed=speed, any_key=any_key)
    )
    with serving(service) as address:
        yield RunningMock(address + service.base, site_token(site), address)


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
