"""What a request was meant to be. The prober sets them; clauses never guess."""

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

REFUSED = frozenset(
    {
        *(NO_CREDENTIAL, UNKNOWN_CREDENTIAL, NO_WEBSITE_ID, UNKNOWN_WEBSITE, NO_PERMISSION, ELSEWHERE),
        *(SUSPENDED, BAD_FIELDS, BAD_VISITOR_ID, UNKNOWN_VISITOR, BOT),
    }
)
"""Requests that the documentation answers with an error of its own."""


def round_of(number: int) -> str:
    """The label of one round of a sandwich."""
    return f"round-{number}"
