"""A server's address as somebody types it: what of it is the API's base, and what it may not hold."""

import re
import socket
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

# To the last sign: who does not encode a password may have any in it.
_USER = re.compile(r"^([^/@]*//|).*@", re.DOTALL)

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{0,5})?")
_OLD_ADDRESS = re.compile(r"(?:0x[0-9a-f]+|[0-9]+)(?:\.(?:0x[0-9a-f]+|[0-9]+)){0,3}")


class AddressError(ValueError):
    """A URL that cannot be asked; the text is one sentence for people, without the password in it."""


def base_of(url: str) -> str:
    """The API's base: where a URL has no path, `/api/v1` is added. Raises AddressError."""
    parts = _parts_of(url)
    if not url.lower().startswith(("http://", "https://")):
        raise AddressError(f"{_shown(url)!r} is no URL: it begins neither with http:// nor with https://")
    if "@" in parts.netloc:
        raise AddressError(
            f"{_shown(url)!r} names a user: leave `user:password@` out, the token is all that is sent"
        )
    if not parts.hostname:
        raise AddressError(f"{_shown(url)!r} is no URL: it names no host")
    if parts.query or parts.fragment or url[-1] in "?#":
        raise AddressError(f"{_shown(url)!r} is no base: leave out what begins with `?` or `#`")
    return url.rstrip("/") + ("/api/v1" if parts.path.strip("/") == "" else "")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, however it is written: `127.1` and `::ffff:127.0.0.1` are, too."""
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
    """Whether a `Host` header is one host of this machine, with a port or without."""
    found = _HOST.fullmatch(header)
    return found is not None and is_loopback(found[1])


def _is_old_loopback(name: str) -> bool:
    """Whether it is one of the shorter ways to write 127.0.0.1, which `ip_address` does not read."""
    if _OLD_ADDRESS.fullmatch(name) is None:
        return False
    try:
        return ip_address(socket.inet_aton(name)).is_loopback
    except OSError:
        return False


def _parts_of(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        # Looked at, because only then it is checked.
        _ = parts.port
    except ValueError:
        # Not the error's own text, which may show a part of a password.
        raise AddressError(f"{_shown(url)!r} is no URL: its host and port cannot be told") from None
    return parts


def _shown(url: str) -> str:
    """A URL without the user that it names."""
    return _USER.sub(r"\1***@", url)
