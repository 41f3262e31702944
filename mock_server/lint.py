"""Findings about the requests that a client sent: what works here and still looks wrong."""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import NamedTuple

from mock_server.clock import TICK
from mock_server.journal import Request
from mock_server.prefer import QUERY_PREFIX


class Finding(NamedTuple):
    """One finding: a name for programs and a sentence for people."""

    rule: str
    message: str


def linted(
    requests: Iterable[Request], parameters: Mapping[str, Container[str]]
) -> Iterator[tuple[Request, list[Finding]]]:
    """Each request of one key, oldest first, with what is found about it.

    `parameters` are the documented parameters of each operation, by `operationId`.
    """
    previous: dict[tuple[str, bytes, bytes], Request] = {}
    for request in requests:
        asked = (request.method, request.raw_path, request.raw_query)
        findings = [*_findings(request, parameters)]
        if _is_too_soon(request, previous.get(asked)):
            findings.append(
                Finding(
                    "polling-faster-than-the-data",
                    f"The same was asked less than {TICK // 1000} s before: nothing can have changed.",
                )
            )
        previous[asked] = request
        yield request, findings


def _findings(request: Request, parameters: Mapping[str, Container[str]]) -> Iterator[Finding]:
    query = request.query
    if request.operation is None:
        yield Finding("unknown-route", f"Nothing is at {request.method} {request.path[:200]}.")
        return
    for name, values in query.items():
        if name.startswith(QUERY_PREFIX):
            continue
        if name not in parameters[request.operation]:
            yield Finding("undocumented-parameter", f"No page tells of the parameter {name[:80]!r}.")
        if len(values) > 1:
            yield Finding("repeated-parameter", f"{name[:80]!r} is given {len(values)} times.")
    if request.token == "df_***" and "websiteId" in query:  # noqa: S105 - a masked one
        yield Finding("needless-website-id", "A df_ key names its website already: `websiteId` is ignored.")
    if request.path.rpartition("/")[2].startswith("dfid_"):
        yield Finding("cookie-as-visitor-id", "dfid_… is no visitor id: those are UUIDs.")
    if "authorization" not in request.headers:
        yield Finding("no-authorization", "No Authorization header was sent.")
    if "***" in str(query):
        yield Finding("token-in-url", "A token in a URL ends up in logs: it belongs into Authorization.")


def _is_too_soon(request: Request, previous: Request | None) -> bool:
    """Whether a client asks again within a tick by its own time: the world's may be frozen."""
    if previous is None or previous.status != request.status:
        return False
    return request.at - previous.at < TICK
