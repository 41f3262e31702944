"""The servers that a verification may reach: this machine's, and those named with `--verify-target`.

Otherwise every user of the controls could make the mock send requests into its network.
"""

import socket
from asyncio import get_running_loop
from collections.abc import Awaitable, Callable, Collection
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from mock_server.loopback import is_loopback_address
from mock_server.options import PORTS, Options, origin_of
from mock_server.problems import ProblemError

_KNOCK_SECONDS = 1.0
_LONGEST_URL = 2_000


class Target(NamedTuple):
    """The base URL of a server, and the address to connect to; None allows any address of its host."""

    url: str
    address: str | None


async def addresses_of(host: str, port: int) -> list[str]:
    """Returns the distinct numeric addresses of a host; an empty list if it cannot be looked up."""
    try:
        found = await get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def target_of(
    url: str,
    options: Options,
    own_port: int,
    *,
    look_up: Callable[[str, int], Awaitable[list[str]]] = addresses_of,
) -> Target:
    """Returns the target of a URL. Raises ProblemError if the mock may not send requests there.

    The host's name is looked up once: the run connects to the address that was checked. If other machines
    can reach the mock, a run may only reach the mock itself and the targets named with `--verify-target`.
    """
    parts, origin = _parts_of(url)
    if origin in options.verify_targets:
        return Target(url, None)
    port = parts.port or PORTS[parts.scheme]
    addresses = await look_up(str(parts.hostname), port)
    if not addresses or not all(map(is_loopback_address, addresses)):
        raise _refusal(f"{origin} is not on this machine", origin)
    if options.is_exposed and port != own_port:
        raise _refusal(f"Other machines can reach this mock, so it does not verify {origin}", origin)
    loop = get_running_loop()
    return Target(url, await loop.run_in_executor(None, _answering, addresses, port))


def _parts_of(url: str) -> tuple[SplitResult, str]:
    """Returns the parts and the origin of a URL. Raises ProblemError if it is no usable URL."""
    try:
        parts = urlsplit(url)
        _ = parts.port
        _check_base(url, parts)
        # The host may contain a percent sign (RFC 6874).
        origin = origin_of(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        raise _unusable("it has no host, or one that no server can have") from None
    if parts.scheme not in PORTS:
        raise _unusable("it must begin with http:// or https://")
    if len(url) > _LONGEST_URL or not url.isprintable() or " " in url:
        raise _unusable("it is too long, or has characters that a URL cannot have")
    return parts, origin


def _check_base(url: str, parts: SplitResult) -> None:
    """Raises ProblemError for the parts of a URL that the command refuses, too."""
    if "@" in parts.netloc:
        raise _unusable("it contains a user: leave `user:password@` out; only the token is sent")
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        raise _unusable("it is not a base URL: leave out everything from `?` or `#` on")


def _answering(addresses: Collection[str], port: int) -> str:
    """Returns the first address that accepts a connection; if none does, the first address."""
    return next(filter(lambda address: _is_open(address, port), addresses), next(iter(addresses)))


def _is_open(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=_KNOCK_SECONDS):
            return True
    except OSError:
        return False


def _refusal(problem: str, origin: str) -> ProblemError:
    detail = f"{problem}. To allow it, start the mock with --verify-target {origin}"
    return ProblemError(403, detail, member="/url")


def _unusable(problem: str) -> ProblemError:
    return ProblemError(400, f"`url`: {problem}.", member="/url")
