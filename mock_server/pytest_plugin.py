"""The pytest fixture `datafast`: a fresh key on a mock that runs for the whole session.

Slow imports are inside the fixtures, so that test sessions that do not use them start fast.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mock_server.remote import Datafast


@pytest.fixture(scope="session")
def datafast_settings() -> dict[str, Any]:
    """The arguments of `mock_server.testing.running` for the session's mock.

    Override this fixture to change them.
    """
    return {}


@pytest.fixture(scope="session")
def datafast_server(datafast_settings: dict[str, Any]) -> Iterator[str]:
    """The address of the session's mock, `http://127.0.0.1:…`; each xdist worker has its own."""
    from mock_server.testing import running  # noqa: PLC0415 - see above

    with running(**datafast_settings) as mock:
        yield mock.server


@pytest.fixture
def datafast(datafast_server: str, request: pytest.FixtureRequest) -> "Iterator[Datafast]":
    """A key for this test alone; see `mock_server.remote.Datafast`."""
    from mock_server.remote import ControlError, Datafast  # noqa: PLC0415 - see above

    mock = Datafast(datafast_server, label=request.node.nodeid[:200])
    yield mock
    try:
        mock.forget()
    except ControlError as error:
        # The test may have deleted the key itself.
        if error.status != 404:
            raise
