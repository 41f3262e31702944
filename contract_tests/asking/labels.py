"""Labels: words that say what a request was meant to test.

Probes set them. A request that the kit did not send gets the labels that follow from its contents.
"""

import re
from collections.abc import Mapping

from contract_tests.asking.credentials import Credentials
from contract_tests.families import BY_HAND
from contract_tests.operations import VISITOR

OK = "ok"
POLL = "poll"
NO_CREDENTIAL = "no-credential"
UNKNOWN_CREDENTIAL = "unknown-credential"
ACCOUNT = "account-token"
NO_WEBSITE_ID = "no-website-id"
UNKNOWN_WEBSITE = "unknown-website"
NO_PERMISSION = "no-permission"
ELSEWHERE = "elsewhere"
SUSPENDED = "suspended"
LIMITED = "limited"
SERVER_ERROR = "server-error"
FIELDS = "fields"
BAD_FIELDS = "bad-fields"
BAD_VISITOR_ID = "bad-visitor-id"
UNKNOWN_VISITOR = "unknown-visitor"
BOT = "bot"
MET = "met-on-the-map"
SUPERFLUOUS = "superfluous"
DATES = "dates"
SANDWICH = "sandwich"
WRONG_KIND = "wrong-kind-of-token"
UNKNOWN_RESOURCE = "unknown-resource"
WITH_KEY = "with-the-key"
WITH_ACCOUNT = "with-the-account-token"
PRESENT = "present"
FILTERED = "filtered"
ONE_DATE, NO_FIELDS, BAD_INTERVAL = "one-date", "no-fields", "bad-interval"
TWO_CONDITIONS = "two-conditions"

BEFORE, AFTER, REMOVED = "before-writing", "after-writing", "after-removing"
"""The labels of answers that are read before the writes, after the writes, and after the removals."""
GOAL, OTHER_GOAL = "goal", "another-goal"
PAYMENT, PAYMENT_AGAIN, EARLIER_PAYMENT = "payment", "payment-again", "earlier-payment"
IDENTITY, IDENTITY_AGAIN, IDENTITY_MORE = "identity", "identity-again", "more-of-the-identity"
REMOVAL = "removal"
ANOTHER_WEBSITE = "another-website"
CLEANING = "cleaning"

MISSING, BAD_NAME, RESERVED_NAME, BAD_METADATA = "missing", "bad-name", "reserved-name", "bad-metadata"
NO_JSON, NO_PAGE_VIEWS, BAD_AMOUNT, BAD_CURRENCY = "no-json", "no-page-views", "bad-amount", "bad-currency"
NO_FILTER, BAD_FILTER, HALF_PERIOD = "no-filter", "bad-filter", "half-a-period"
UNKNOWN_TRANSACTION, BAD_ID, TOO_LONG = "unknown-transaction", "bad-id", "too-long"

ROUNDS = 3
"""The number of rounds. In each round the counter is requested between two maps."""

REFUSED = frozenset(
    {
        *(NO_CREDENTIAL, UNKNOWN_CREDENTIAL, NO_WEBSITE_ID, UNKNOWN_WEBSITE, NO_PERMISSION, ELSEWHERE),
        *(SUSPENDED, BAD_FIELDS, BAD_VISITOR_ID, UNKNOWN_VISITOR, BOT, WRONG_KIND, UNKNOWN_RESOURCE),
        *(MISSING, BAD_NAME, RESERVED_NAME, BAD_METADATA, NO_JSON, NO_PAGE_VIEWS, BAD_AMOUNT, BAD_CURRENCY),
        *(NO_FILTER, BAD_FILTER, HALF_PERIOD, UNKNOWN_TRANSACTION, BAD_ID, TOO_LONG),
        *(ONE_DATE, NO_FIELDS, BAD_INTERVAL, TWO_CONDITIONS),
    }
)
"""The labels of requests that must be answered with an error, according to the documentation."""


UNKNOWN_TOKEN = "df_nobody_has_this_key"  # noqa: S105 - it opens nothing
NOBODY, NO_WEBSITE = "00000000-0000-4000-8000-000000000000", "000000000000000000000000"
"""The ids of a visitor and of a website that do not exist."""

_UUID_V4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
# A word without commas, spaces or other characters at which a server might split it into several values.
_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DATES = frozenset({"startAt", "endAt"})
_ROLES = {
    "no_permission": NO_PERMISSION,
    "elsewhere": ELSEWHERE,
    "suspended": SUSPENDED,
    "limited": LIMITED,
    "error_500": SERVER_ERROR,
}


def is_visitor_id(text: str) -> bool:
    """Returns whether a text contains a UUID of version 4."""
    return _UUID_V4.search(text) is not None


def role_label(role: str) -> str | None:
    """Returns the label for the role of a request's token; None for a role that has no label."""
    return {"key": WITH_KEY, "account": WITH_ACCOUNT}.get(role)


def round_of(number: int) -> str:
    """Returns the label of the requests of one round, by its number from 0."""
    return f"round-{number}"


def token_label(
    token: str | None, website_id: str | None, credentials: Credentials, *, takes_website: bool
) -> str:
    """Returns the label for a request's token.

    `website_id` is the website that the request names; None if it names none. `takes_website` says that the
    operation has a parameter for it.
    """
    if token is None:
        return NO_CREDENTIAL
    if token == UNKNOWN_TOKEN:
        return UNKNOWN_CREDENTIAL
    for role, label in _ROLES.items():
        if token == getattr(credentials, role):
            return label
    if token.startswith("dft_"):
        if takes_website and not website_id:
            return NO_WEBSITE_ID
        return UNKNOWN_WEBSITE if website_id == NO_WEBSITE else ACCOUNT
    return OK


def request_label(
    operation: str, query: Mapping[str, str], visitor_id: str | None, credentials: Credentials
) -> str | None:
    """Returns the label for the visitor id or the query of a request with a valid token.

    Returns None if neither tests anything in particular.
    """
    if operation == VISITOR:
        return _visitor_label(visitor_id or "", credentials)
    return _query_label(query) if operation in BY_HAND else None


def _visitor_label(visitor_id: str, credentials: Credentials) -> str | None:
    if _WORD.fullmatch(visitor_id) and not is_visitor_id(visitor_id):
        return BAD_VISITOR_ID
    if visitor_id == NOBODY:
        return UNKNOWN_VISITOR
    return BOT if visitor_id == credentials.bot else None


def _query_label(query: Mapping[str, str]) -> str | None:
    fields = query.get("fields")
    if not fields:
        return DATES if query.keys() & _DATES else None
    if fields == "visitors":
        return FIELDS
    # No page forbids other fields beside `visitors`, capital letters, or white space.
    return BAD_FIELDS if _WORD.fullmatch(fields) and fields.lower() != "visitors" else None
