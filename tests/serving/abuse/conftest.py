"""The fixtures of attacks: the target, and the check that each attack has harmed nobody."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.command import address_of, started
from tests.credentials import bearer
from tests.serving.abuse.target import REALTIME, Target
from tests.timing import cheap

MOST_STEPS = 30_000_000
"""The limit of the server's work for an attack, in steps of tests.timing."""


@pytest.fixture(scope="package")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One process for the whole folder, which must stop normally at the end."""
    stderr = tmp_path_factory.mktemp("abuse") / "stderr"
    with stderr.open("w") as stream, started("--port", "0", "--log", "requests", stderr=stream) as process:
        address = address_of(process)
        # Draws the past, so that a report later takes no longer than any other answer.
        httpx2.get(f"{address}/api/v1/visitors", headers=bearer("df_test"), timeout=60)
        yield Target(address, process.pid, stderr)
        seen = stderr.stat().st_size
    assert process.returncode == 0
    assert b"Traceback" not in stderr.read_bytes()[seen:]


@pytest.fixture(scope="package")
def bystander(target: Target) -> Iterator[httpx2.Client]:
    """Another client, which opens a connection for each request."""
    headers = {**bearer("df_test"), "Connection": "close"}
    with httpx2.Client(base_url=target.address, headers=headers) as client:
        yield client


@pytest.fixture(autouse=True)
def _unharmed(target: Target, bystander: httpx2.Client) -> Iterator[None]:
    """Checks that each attack is little work, that the next request is served and that nothing was raised."""
    seen = target.stderr.stat().st_size
    with cheap(MOST_STEPS, target.process):
        yield
        reply = bystander.get(REALTIME.decode())
    noted = target.stderr.read_bytes()[seen:]
    assert reply.status_code == 200
    assert b"Traceback" not in noted, noted[-4000:].decode(errors="replace")
