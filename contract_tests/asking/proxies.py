"""The proxy for a server, as named by `HTTPS_PROXY` and the like. Servers on this machine have none."""

import re
import urllib.request
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from contract_tests.asking.address import is_loopback
from contract_tests.quoting import quoted

_DEFAULT_SCHEME = "http"
_SOCKS = ("socks5", "socks5h")


class ProxyError(Exception):
    """An error for a proxy that cannot be used; the text is one sentence for people, without a password."""


def proxy_of(url: str) -> str | None:
    """Returns the URL of the proxy for a server; None if requests go to the server directly.

    The requests to a server on this machine, or in the list `NO_PROXY`, go directly. Raises ProxyError.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    known = urllib.request.getproxies()
    proxy = known.get(parts.scheme) or known.get("all")
    if proxy is None or is_loopback(host) or _is_excepted(host, parts.netloc, known.get("no", "")):
        return None
    return _checked(proxy if "://" in proxy else f"{_DEFAULT_SCHEME}://{proxy}")


def shown(proxy: str) -> str:
    """Returns the URL of a proxy without its user and password."""
    scheme, _, rest = proxy.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _is_excepted(host: str, netloc: str, exceptions: str) -> bool:
    """Returns whether `NO_PROXY` lists a host: by its name, its domain or its network."""
    return bool(urllib.request.proxy_bypass(netloc)) or any(
        _is_in_network(host, entry) or entry.strip("[]") == host for entry in re.split(r"[,\s]+", exceptions)
    )


def _is_in_network(host: str, network: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False


def _checked(proxy: str) -> str:
    try:
        parts = urlsplit(proxy)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ProxyError(f"the proxy {quoted(shown(proxy)[:200])} in the environment is not a URL")
    if parts.scheme not in (_DEFAULT_SCHEME, "https", *_SOCKS):
        raise ProxyError(f"the proxy {shown(proxy)[:200]} in the environment is not an HTTP or SOCKS5 proxy")
    if parts.scheme in _SOCKS and find_spec("socksio") is None:
        raise ProxyError(
            f"the proxy {shown(proxy)[:200]} in the environment needs one more package: pip install socksio;"
            " or list the server in NO_PROXY"
        )
    return proxy
