"""What a request that somebody else sent was meant to be, as far as it shows."""

import re
from collections.abc import Mapping

from contract_tests.asking import labels
from contract_tests.asking.credentials import Credentials
from contract_tests.asking.probes.probe import UNKNOWN_TOKEN
from contract_tests.asking.rules import NO_WEBSITE, NOBODY
from contract_tests.families import VISITOR, WRITTEN

UUID_V4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
# A word that no server can take for something else.
_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DATES = frozenset({"startAt", "endAt"})
_ROLES = {
    "no_permission": labels.NO_PERMISSION,
    "elsewhere": labels.ELSEWHERE,
    "suspended": labels.SUSPENDED,
    "limited": labels.LIMITED,
    "error_500": labels.SERVER_ERROR,
}


def token_label(
    token: str | None, website_id: str | None, credentials: Credentials, *, takes_website: bool
) -> str:
    """The label for a request's token.

    `website_id` is the website that the request names, if any; `takes_website` says that the operation has a
    query parameter for it.
    """
    if token is None:
        return labels.NO_CREDENTIAL
    if token == UNKNOWN_TOKEN:
        return labels.UNKNOWN_CREDENTIAL
    for role, label in _ROLES.items():
        if token == getattr(credentials, role):
            return label
    if token.startswith("dft_"):
        if takes_website and not website_id:
            return labels.NO_WEBSITE_ID
        return labels.UNKNOWN_WEBSITE if website_id == NO_WEBSITE else labels.ACCOUNT
    return labels.OK


def request_label(
    operation: str, query: Mapping[str, str], visitor_id: str | None, credentials: Credentials
) -> str | None:
    """A further label for a request with a good token; None for a request like any other."""
    if operation == VISITOR:
        return _visitor_label(visitor_id or "", credentials)
    return _query_label(query) if operation in WRITTEN else None


def _visitor_label(visitor_id: str, credentials: Credentials) -> str | None:
    if _WORD.fullmatch(visitor_id) and not UUID_V4.search(visitor_id):
        return labels.BAD_VISITOR_ID
    if visitor_id == NOBODY:
        return labels.UNKNOWN_VISITOR
    return labels.BOT if visitor_id == credentials.bot else None


def _query_label(query: Mapping[str, str]) -> str | None:
    fields = query.get("fields")
    if not fields:
        return labels.DATES if query.keys() & _DATES else None
    if fields == "visitors":
        return labels.FIELDS
    # No page forbids `visitors` beside others, in another case or with white space.
    return labels.BAD_FIELDS if _WORD.fullmatch(fields) and fields.lower() != "visitors" else None
