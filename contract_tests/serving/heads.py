"""The checks that HTTP/1.1 demands of a request's head: its length, its framing, its target and its Host."""

import re
from functools import lru_cache

from contract_tests.serving.errors import (
    CODING_IN_OLD_HTTP,
    CODING_UNKNOWN,
    HEADERS_TOO_LARGE,
    HOST_COUNT,
    HOST_INVALID,
    NO_PROXY,
    TARGET_INVALID,
    URI_TOO_LONG,
    HttpError,
)

LONGEST_URL = 32 * 1024
LONGEST_HEADERS = 32 * 1024
"""The maximum size of all names and values together, in bytes."""

Headers = list[tuple[bytes, bytes]]

# A name, an IPv4 address, an address in brackets or nothing; then a port (RFC 9110, 7.2; RFC 3986, 3.2.2).
# A comma, which a name might have, is refused: it shows that two lines were joined.
_HOST = re.compile(
    rb"(?:\[[0-9a-z:.]+(?:%[\w.~%-]+)?\]|(?:[\w.~!$&'()*+;=-]|%[0-9a-f]{2})*)(?::\d*)?", re.IGNORECASE
)
# The largest number of bytes of a `Host` whose check is cached; names in the DNS are shorter.
_LONGEST_CACHED = 300
_OLD_VERSIONS, _CHUNKED = ("0.9", "1.0"), b"chunked"
_WHOLE_URL = re.compile(rb"https?://(?:[^/?#]*@)?(?P<host>[^/?#]+)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)


def check_length(url: bytes, headers: Headers) -> None:
    """Raises HttpError 414 for a URL that is too long, and 431 for headers that are too long."""
    if len(url) > LONGEST_URL:
        raise HttpError(URI_TOO_LONG, limit=LONGEST_URL)
    if sum([len(name) + len(value) for name, value in headers]) > LONGEST_HEADERS:
        raise HttpError(HEADERS_TOO_LARGE, limit=LONGEST_HEADERS)


def check_framing(version: str, headers: Headers) -> None:
    """Raises HttpError 501 for a transfer coding other than `chunked`, and 400 for any coding in HTTP/1.0.

    The parser itself refuses a request whose last coding is not `chunked`, or that has both a coding and a
    length (RFC 9112, 6.1 and 6.3).
    """
    fields = [value for name, value in headers if name == b"transfer-encoding"]
    if fields and version in _OLD_VERSIONS:
        raise HttpError(CODING_IN_OLD_HTTP, version=version)
    *first, last = [coding.strip(b" \t") for coding in b",".join(fields).split(b",")]
    for coding in first if last.lower() == _CHUNKED else ():
        if coding.lower() not in (b"", _CHUNKED):
            raise HttpError(CODING_UNKNOWN, coding=coding[:100].decode("latin-1"))


def target_of(method: bytes, version: str, url: bytes, headers: Headers) -> bytes:
    """Returns the path and query, or `*`, of a request. Raises HttpError 400 for an invalid head.

    The host of a whole URL takes the place of the `Host` that was sent (RFC 9112, 3.2.2).
    """
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or (not hosts and version not in _OLD_VERSIONS):
        raise HttpError(HOST_COUNT, version=version, count=len(hosts))
    if url.startswith(b"/"):
        target = url
    elif method == b"CONNECT":
        raise HttpError(NO_PROXY)
    elif url == b"*" and method == b"OPTIONS":
        target = url
    else:
        host, target = _parts_of(method, url)
        hosts = [*hosts, host]
        headers[:] = [(b"host", host), *(header for header in headers if header[0] != b"host")]
    for host in hosts:
        if not (_is_host(host) if len(host) > _LONGEST_CACHED else _is_host_cached(host)):
            raise HttpError(HOST_INVALID, value=host[:100].decode("latin-1"))
    return target


def _is_host(value: bytes) -> bool:
    return _HOST.fullmatch(value.strip(b" \t")) is not None


_is_host_cached = lru_cache(256)(_is_host)


def _parts_of(method: bytes, url: bytes) -> tuple[bytes, bytes]:
    """Returns the host and the path of a whole URL. Raises HttpError 400 if `url` is no whole URL."""
    found = _WHOLE_URL.fullmatch(url)
    if found is None:
        raise HttpError(TARGET_INVALID)
    host, rest = found["host"], found["rest"]
    if not rest and method == b"OPTIONS":
        # A proxy forwards `OPTIONS *` in this form (RFC 9112, 3.2.4).
        return host, b"*"
    return host, rest if rest.startswith(b"/") else b"/" + rest
