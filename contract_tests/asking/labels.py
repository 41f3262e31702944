"""Labels: what a request was meant to be. The prober sets them; clauses never guess."""

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
PAGE = "page"

ROUNDS = 3
"""How many rounds of map, counter, map a sandwich has."""

REFUSED = frozenset(
    {
        *(NO_CREDENTIAL, UNKNOWN_CREDENTIAL, NO_WEBSITE_ID, UNKNOWN_WEBSITE, NO_PERMISSION, ELSEWHERE),
        *(SUSPENDED, BAD_FIELDS, BAD_VISITOR_ID, UNKNOWN_VISITOR, BOT, WRONG_KIND, UNKNOWN_RESOURCE),
    }
)
"""The labels of requests that the documentation answers with an error of its own."""


def round_of(number: int) -> str:
    """The label of one round of a sandwich."""
    return f"round-{number}"


def page_of(limit: int, offset: int) -> str:
    """The label of a request for one page."""
    return f"page-{limit}-{offset}"


def asked_page(found: frozenset[str]) -> tuple[int, int] | None:
    """The `limit` and `offset` that the labels of a request tell; None for a request of no page."""
    told = next((label for label in found if label.startswith("page-")), None)
    if told is None:
        return None
    _, limit, offset = told.split("-")
    return int(limit), int(offset)
