"""The fixtures of several tests of the kit: the answers of a correct server, and a file for recorded ones."""

import os
import pickle
from pathlib import Path

import pytest
from filelock import FileLock

from contract_tests.exchange import Exchange
from contract_tests.judging.proof import clean_recordings


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Exchange]]:
    """The exchanges of a run against the mock in each revision.

    Recording them takes seconds, so the processes of `pytest -n` share what the first of them records.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    recorded = folder / "recordings.pickle"
    with FileLock(f"{recorded}.lock"):
        if not recorded.exists():
            recorded.write_bytes(pickle.dumps(clean_recordings()))
    found: dict[str, list[Exchange]] = pickle.loads(recorded.read_bytes())
    return found


@pytest.fixture(scope="session")
def recorded(recordings: dict[str, list[Exchange]]) -> list[Exchange]:
    """The exchanges of a run against the mock in revision 2026-02."""
    return recordings["2026-02"]


@pytest.fixture
def traffic(tmp_path: Path) -> Path:
    """The path of a HAR file that a test writes."""
    return tmp_path / "traffic.har"
