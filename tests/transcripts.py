"""The examples of a page: each `$ curl …` with the part of its answer that the page shows."""

import re
import shlex
from typing import NamedTuple

import httpx2

_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


class Example(NamedTuple):
    """A command, and the part of its answer that is shown; `…` stands for any text."""

    command: list[str]
    shown: str


def examples_of(page: str) -> list[Example]:
    """Returns all examples of a page, in its order."""
    parts = [part for block in _BLOCK.findall(page) for part in re.split(r"(?m)^\$ ", block)[1:]]
    pairs = (part.partition("\n") for part in parts)
    return [Example(shlex.split(command), shown.strip()) for command, _, shown in pairs]


def is_as_shown(shown: str, reply: httpx2.Response) -> bool:
    """Returns whether an answer is as the page shows it, except for white space in JSON."""
    head, _, body = shown.partition("\n\n") if shown.startswith("HTTP/") else ("", "", shown)
    first, *lines = head.splitlines() or [f"HTTP/1.1 {reply.status_code}"]
    headers = dict(line.split(": ", 1) for line in lines)
    return (
        int(first.split()[1]) == reply.status_code
        and all(_fits(value, reply.headers.get(name, "")) for name, value in headers.items())
        and _fits(_tight(body), _tight(reply.text))
    )


def curl(command: list[str], server: str) -> httpx2.Response:
    """Sends the request of a `curl` command to a server, not to the page's address; returns the answer."""
    arguments = iter(command[1:])
    method, headers, content, url = None, {}, None, ""
    for argument in arguments:
        match argument:
            case "-i":
                pass
            case "-X":
                method = next(arguments)
            case "-H":
                name, value = next(arguments).split(": ", 1)
                headers[name] = value
            case "--json":
                content = next(arguments)
                headers["Content-Type"] = "application/json"
            case _:
                url = argument.replace("http://127.0.0.1:8484", server)
    method = method or ("POST" if content else "GET")
    return httpx2.request(method, url, headers=headers, content=content, timeout=30)


def _tight(json: str) -> str:
    return re.sub(r"([,:{\[])\s+", r"\1", json)


def _fits(pattern: str, text: str) -> bool:
    """Returns whether a text matches a pattern in which … stands for any text."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("…"))), text, re.DOTALL) is not None
