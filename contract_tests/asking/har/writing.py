"""The runs of the kit as HAR files."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import harfile

from contract_tests.asking.har.entries import SENDER, TOOL
from contract_tests.exchange import Exchange
from contract_tests.tokens import without_tokens

_SECRET_HEADERS = frozenset({"set-cookie", "authorization"})


def write_har(path: Path, exchanges: Sequence[Exchange]) -> None:
    """Writes a run to a HAR file, without its tokens.

    The comment of each entry contains the labels of its request, and a number for its token.
    """
    senders = dict.fromkeys(exchange.sender for exchange in exchanges if exchange.sender is not None)
    numbers = {sender: {f"{SENDER}{number}"} for number, sender in enumerate(senders, 1)}
    path.parent.mkdir(parents=True, exist_ok=True)
    creator = harfile.Creator(name=TOOL, version=version(TOOL))
    with path.open("w", encoding="utf-8") as file, harfile.open(file, creator=creator) as har:
        for exchange in exchanges:
            har.add_entry(
                startedDateTime=datetime.fromtimestamp((exchange.sent or 0) / 1000, UTC),
                time=exchange.trip,
                request=_written_request(exchange),
                response=_written_response(exchange),
                timings=harfile.Timings(send=0, wait=exchange.trip, receive=0),
                comment=" ".join(sorted(exchange.labels | numbers.get(exchange.sender or "", set()))),
            )


def _written_request(exchange: Exchange) -> harfile.Request:
    url = without_tokens(exchange.url)
    headers = [harfile.Record(name="Accept", value="application/json")]
    if exchange.token is not None:
        headers.append(harfile.Record(name="Authorization", value=f"Bearer {exchange.token}"))
    query = [harfile.Record(name=name, value=value) for name, value in parse_qsl(urlsplit(url).query, True)]
    return harfile.Request(
        method=exchange.method,
        url=url,
        httpVersion="HTTP/1.1",
        headers=headers,
        queryString=query,
        postData=_written_body(exchange),
    )


def _written_body(exchange: Exchange) -> harfile.PostData | None:
    if not exchange.request_body:
        return None
    text = without_tokens(exchange.request_body.decode("utf-8", "replace"))
    return harfile.PostData(mimeType="application/json", text=text)


def _written_response(exchange: Exchange) -> harfile.Response:
    kind = exchange.headers.get("content-type", "")
    try:
        text, encoding = without_tokens(exchange.body.decode("utf-8")), None
        size = len(text.encode())
    except UnicodeDecodeError:
        text, encoding = base64.b64encode(exchange.body).decode(), "base64"
        size = len(exchange.body)
    return harfile.Response(
        status=exchange.status,
        statusText=_phrase(exchange.status),
        httpVersion="HTTP/1.1",
        headers=[harfile.Record(name=name, value=value) for name, value in _shown(exchange.headers)],
        content=harfile.Content(size=size, mimeType=kind, text=text, encoding=encoding),
    )


def _shown(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        yield name, "***" if name in _SECRET_HEADERS else without_tokens(value)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
