"""The instant at which the tests' servers stand; `make fuzz` has others.

A test that names what a documented instant shows takes DOCUMENTED; all others hold at any INSTANT.
"""

import os
from datetime import datetime
from email.utils import format_datetime

DOCUMENTED = "2026-02-06T05:27:30Z"
INSTANT = os.environ.get("DATAFAST_TEST_INSTANT") or DOCUMENTED
# As an answer's Date tells it.
DATE = format_datetime(datetime.fromisoformat(INSTANT), usegmt=True)
# For a server whose clock is the machine's own: `tests.command` hands over INSTANT otherwise.
PRESENT = {"DATAFAST_MOCK_NOW": ""}
