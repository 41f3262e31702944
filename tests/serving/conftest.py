"""The fixtures of tests over HTTP: a client of the whole server, and two servers that answer alike."""

from collections.abc import Iterator

import httpx2
import pytest

from mock_server.app import make_app
from mock_server.serving.server import Server
from mock_server.testing import RunningMock
from tests.serving.addresses import BASE
from tests.serving.pairs import Counting, Pair, served, service


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Two servers of one world, one with the fast path and one without."""
    one, other = service(), service()
    counts = Counting(one)
    with (
        served(Server(make_app(one), lambda: None, fast_path=counts)) as fast,
        served(Server(make_app(other), lambda: None)) as usual,
    ):
        yield Pair(fast, usual, counts)


@pytest.fixture(scope="module")
def root(mock: RunningMock) -> Iterator[httpx2.Client]:
    """A client of the whole server, not only of the API."""
    with httpx2.Client(base_url=mock.url.removesuffix(BASE)) as client:
        yield client
