"""How many answers a second does one process give, and how long does one take, over real sockets?

The client runs beside the server and takes its share of the machine: real clients see somewhat more.
"""

import asyncio
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from urllib.parse import urlsplit

COMMAND = Path(sys.executable).with_name("datafast-mock")
CONNECTIONS = 16
SECONDS = 4.0
PATHS = ("/analytics/realtime", "/analytics/realtime/map", "/visitors/a3ab2331-989f-4cfa-91c6-2461c9e3c6bd")


def main() -> None:
    process = subprocess.Popen([COMMAND, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None, "started with a pipe"
        address = next(line for line in process.stdout if line.startswith("listening on ")).split()[-1]
        for path in PATHS:
            taken = asyncio.run(load(urlsplit(address).netloc, path))
            usual, most = median(taken) * 1000, quantiles(taken, n=100)[98] * 1000
            print(
                f"  GET {path[:40]:<40} {len(taken) / SECONDS:8.0f} answers/s"
                f"   median {usual:.2f} ms   99 % below {most:.2f} ms"
            )
    finally:
        process.terminate()
        process.communicate()


async def load(netloc: str, path: str) -> list[float]:
    """The seconds that each answer took, on all connections together."""
    host, port = netloc.split(":")
    until = perf_counter() + SECONDS
    taken = await asyncio.gather(*(ask(host, int(port), path, until) for _ in range(CONNECTIONS)))
    return [seconds for part in taken for seconds in part]


async def ask(host: str, port: int, path: str, until: float) -> list[float]:
    reader, writer = await asyncio.open_connection(host, port)
    request = f"GET /api/v1{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer df_test\r\n\r\n".encode()
    taken: list[float] = []
    while (begin := perf_counter()) < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        taken.append(perf_counter() - begin)
    writer.close()
    await writer.wait_closed()
    return taken


if __name__ == "__main__":
    main()
