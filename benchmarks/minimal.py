"""A minimal server: a Starlette application with one constant answer, under uvicorn."""

import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def _answer(_request: Request) -> Response:
    return Response(b'{"status":"success","data":[{"visitors":1}]}', media_type="application/json")


def main(path: str, listening: str) -> None:
    """Serves a path at a free port, and prints the address after the word `listening`."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        print(f"{listening}http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
        config = uvicorn.Config(Starlette(routes=[Route(path, _answer)]), log_level="warning")
        uvicorn.Server(config).run(sockets=[sock])


# No module of the benchmarks is imported, because its memory would be measured as well.
if __name__ == "__main__":
    main(*sys.argv[1:])
