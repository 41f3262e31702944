"""The fixtures of several tests of the kit: the answers of a correct server."""

import pytest

from contract_tests.exchange import Exchange
from contract_tests.judging.proof import clean_recordings


@pytest.fixture(scope="session")
def recordings() -> dict[str, list[Exchange]]:
    """The exchanges of a run against the mock in each revision; recording them takes seconds."""
    return clean_recordings()


@pytest.fixture(scope="session")
def recorded(recordings: dict[str, list[Exchange]]) -> list[Exchange]:
    """The exchanges of a run against the mock in revision 2026-02."""
    return recordings["2026-02"]
