"""The functions that send single requests to the API and to the controls, over HTTP."""

import json
from contextlib import closing
from http.client import HTTPConnection
from time import perf_counter
from typing import Any
from urllib.parse import quote, urlsplit

from benchmarks.load import LoadError
from benchmarks.servers import BASE

_PATIENCE_SECONDS = 60


def path_of(report: str, query: str) -> str:
    """Returns the path of a report below the base, such as `/analytics/devices?…`."""
    path = report if report.startswith("/") else f"/analytics/{report}"
    return f"{path}{'&' if '?' in path else '?'}{query}"


def timed(server: str, key: str, path: str, method: str = "GET") -> float:
    """Returns the time until an answer was read, in seconds. Raises LoadError if it is not a 200."""
    with closing(HTTPConnection(urlsplit(server).netloc, timeout=_PATIENCE_SECONDS)) as connection:
        begin = perf_counter()
        headers = {"Authorization": f"Bearer {key}"}
        connection.request(method, quote(BASE + path, safe="/?&=%:,"), headers=headers)
        reply = connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            raise LoadError(f"{path} answers {reply.status}: {body[:200]!r}")
        return perf_counter() - begin


def control(server: str, method: str, path: str, body: object = None) -> Any:
    """Sends a request to the controls, `path` below `/__mock`, and returns the JSON of the answer."""
    with closing(HTTPConnection(urlsplit(server).netloc, timeout=_PATIENCE_SECONDS)) as connection:
        content = None if body is None else json.dumps(body)
        connection.request(method, f"/__mock{path}", content, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        text = reply.read()
        if reply.status >= 300:
            raise LoadError(f"{method} {path} answers {reply.status}: {text[:200]!r}")
        return json.loads(text) if text else None
