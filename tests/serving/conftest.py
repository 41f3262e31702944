"""The fixtures of the way of requests: servers with the fast path and without."""

from collections.abc import Iterator

import pytest

from mock_server.app import make_app
from mock_server.serving.server import Server
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
