"""The load generator that is used if no other is installed: one process, one thread, plain sockets."""

import asyncio
from collections.abc import Mapping
from time import perf_counter
from urllib.parse import urlsplit


def answer_times(url: str, headers: Mapping[str, str], connections: int, seconds: float) -> list[float]:
    """Sends requests on all connections, and returns the duration of each answer in seconds.

    Raises ValueError for a status other than 200, and OSError or EOFError for a connection that ends.
    """
    return asyncio.run(_ask_all(url, headers, connections, seconds))


async def _ask_all(url: str, headers: Mapping[str, str], connections: int, seconds: float) -> list[float]:
    parts = urlsplit(url)
    lines = [f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")
    until = perf_counter() + seconds
    host, port = parts.hostname or "", parts.port or 80
    parts_taken = await asyncio.gather(*(_ask(host, port, request, until) for _ in range(connections)))
    return [taken for part in parts_taken for taken in part]


async def _ask(host: str, port: int, request: bytes, until: float) -> list[float]:
    reader, writer = await asyncio.open_connection(host, port)
    taken: list[float] = []
    try:
        # Each connection sends at least one request, even if it was opened late.
        while (begin := perf_counter()) < until or not taken:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise ValueError(f"answered {head.splitlines()[0].decode('latin-1')!r}")
            await reader.readexactly(_length(head))
            taken.append(perf_counter() - begin)
    finally:
        writer.close()
    return taken


def _length(head: bytes) -> int:
    for line in head.lower().splitlines():
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    raise ValueError("an answer without Content-Length")
