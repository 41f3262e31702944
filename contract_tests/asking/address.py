"""The server's address as a user types it: it is checked, and turned into the API's base URL."""

import re
import socket
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from contract_tests.quoting import quoted

# The pattern ends at the last `@`, because a password without escapes may contain an `@`.
_USER = re.compile(r"^([^/@]*//|).*@", re.DOTALL)

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{0,5})?")
_OLD_ADDRESS = re.compile(r"(?:0x[0-9a-f]+|[0-9]+)(?:\.(?:0x[0-9a-f]+|[0-9]+)){0,3}")


class AddressError(ValueError):
    """An error for a URL that cannot be used; the text is one sentence for people, without any password."""


def base_of(url: str) -> str:
    """Returns the API's base URL for a URL that a user typed; `/api/v1` is added if it has no path.

    White space around it is removed: a file or a variable often ends with a newline. Raises AddressError.
    """
    url = url.strip()
    _check_characters(url)
    parts = _parts_of(url)
    if not url.lower().startswith(("http://", "https://")):
        raise AddressError(f"{quoted(_shown(url))} is not a URL: it must begin with http:// or https://")
    if "@" in parts.netloc:
        raise AddressError(
            f"{quoted(_shown(url))} contains a user: leave `user:password@` out; only the token is sent"
        )
    if not parts.hostname:
        raise AddressError(f"{quoted(_shown(url))} is not a URL: the host is missing")
    if parts.query or parts.fragment or url[-1] in "?#":
        raise AddressError(
            f"{quoted(_shown(url))} is not a base URL: leave out everything from `?` or `#` on"
        )
    return url.rstrip("/") + ("/api/v1" if parts.path.strip("/") == "" else "")


def normalized(url: str) -> str:
    """Returns a URL with scheme and host in lower case and without the scheme's default port (RFC 3986, 6.2).

    Raises AddressError for a text that cannot be parsed.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressError(f"{quoted(_shown(url))} is not a URL") from None
    user, at, host = parts.netloc.rpartition("@")
    if port is None or port == _PORTS.get(parts.scheme):
        host = re.sub(r":[0-9]*$", "", host)
    return parts._replace(netloc=user + at + host.lower()).geturl()


def is_loopback(host: str) -> bool:
    """Returns whether a host is this machine, in any notation, such as `127.1` or `::ffff:127.0.0.1`."""
    name = host.removeprefix("[").removesuffix("]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return _is_old_loopback(name)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def is_loopback_host(header: str) -> bool:
    """Returns whether a `Host` header names this machine, with a port or without."""
    found = _HOST.fullmatch(header)
    return found is not None and is_loopback(found[1])


def _is_old_loopback(name: str) -> bool:
    """Returns whether a name is a loopback address in an old notation, such as `127.1`."""
    if _OLD_ADDRESS.fullmatch(name) is None:
        return False
    try:
        return ip_address(socket.inet_aton(name)).is_loopback
    except OSError:
        return False


def _check_characters(url: str) -> None:
    """Raises AddressError for a blank, a control character, or a character without width."""
    odd = next((one for one in url if one.isspace() or not one.isprintable()), None)
    if odd is not None:
        raise AddressError(f"{quoted(_shown(url))} is not a URL: it contains {quoted(odd)}")


def _parts_of(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        # `urlsplit` checks a port only when `port` is read.
        _ = parts.port
    except ValueError:
        # The error's own text may contain a part of a password.
        raise AddressError(f"{quoted(_shown(url))} is not a URL: its host or port is not valid") from None
    return parts


def _shown(url: str) -> str:
    """Returns a URL with `***` for its user and password."""
    return _USER.sub(r"\1***@", url)
