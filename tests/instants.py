"""The instant at which the tests' servers are frozen; `make fuzz` has others.

A test about the documented instant uses DOCUMENTED; all others must pass at any INSTANT.
"""

import os
from datetime import datetime
from email.utils import format_datetime

DOCUMENTED = "2026-02-06T05:27:30Z"
INSTANT = os.environ.get("DATAFAST_TEST_INSTANT") or DOCUMENTED
# The instant in the form of the `Date` header.
DATE = format_datetime(datetime.fromisoformat(INSTANT), usegmt=True)
# The variable for a server at the machine's time; by default `tests.command` passes INSTANT.
PRESENT = {"DATAFAST_MOCK_NOW": ""}
