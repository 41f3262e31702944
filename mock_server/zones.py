"""Time zones by their IANA names."""

from zoneinfo import ZoneInfo

from contract_tests.quoting import quoted

# Systems have these files beside the time zones. What they mean differs from system to system, or they count
# leap seconds.
_NO_ZONES = ("Factory", "localtime", "posixrules")
_NO_FOLDERS = ("posix/", "right/")


def zone_named(name: str) -> ZoneInfo:
    """Returns the time zone with an IANA name, such as `Europe/Paris`. Raises ValueError."""
    if name not in _NO_ZONES and not name.startswith(_NO_FOLDERS):
        try:
            return ZoneInfo(name)
        except (ValueError, OSError, LookupError):
            pass
    raise ValueError(f"{quoted(name[:80])} is not an IANA time zone, such as Europe/Paris")
