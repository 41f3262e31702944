"""The options with which the server is started."""

import re
from dataclasses import dataclass
from pathlib import Path

from contract_tests.quoting import quoted
from mock_server.state.limits import RateLimit

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8484
DEFAULT_SEED = 42
DEFAULT_SITE = "demo"
DEFAULT_REVISION = "2026-02"
FASTEST = 86_400
"""The maximum speed of a clock: one day of the world per second."""

_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?/?"
)
PORTS = {"http": 80, "https": 443}
"""The ports that browsers leave out of `Origin`, by scheme."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `datafast-mock serve`; `now` is in ms since the epoch, None for the machine's time."""

    seed: int = DEFAULT_SEED
    site: str = DEFAULT_SITE
    revision: str = DEFAULT_REVISION
    now: int | None = None
    speed: float = 1.0
    any_key: bool = False
    rate_limit: RateLimit | None = None
    """The rate limit of keys without one of their own; None means that they have no limit."""
    control_token: str | None = None
    """The token that `/__mock` requires.

    None allows requests from this machine only, or no requests if other machines can reach the mock.
    """
    control_origins: tuple[str, ...] = ()
    """The origins of further pages that may use `/__mock`, in the form of the `Origin` header."""
    verify_targets: tuple[str, ...] = ()
    """The origins of servers on other machines that the page `/verify` may verify, such as `https://host`."""
    is_exposed: bool = False
    """Whether other machines can reach the server."""
    journal: Path | None = None
    """The file to which each request is written as a line of JSON; None means no file."""
    state: Path | None = None
    """The file that keeps the facts which are written through the API; None means no file."""
    documents: tuple[Path, ...] = ()
    """Further OpenAPI documents, whose operations are answered with their examples."""
    site_folders: tuple[Path, ...] = ()
    """Further folders of site files."""


def origin_of(text: str) -> str:
    """Returns an origin in the form of browsers, such as `http://localhost:6006`. Raises ValueError."""
    match = _ORIGIN.fullmatch(text.strip().lower())
    if match is None or int(match["port"] or 0) > 65_535:
        raise ValueError(f"{quoted(text)} is not an origin, such as http://localhost:6006")
    port = int(match["port"] or PORTS.get(match["scheme"], 0))
    is_usual = port == PORTS.get(match["scheme"], 0)
    return f"{match['scheme']}://{match['host']}" + ("" if is_usual else f":{port}")


def server_origin_of(text: str) -> str:
    """Returns the origin of a server that can be asked by HTTP. Raises ValueError."""
    origin = origin_of(text)
    if origin.partition("://")[0] not in PORTS:
        raise ValueError(f"{quoted(text)} is not the origin of a server, such as https://staging.example.com")
    return origin
