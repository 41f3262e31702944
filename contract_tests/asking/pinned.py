"""A transport that connects to one address, and never resolves the host name in the URL."""

import httpx2


class Pinned(httpx2.BaseTransport):
    """A transport that sends all requests to one address; `Host` and TLS still name the host in the URL.

    A caller that has checked the address can be sure that the requests go there, even if the name's DNS entry
    changes.
    """

    def __init__(self, inner: httpx2.BaseTransport, address: str) -> None:
        """`inner` carries the requests; `address` is numeric, such as `127.0.0.1` or `::1`."""
        self._inner = inner
        self._address = address

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Returns the answer of the server at the address."""
        return self._inner.handle_request(
            httpx2.Request(
                request.method,
                request.url.copy_with(host=self._address),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": request.url.host},
            )
        )

    def close(self) -> None:
        """Closes all connections."""
        self._inner.close()
