"""Requests whose entries in the journal are tested."""

from tests.controls import Controls, Json

REALTIME = "/analytics/realtime"
KNOWN = "/visitors/a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"


def last(controls: Controls, key: str) -> Json:
    """Returns the newest request of a key."""
    return controls.get("/requests", key=key)["requests"][-1]
