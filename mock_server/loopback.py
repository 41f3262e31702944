"""Checks for loopback addresses, which only this machine can reach."""

import re
import socket
from ipaddress import IPv6Address, ip_address

_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+(?:%[0-9A-Za-z._-]+)?\]|[0-9A-Za-z._-]+)(?::[0-9]{0,5})?")
# The forms of addresses that the C library reads: with fewer parts, in hexadecimal and in octal.
_NUMBERS = re.compile(r"(?:0[xX][0-9A-Fa-f]+|[0-9]+)(?:\.(?:0[xX][0-9A-Fa-f]+|[0-9]+)){0,3}")


def is_loopback_host(header: str) -> bool:
    """Returns whether a `Host` header names this machine: `localhost`, or a loopback address in any spelling.

    False for a text that is neither `host` nor `host:port`, such as `x@127.0.0.1`.
    """
    match = _HOST.fullmatch(header)
    if match is None:
        return False
    host = match["host"].strip("[]").lower().removesuffix(".")
    return host == "localhost" or host.endswith(".localhost") or is_loopback_address(host)


def is_loopback_address(address: str) -> bool:
    """Returns whether an address is `::1` or in 127.0.0.0/8, also as an IPv4-mapped IPv6 address.

    False for a host name.
    """
    try:
        found = ip_address(socket.inet_aton(address) if _NUMBERS.fullmatch(address) else address)
    except (OSError, ValueError):
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback
