"""The exchanges of a HAR file, with labels that say what each request was meant to test."""

from collections import Counter
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from contract_tests.asking import labels
from contract_tests.asking.credentials import Credentials
from contract_tests.asking.har.entries import (
    SENDER,
    TOOL,
    Entry,
    body_of,
    credential_of,
    in_bytes,
    is_whole,
    place_in_time,
    read_entry,
    read_log,
    role_of,
    sent_at,
    token_of,
    trip_of,
)
from contract_tests.asking.har.requested import Requested
from contract_tests.asking.labels import request_label
from contract_tests.document import Document, document
from contract_tests.documented import Match
from contract_tests.eras import with_eras
from contract_tests.exchange import Exchange, is_success_status
from contract_tests.masking import Mask, masked, sender_of
from contract_tests.operations import MAP, VISITOR
from contract_tests.recording import rows

_JOURNAL = "datafast-mock journal"
_SUCCESSES = range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES)
_REDIRECTIONS = range(HTTPStatus.MULTIPLE_CHOICES, HTTPStatus.BAD_REQUEST)
_MALFORMED = "malformed"


def read_har(
    path: Path,
    base: str | None,
    credentials: Credentials,
    *,
    is_trusted: bool = False,
    contract: Document | None = None,
) -> tuple[list[Exchange], Counter[str]]:
    """Returns the exchanges of a file, sorted by time, and the number of entries left out for each reason.

    Only entries whose URL begins with `base` are read; None reads those of every server. `is_trusted` says
    that no token was removed from the file, and that its token is valid. `contract` is the document; None
    stands for the one that the kit ships with. Raises HarError.
    """
    log = read_log(path)
    read = [read_entry(raw) for raw in log.entries]
    entries = sorted(filter(None, read), key=place_in_time)
    creator = log.creator.get("name") if isinstance(log.creator, dict) else None
    let_in = _LetIn(entries, is_trusted=is_trusted)
    mask = credentials.mask(filter(None, map(credential_of, entries)))
    known = Requested(contract or document(), base, entries)
    left = Counter({_MALFORMED: read.count(None)} if None in read else {})
    found, unjudged, met = list[Exchange](), set[int](), set[str]()
    for entry in entries:
        match = known.match(entry)
        reason = _why_left(entry) if match is not None else known.why_none(entry)
        if reason is not None:
            left[reason] += 1
        if match is None:
            continue
        if reason is not None:
            unjudged.add(len(found))
        if creator == TOOL:
            told = _own_labels(entry)
        elif is_trusted and token_of(entry) is None:
            told = frozenset({labels.NO_CREDENTIAL})
        else:
            told = frozenset(_labels(entry, match, met, credentials, let_in))
        exchange = _exchange(entry, match, told, mask, _sender(entry, creator))
        if exchange.operation == MAP and reason is None:
            met |= {str(row.get("visitorId")).lower() for row in rows(exchange.data, "visitors")}
        found.append(exchange)
    # A request whose answer was not recorded may have changed something, too.
    return [exchange for n, exchange in enumerate(with_eras(found)) if n not in unjudged], left


def _own_labels(entry: Entry) -> frozenset[str]:
    """Returns the labels that the kit has written to an entry of its own file."""
    return frozenset(word for word in _words(entry) if not word.startswith(SENDER))


def _words(entry: Entry) -> list[str]:
    return str(entry.comment or "").split()


def _sender(entry: Entry, creator: str | None) -> str | None:
    """Returns a text that is the same for all requests with one token; None if there was no token.

    The kit and the mock's journal mask all tokens in their files. The kit says in the comments whose they
    are. The journal marks each answer by its token and its world, because one token may show several worlds.
    """
    token = token_of(entry)
    if token is None:
        return None
    if creator == _JOURNAL:
        return entry.world if isinstance(entry.world, str) else str(entry.comment or "").partition(":")[0]
    named = [word for word in _words(entry) if word.startswith(SENDER)] if creator == TOOL else []
    return named[0] if named else sender_of(token)


def _why_left(entry: Entry) -> str | None:
    """Returns the reason why an entry of a documented operation is not judged; None if it is judged.

    The mock's journal marks each successful answer by its world, except for examples, which contradict each
    other.
    """
    if entry.cached:
        return "from the browser's cache"
    if entry.response.status in (0, HTTPStatus.NOT_MODIFIED):
        return "without an answer" if entry.response.status == 0 else "not modified"
    if entry.world == "" and is_success_status(entry.response.status):
        return "with an example of the document"
    return None if is_whole(entry.response.content) else "without a recorded body"


class _LetIn:
    """The tokens and the websites of a file with which a request has succeeded.

    Another token may have been revoked, and another website may not exist. `is_trusted` says that all tokens
    are valid.
    """

    def __init__(self, entries: Iterable[Entry], *, is_trusted: bool) -> None:
        succeeded = [entry for entry in entries if entry.response.status in _SUCCESSES]
        self._is_trusted = is_trusted
        self._tokens = {token_of(entry) for entry in succeeded} - {None}
        self._websites = set(map(_website_of, succeeded))

    def has_token(self, entry: Entry) -> bool:
        """Returns whether the token of a request is valid."""
        return self._is_trusted or token_of(entry) in self._tokens

    def is_judged(self, entry: Entry) -> bool:
        """Returns whether an answer is about the contents of its request.

        It is not if it may be about the token, the website or the server's address.
        """
        role, website = role_of(entry), _website_of(entry)
        is_unnamed = role == "account" and website[1] is None
        is_website_known = role == "key" or (website in self._websites and not is_unnamed)
        others = (*_REDIRECTIONS, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        return self.has_token(entry) and is_website_known and entry.response.status not in others


def _website_of(entry: Entry) -> tuple[str | None, str | None]:
    """Returns the token of a request, and its `websiteId`; None without one, or if the URL is odd."""
    try:
        return token_of(entry), _query_of(entry).get("websiteId")
    except ValueError:
        return token_of(entry), None


def _query_of(entry: Entry) -> dict[str, str]:
    """Returns the query of a request, with `&` between several values of a parameter.

    No page says which of the values counts. Raises ValueError for a URL that cannot be parsed.
    """
    found: dict[str, list[str]] = {}
    for name, value in dict.fromkeys(parse_qsl(urlsplit(entry.request.url).query)):
        found.setdefault(name, []).append(value)
    return {name: "&".join(values) for name, values in found.items()}


def _labels(
    entry: Entry, match: Match, met: set[str], credentials: Credentials, let_in: _LetIn
) -> Iterator[str]:
    """Yields the labels of a request that the kit did not send.

    `met` are the ids of the visitors on earlier maps, in lower case. A request without a valid token gets no
    label.
    """
    operation = match.operation.id
    if let_in.has_token(entry) and (role := labels.role_label(role_of(entry))):
        yield role
    if let_in.is_judged(entry):
        visitor_id = match.parameters.get("visitorId")
        label = request_label(operation, _query_of(entry), visitor_id, credentials)
        if label is not None:
            yield label
        if operation == VISITOR and str(visitor_id).lower() in met:
            yield labels.MET


def _exchange(entry: Entry, match: Match, told: frozenset[str], mask: Mask, sender: str | None) -> Exchange:
    token = token_of(entry)
    return Exchange(
        method=match.operation.method,
        url=mask.text(entry.request.url),
        operation=match.operation.id,
        labels=told,
        sent=sent_at(entry),
        trip=trip_of(entry),
        status=entry.response.status,
        headers={mask.text(p.name.lower()): mask.text(p.value) for p in entry.response.headers},
        body=mask.body(body_of(entry.response.content)),
        token=None if token is None else masked(token),
        sender=sender,
        path=match.parameters,
        successes=match.operation.successes,
        request_body=b"" if entry.request.sent is None else mask.body(in_bytes(entry.request.sent.text)),
    )
