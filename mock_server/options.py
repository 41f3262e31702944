"""What the server is started with."""

import re
from dataclasses import dataclass
from pathlib import Path

from mock_server.state.limits import RateLimit

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8484
DEFAULT_SEED = 42
DEFAULT_SITE = "demo"
DEFAULT_REVISION = "2026-02"
FASTEST = 86_400
"""A day of the world a second is as fast as time may run."""

_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?/?"
)
# Browsers leave them out.
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of `datafast-mock serve`. `now` in ms since the epoch, None for the machine's own time."""

    seed: int = DEFAULT_SEED
    site: str = DEFAULT_SITE
    revision: str = DEFAULT_REVISION
    now: int | None = None
    speed: float = 1.0
    any_key: bool = False
    rate_limit: RateLimit | None = None
    """Of each credential that has none of its own."""
    control_token: str | None = None
    """What `/__mock` asks for; None opens it to requests from this machine alone."""
    control_origins: tuple[str, ...] = ()
    """Whose pages may use `/__mock` besides the mock's own, as browsers write them in `Origin`."""
    is_exposed: bool = False
    """Whether others than this machine can reach the server."""
    journal: Path | None = None
    """A file that gets each request as a line of JSON."""
    documents: tuple[Path, ...] = ()
    """Further OpenAPI documents, whose operations answer their documented examples."""
    site_folders: tuple[Path, ...] = ()
    """Folders of site files beside the shipped ones."""


def origin_of(text: str) -> str:
    """An origin such as `http://localhost:6006`, as browsers write it. Raises ValueError."""
    match = _ORIGIN.fullmatch(text.strip().lower())
    if match is None or int(match["port"] or 0) > 65_535:
        raise ValueError(f"{text!r} is no origin of a page, such as http://localhost:6006")
    port = int(match["port"] or _PORTS.get(match["scheme"], 0))
    is_usual = port == _PORTS.get(match["scheme"], 0)
    return f"{match['scheme']}://{match['host']}" + ("" if is_usual else f":{port}")
