"""The fixtures of events: browsers that send them."""

from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import pytest

from mock_server.testing import RunningMock
from tests.controls import Controls, Json
from tests.resources.ingestion.browser import Browser, Open


@pytest.fixture
def opened(turned: RunningMock, controls: Controls) -> Iterator[Open]:
    """A function that opens browsers, each with a key of its own."""
    with ExitStack() as stack:

        def open_with(**settings: Json) -> Browser:
            client = stack.enter_context(httpx2.Client(base_url=turned.server))
            return Browser(client, controls, **settings)

        yield open_with


@pytest.fixture
def browser(opened: Open) -> Browser:
    return opened()
