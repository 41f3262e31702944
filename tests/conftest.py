"""The fixtures of all tests: a running mock, frozen at the tests' instant, and clients of it."""

import gc
from collections.abc import Iterator
from functools import cache

import httpcore2
import httpx2
import pytest
from httpx2._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import HealthCheck, settings

from mock_server.testing import RunningMock, running
from tests.controls import Controls
from tests.instants import INSTANT

# httpx2 reads the system's certificates for each client, which takes 20 ms.
httpcore2.default_ssl_context = cache(httpcore2.default_ssl_context)
# By default, httpx2 waits for 5 s. On a busy machine, a report on all the years of a website may take 30 s.
for what in ("connect", "read", "write", "pool"):
    setattr(DEFAULT_TIMEOUT_CONFIG, what, 240)

# Each run of `make test` draws a few new examples; `make long` draws more, and `make fuzz` many thousands.
settings.register_profile("test", deadline=None, print_blob=True, max_examples=6)
settings.register_profile("long", deadline=None, print_blob=True, max_examples=60)
settings.register_profile(
    "fuzz", deadline=None, print_blob=True, max_examples=10_000, suppress_health_check=list(HealthCheck)
)
settings.load_profile("test")

# Garbage collections were a tenth of the time, since many thousands of tests stay in memory.
gc.set_threshold(20_000)


def pytest_collection_finish() -> None:
    """Leaves the tests themselves out of the garbage collections from now on."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def mock() -> Iterator[RunningMock]:
    """One server for all tests; it is frozen, so that every answer is known."""
    with running(now=INSTANT, speed=0) as mock:
        yield mock


@pytest.fixture(scope="session")
def api(mock: RunningMock) -> Iterator[httpx2.Client]:
    """A client of the mock that sends no credential by default."""
    with httpx2.Client(base_url=mock.url) as client:
        yield client


@pytest.fixture(scope="session")
def anywhere() -> Iterator[httpx2.Client]:
    """A client for any address; it is shared, since making one is slower than a request."""
    with httpx2.Client() as client:
        yield client


@pytest.fixture(scope="session")
def turned() -> Iterator[RunningMock]:
    """A server for tests that mint keys; they must not change the settings of the server."""
    with running(now=INSTANT) as mock:
        yield mock


@pytest.fixture(scope="session")
def controls(turned: RunningMock) -> Iterator[Controls]:
    """The controls of the server for tests that mint keys."""
    with Controls(turned.server) as controls:
        yield controls


@pytest.fixture(scope="session")
def web(turned: RunningMock) -> Iterator[httpx2.Client]:
    """A client of the API of the server for tests that mint keys."""
    with httpx2.Client(base_url=turned.url) as client:
        yield client
