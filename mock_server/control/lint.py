"""The findings about a client's requests: mistakes that the mock accepts."""

from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from contract_tests.quoting import quoted
from contract_tests.tokens import has_token
from mock_server.contract.operations import WEBSITE_ID
from mock_server.faults.prefer import QUERY_PREFIX
from mock_server.serving.context import REQUEST
from mock_server.state.clock import TICK
from mock_server.state.entries import Request

_MOST_FINDINGS = 20
"""The maximum number of findings about one request, because a query can have thousands of parameters."""


class Finding(NamedTuple):
    """A finding: a name for programs and a sentence for people."""

    rule: str
    message: str


class Documented(NamedTuple):
    """The parts of the document with which requests are compared."""

    parameters: Mapping[str, Container[str]]
    """The documented parameters by `operationId`; operations that are not mocked yet are left out."""
    with_slash: Container[str]
    """The operations whose paths end with a slash."""
    without_token: Container[str]
    """The operations that need no token."""


def linted(
    requests: Iterable[Request], documented: Documented, wanted: Container[int]
) -> Iterator[tuple[Request, list[Finding]]]:
    """Yields the requests with the wanted numbers, oldest first, each with its findings.

    `requests` are all requests of one key, since a finding may depend on an earlier request.
    """
    previous: dict[tuple[str | bytes, ...], Request] = {}
    for request in requests:
        line = request.sent[:3]
        if request.number in wanted:
            findings = islice(_findings(request, documented), _MOST_FINDINGS)
            yield request, [*findings, *_haste(request, previous.get(line))]
        previous[line] = request


def _findings(request: Request, documented: Documented) -> Iterator[Finding]:
    if any(has_token(part.decode("latin-1")) for part in (request.sent.path, request.sent.query)):
        yield Finding(
            "token-in-url", "A token in a URL ends up in logs: send it in the Authorization header."
        )
    query = request.query
    if request.decided_by == REQUEST:
        # The request was refused before anything looked at its path.
        return
    if request.operation is None:
        yield Finding("unknown-route", f"There is nothing at {request.method} {request.path[:200]}.")
        return
    if request.sent.path.endswith(b"/") != (request.operation in documented.with_slash):
        yield Finding("slash-at-the-end", "The documented path differs in the slash at its end.")
    known = documented.parameters.get(request.operation)
    for name, values in query.items():
        if name.startswith(QUERY_PREFIX):
            continue
        if known is not None and name not in known:
            yield Finding("undocumented-parameter", f"The parameter {quoted(name[:80])} is not documented.")
        if len(values) > 1:
            yield Finding("repeated-parameter", f"{quoted(name[:80])} is given {len(values)} times.")
    if request.caller.token == "df_***" and WEBSITE_ID in query:  # noqa: S105 - a mask
        yield Finding("needless-website-id", "A df_ key belongs to one website: `websiteId` is ignored.")
    if request.path.removesuffix("/").rpartition("/")[2].startswith("dfid_"):
        yield Finding("cookie-as-visitor-id", "dfid_… is a cookie, not a visitor id: visitor ids are UUIDs.")
    if request.operation not in documented.without_token and request.has_header("authorization", None):
        yield Finding("no-authorization", "No Authorization header was sent.")


def _haste(request: Request, previous: Request | None) -> Iterator[Finding]:
    """Yields a finding if a GET or HEAD is repeated within a second, although the answer cannot have changed.

    `previous` is the latest request with the same method, path and query; None if there is none.
    """
    if (
        request.method not in ("GET", "HEAD")
        or previous is None
        or previous.status != request.status
        or previous.instant != request.instant
    ):
        return
    if request.at - previous.at < TICK:
        problem = f"The same request came less than {TICK // 1000} s before: the answer cannot have changed."
        yield Finding("polling-faster-than-the-data", problem)
