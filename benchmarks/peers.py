"""The peers: other mock servers with our document, and nginx with our answers, as their users start them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import LoadError, Target
from benchmarks.servers import BASE, ROOT, captured, target
from mock_server.contract.document import document_json

FOLDER = Path(__file__).parent
_MODULES = FOLDER / "node_modules"
_NODE = Path(sys.executable).with_name("node")
_START_SECONDS = 40
_STEP_SECONDS = 0.2
_END_SECONDS = 10
_MOST_TOLD = 160
_NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  keepalive_requests 1000000000;
  default_type application/json;
  client_body_temp_path {folder}/client;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port} backlog=2048; root {folder}; }}
}}
"""


class PeerError(Exception):
    """An error for a peer that is not installed or fails; its text is the last output of the peer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The task of a peer: a path, the mock's answer to it, a port and a temporary folder."""

    path: str
    body: bytes
    port: int
    folder: Path

    @property
    def operation_path(self) -> str:
        """The path as in the document, without the base, because peers serve it without the base."""
        return self.path.removeprefix(BASE)


# A function that returns the command that starts a peer.
Command = Callable[[Asked], list[str]]


def prism_static(asked: Asked) -> list[str]:
    """Returns the command of Prism with the document's examples; without a log it is twice as fast."""
    options = ["-h", "127.0.0.1", "-p", str(asked.port), "--verboseLevel", "silent"]
    return [*_node("@stoplight/prism-cli/dist/index.js"), "mock", *options, str(ROOT / "openapi.yaml")]


def prism_dynamic(asked: Asked) -> list[str]:
    """Returns the command of Prism with answers made from the schemas."""
    return [*prism_static(asked), "--dynamic"]


def scalar(asked: Asked) -> list[str]:
    """Returns the command of a script around Scalar's mock server, which is a library."""
    document = asked.folder / "openapi.json"
    document.write_text(document_json(None), encoding="utf-8")
    _module("@scalar/mock-server")
    return [str(_NODE), str(FOLDER / "scalar.mjs"), str(document), str(asked.port)]


def nginx(asked: Asked) -> list[str]:
    """Returns the command of nginx, with one worker and the mock's answer as a file."""
    command = _nginx_command()
    if command is None:
        raise PeerError("nginx is not installed")
    file = asked.folder / asked.operation_path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(asked.body)
    configuration = asked.folder / "nginx.conf"
    configuration.write_text(_NGINX.format(folder=asked.folder, port=asked.port), encoding="utf-8")
    return [command, "-p", str(asked.folder), "-c", str(configuration)]


@contextmanager
def serving(command: Command, path: str, body: bytes, folder: Path) -> Iterator[Target]:
    """Runs a peer until the block ends, and yields it when it answers the path with 200. Raises PeerError."""
    asked = Asked(path, body, _free_port(), folder)
    log = folder / f"{asked.port}.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command(asked),
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            # The environment's `node` is a script around the real one, and both must be stopped.
            start_new_session=True,
        )
    # The peer gets the same headers as the mock.
    peer = target(f"http://127.0.0.1:{asked.port}", asked.operation_path)
    try:
        _await(peer, process, log)
        yield peer
    finally:
        # A peer that failed has no process group any more.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(_END_SECONDS)


def versions() -> list[str]:
    """Returns the names and versions of the installed peers."""
    found = []
    for name in ("@stoplight/prism-cli", "@scalar/mock-server"):
        with suppress(PeerError):
            manifest = json.loads((_module(name) / "package.json").read_text(encoding="utf-8"))
            found.append(f"{name} {manifest['version']}")
    command = _nginx_command()
    if command is not None:
        told = subprocess.run([command, "-v"], capture_output=True, text=True, check=False).stderr
        found.append(told.partition(":")[2].strip().replace("/", " "))
    return found


def _node(module: str) -> list[str]:
    name = "/".join(module.split("/")[:2])
    return [str(_NODE), str(_module(name) / module.removeprefix(f"{name}/"))]


def _nginx_command() -> str | None:
    """Returns nginx's path, or None if it is not installed; in Debian it is not in users' PATH."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def _module(name: str) -> Path:
    """Returns the folder of an npm package. Raises PeerError if it is not installed."""
    folder = _MODULES / name
    if not folder.is_dir():
        raise PeerError(f"{name} is not installed")
    return folder


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def _await(peer: Target, process: subprocess.Popen[bytes], log: Path) -> None:
    """Waits until the peer answers with 200. Raises PeerError if it ends or takes too long."""
    until = time.monotonic() + _START_SECONDS
    problem = ""
    while process.poll() is None and time.monotonic() < until:
        try:
            captured(peer)
        except (OSError, LoadError) as error:
            problem = str(error)
            time.sleep(_STEP_SECONDS)
        else:
            return
    raise PeerError(_last_line(log) or problem[:_MOST_TOLD])


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    return next((line[:_MOST_TOLD] for line in reversed(lines) if line), "")
