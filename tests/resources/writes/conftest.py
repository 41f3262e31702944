"""A frozen mock to which the tests write, and visitors of its websites."""

from collections.abc import Iterator

import httpx2
import pytest

from mock_server.options import Options
from mock_server.service import Service, load_service
from mock_server.testing import serving
from tests.controls import Controls
from tests.credentials import bearer
from tests.resources.writes.requests import NOW


@pytest.fixture(scope="module")
def service() -> Service:
    """A separate, frozen mock, to which the tests write."""
    return load_service(Options(now=NOW, speed=0))


@pytest.fixture(scope="module")
def address(service: Service) -> Iterator[str]:
    with serving(service) as address:
        yield address


@pytest.fixture(scope="module")
def casts(address: str) -> dict[str, dict[str, str]]:
    """The ids of visitors who are always online, by website and role."""
    with Controls(address) as controls:
        return {site["name"]: site["cast"] for site in controls.get("/sites")["sites"]}


@pytest.fixture(scope="module")
def cast(casts: dict[str, dict[str, str]]) -> dict[str, str]:
    """The ids of visitors of `demo` who are always online, by role."""
    return casts["demo"]


@pytest.fixture(scope="module")
def visitor(cast: dict[str, str]) -> str:
    """The id of a visitor who is neither a customer nor identified."""
    return cast["anonymous"]


@pytest.fixture(scope="module")
def stranger(casts: dict[str, dict[str, str]]) -> str:
    """The id of a visitor of another website."""
    return next(iter(casts["shop"].values()))


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx2.Client]:
    """A client with the key of `demo`."""
    with httpx2.Client(base_url=f"{address}/api/v1", headers=bearer("df_demo")) as client:
        yield client


@pytest.fixture
def web(service: Service, client: httpx2.Client) -> httpx2.Client:
    """The client, with the facts of earlier tests removed."""
    service.reset()
    return client
