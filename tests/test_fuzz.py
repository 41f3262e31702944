"""Schemathesis against the running mock, with every phase and check, both revisions and kinds of token."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from mock_server.contract.document import REVISIONS
from tests.command import serving

HERE = Path(__file__).parent
SCHEMATHESIS = Path(sys.executable).with_name("st")
OPERATIONS = {
    "getRealtime": r"GET /analytics/realtime",
    "getRealtimeMap": r"GET /analytics/realtime/map",
    "getVisitor": r"GET /visitors/[^/]+",
    "getOverview": r"GET /analytics/overview",
    "getTimeseries": r"GET /analytics/timeseries",
    "getPages": r"GET /analytics/pages",
    "listVisitors": r"GET /visitors",
    "createGoal": r"POST /goals",
    "deleteGoals": r"DELETE /goals",
    "createPayment": r"POST /payments",
    "deletePayments": r"DELETE /payments",
    "identifyVisitor": r"POST /identify",
}
LINE = re.compile(r"(\d{3}) (GET|POST|DELETE) /api/v1(/[^? ]*)\S* ")


def fuzz(tmp_path: Path, revision: str, config: str, token: str, examples: int) -> Counter[str]:
    """Runs Schemathesis and fails on any finding. Returns the number of 200s of each operation."""
    log = tmp_path / "requests.log"
    with log.open("w") as stream, serving("--revision", revision, "--log", "requests", stderr=stream) as url:
        command = [
            *(str(SCHEMATHESIS), "--no-color", "--config-file", str(HERE / config)),
            *("run", f"{url}/openapi.json", "--mode", "all", "--max-examples", str(examples)),
        ]
        environment = {**os.environ, "DATAFAST_TOKEN": token}
        result = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
        )
    assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]
    answered: Counter[str] = Counter()
    for status, method, path in LINE.findall(log.read_text()):
        answered += Counter(
            name
            for name, route in OPERATIONS.items()
            if status == "200" and re.fullmatch(route, f"{method} {path}")
        )
    return answered


TOKENS = [
    pytest.param("schemathesis.toml", "df_test", id="website key"),
    pytest.param("schemathesis-account.toml", "dft_test", id="account token"),
]


# This pair of revision and token covers most operations; `make fuzz` runs all four pairs.
@pytest.mark.long
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    config, token = TOKENS[1].values
    answered = fuzz(tmp_path, "2026-02", str(config), str(token), examples=15)

    assert all(answered[operation] >= 5 for operation in OPERATIONS), answered


@pytest.mark.slow
@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize(("config", "token"), TOKENS)
def test_schemathesis_finds_nothing_in_500_examples(
    tmp_path: Path, revision: str, config: str, token: str
) -> None:
    answered = fuzz(tmp_path, revision, config, token, examples=500)

    # Most transaction ids that Schemathesis draws do not exist.
    least = {**dict.fromkeys(OPERATIONS, 100), "deletePayments": 10}
    assert all(answered[operation] >= number for operation, number in least.items()), answered
    print(dict(answered))
