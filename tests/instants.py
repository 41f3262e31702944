"""The instant at which the tests' servers are frozen; `make fuzz` has others.

A test about the documented instant uses DOCUMENTED; all others must pass at any INSTANT.
"""

import os
from datetime import datetime
from email.utils import format_datetime

from mock_server import instants

DOCUMENTED = instants.DOCUMENTED
INSTANT = os.environ.get("DATAFAST_TEST_INSTANT") or DOCUMENTED
# The parameters of a report about the hour before and the hour after it.
AROUND = {
    "startAt": instants.iso_of(instants.instant_of(INSTANT) - instants.HOUR),
    "endAt": instants.iso_of(instants.instant_of(INSTANT) + instants.HOUR),
}
# The instant in the form of the `Date` header.
DATE = format_datetime(datetime.fromisoformat(INSTANT), usegmt=True)
# The variable for a server at the machine's time; by default `tests.command` passes INSTANT.
PRESENT = {"DATAFAST_MOCK_NOW": ""}
