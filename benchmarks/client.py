"""The load generator that is used if wrk and oha are missing: one process, one thread, plain sockets."""

import asyncio
from collections.abc import Mapping, Sequence
from time import perf_counter
from urllib.parse import urlsplit


def answer_times(url: str, headers: Mapping[str, str], connections: int, seconds: float) -> list[float]:
    """Sends requests on all connections, and returns the duration of each answer in seconds.

    Raises ValueError for a status other than 200, and OSError or EOFError for a connection that ends.
    """
    return asyncio.run(_ask_all(url, headers, connections, seconds))


def post_all(url: str, headers: Mapping[str, str], connections: int, bodies: Sequence[bytes]) -> None:
    """Sends each body once, over some connections. Raises as `answer_times` does."""
    asyncio.run(_post_all(url, headers, connections, bodies))


async def _post_all(url: str, headers: Mapping[str, str], connections: int, bodies: Sequence[bytes]) -> None:
    host, port, head = _begin("POST", url, headers)
    shares = [bodies[n::connections] for n in range(connections)]
    requests = [
        [b"%scontent-length: %d\r\n\r\n%s" % (head, len(one), one) for one in part] for part in shares
    ]
    await asyncio.gather(*(_post(host, port, part) for part in requests))


async def _post(host: str, port: int, requests: Sequence[bytes]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        for request in requests:
            await _answered(reader, writer, request)
    finally:
        writer.close()


async def _ask_all(url: str, headers: Mapping[str, str], connections: int, seconds: float) -> list[float]:
    host, port, head = _begin("GET", url, headers)
    until = perf_counter() + seconds
    parts_taken = await asyncio.gather(*(_ask(host, port, head + b"\r\n", until) for _ in range(connections)))
    return [taken for part in parts_taken for taken in part]


async def _ask(host: str, port: int, request: bytes, until: float) -> list[float]:
    reader, writer = await asyncio.open_connection(host, port)
    taken: list[float] = []
    try:
        # Each connection sends at least one request, even if it was opened late.
        while (begin := perf_counter()) < until or not taken:
            await _answered(reader, writer, request)
            taken.append(perf_counter() - begin)
    finally:
        writer.close()
    return taken


def _begin(method: str, url: str, headers: Mapping[str, str]) -> tuple[str, int, bytes]:
    """Returns the host and the port of a URL, and the head of a request without the empty line at its end."""
    parts = urlsplit(url)
    lines = [f"{method} {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return parts.hostname or "", parts.port or 80, ("\r\n".join(lines) + "\r\n").encode("ascii")


async def _answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
    """Sends a request and reads the answer, which must be a 200."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise ValueError(f"answered {head.splitlines()[0].decode('latin-1')!r}")
    await reader.readexactly(_length(head))


def _length(head: bytes) -> int:
    for line in head.lower().splitlines():
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    raise ValueError("an answer without Content-Length")
