"""What a request that somebody else sent was meant to be, as far as it shows."""

import re
from collections.abc import Mapping

from contract_tests import labels
from contract_tests.credentials import Credentials
from contract_tests.probes import NO_WEBSITE, NOBODY, UNKNOWN_TOKEN
from contract_tests.recording import VISITOR

UUID_V4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
# What no server can take for something else.
_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DATES = frozenset({"startAt", "endAt"})
_ROLES = {
    "no_permission": labels.NO_PERMISSION,
    "elsewhere": labels.ELSEWHERE,
    "suspended": labels.SUSPENDED,
    "limited": labels.LIMITED,
    "error_500": labels.SERVER_ERROR,
}


def token_label(token: str | None, website_id: str | None, credentials: Credentials) -> str:
    """What a request's token is meant to bring about."""
    if token is None:
        return labels.NO_CREDENTIAL
    if token == UNKNOWN_TOKEN:
        return labels.UNKNOWN_CREDENTIAL
    for role, label in _ROLES.items():
        if token == getattr(credentials, role):
            return label
    if token.startswith("dft_"):
        if not website_id:
            return labels.NO_WEBSITE_ID
        return labels.UNKNOWN_WEBSITE if website_id == NO_WEBSITE else labels.ACCOUNT
    return labels.OK


def request_label(
    operation: str, query: Mapping[str, str], visitor_id: str | None, credentials: Credentials
) -> str | None:
    """What else a request with a good token is meant to bring about; None for nothing in particular."""
    if operation == VISITOR:
        if _WORD.fullmatch(visitor_id or "") and not UUID_V4.search(visitor_id or ""):
            return labels.BAD_VISITOR_ID
        if visitor_id == NOBODY:
            return labels.UNKNOWN_VISITOR
        return labels.BOT if visitor_id == credentials.bot else None
    fields = query.get("fields")
    if fields:
        if fields == "visitors":
            return labels.FIELDS
        # That one may stand beside others, in another case or with white space, nobody forbids.
        return labels.BAD_FIELDS if _WORD.fullmatch(fields) and fields.lower() != "visitors" else None
    return labels.DATES if query.keys() & _DATES else None
