"""The habits in which correct servers and their websites differ. Hypothesis draws them."""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

FEBRUARY, JUNE = "2026-02", "2026-06"
NONE, SOME, ALL = "none", "some", "all"

CURRENCIES = {"USD": 2, "EUR": 2, "JPY": 0, "KRW": 0, "KWD": 3, "CLF": 4}
"""Currencies with the number of their decimals."""

_MAP = "visitors.*."
_EVENT, _PAYMENT = "recentEvents.*.", "recentPayments.*."
_PARAMS = ("ref", "source", "via", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
OPTIONAL = (
    *(f"{_MAP}location.{name}" for name in ("city", "region", "countryCode")),
    *(f"{_MAP}{name}" for name in ("referrer", "sessionStartTime", "visitCount", "params")),
    *(f"{_MAP}{name}" for name in ("isCustomer", "customerName", "customerEmail", "conversionLikelihood")),
    *(f"{_MAP}params.{name}" for name in _PARAMS),
    *(f"{_MAP}profileData.{name}" for name in ("displayName", "userId")),
    *(f"{_EVENT}{name}" for name in ("path", "countryCode", "referrer", "customerName", "displayName")),
    *(f"{_PAYMENT}{name}" for name in ("name", "email", "displayName")),
    *(f"identity.{name}" for name in ("country", "countryCode", "region", "city")),
    *(f"identity.params.{name}" for name in _PARAMS),
    *(f"identity.{part}.{name}" for part in ("browser", "os") for name in ("name", "version")),
    *(f"identity.device.{name}" for name in ("type", "vendor", "model")),
    *(f"identity.viewport.{name}" for name in ("width", "height")),
    *(f"activity.{name}" for name in ("firstVisitAt", "lastVisitAt", "currentUrl")),
    "prediction",
)
"""The places of members that no page calls required: a server may send null, or leave them out."""
NULLABLE = (
    *OPTIONAL,
    f"{_MAP}currentUrl",
    *(f"{_MAP}system.{part}.name" for part in ("browser", "os")),
    f"{_MAP}system.device.type",
)
"""Members that may be null."""
OF_JUNE = (f"{_MAP}currentUrl", *(f"{_MAP}system.{part}" for part in ("browser", "os", "device")))
"""Members that may be null, and may be missing, in revision 2026-06 only."""

STAMPS = ("milliseconds", "seconds", "microseconds", "zero offset", "eastern", "small letters")
"""The forms in which a profile may contain an instant: the page says ISO 8601, and has no example."""


@dataclass(frozen=True, slots=True)
class Website:
    """The visitors of a website.

    `moves` is the share of them that come, go or view a page in half a minute.
    """

    crowd: int
    identified: str
    returning: str
    paying: str
    currency: str
    moves: float


@dataclass(frozen=True, slots=True)
class Cache:
    """A cache in front of the server.

    It caches answers to paths that end with one of `paths`, for `seconds`. If `tells_age` is true, it sends
    `Age`; if `keeps_date` is true, it sends the `Date` of the cached answer.
    """

    seconds: float
    paths: tuple[str, ...]
    tells_age: bool
    keeps_date: bool


@dataclass(frozen=True, slots=True)
class Wording:
    """The form of an answer, which does not change its meaning.

    `nulls` and `absent` are places at which the member is null, or missing, in some objects or in all.
    """

    nulls: frozenset[tuple[str, str]]
    absent: frozenset[tuple[str, str]]
    coordinates: str
    has_more: bool
    is_shuffled: bool
    has_points: bool
    stamp: str
    coding: str | None
    content_type: str | None
    goals: str
    goals_fall: bool
    most_listed: int | None
    most_pages: int


@dataclass(frozen=True, slots=True)
class Manners:
    """The manner in which a server answers requests.

    `clock_off` and `delay` are in seconds; `rate` is in requests a minute.
    """

    clock_off: float
    has_date: bool
    delay: float
    cache: Cache | None
    rate: int | None
    waits: str
    elsewhere: int
    unnamed: int
    speaks_of_errors: bool


@dataclass(frozen=True, slots=True)
class Writing:
    """The manner in which a server accepts writes.

    `shows_after` is the time in seconds until answers contain a write. `bad_payment` is the status for an
    invalid payment, `success` the one for everything that is accepted. If `is_cookieless` is true, no
    identity is stored.
    """

    shows_after: float = 0
    message: str = "Done."
    bad_payment: int = 400
    is_cookieless: bool = False
    tells_action: bool = True
    success: int = 200


@dataclass(frozen=True, slots=True)
class Habits:
    """All habits that are drawn for one server. `seed` decides everything that is random."""

    seed: int
    revision: str
    has_model: bool
    counts_minutes: int
    website: Website
    wording: Wording
    manners: Manners
    roles: frozenset[str]
    writing: Writing = Writing()


_PAIR = frozenset({"key", "account"})
_OTHERS = frozenset(
    {"no_permission", "elsewhere", "suspended", "limited", "error_500", "no_model", "unknowns"}
)
# There are only a few tokens, because the kit needs a tenth of a second for each new set of them.
ROLES = (
    frozenset({"key"}),
    frozenset({"account"}),
    _PAIR,
    frozenset({*_PAIR, "visitor_id"}),
    frozenset({"key", "no_model", "unknowns", "bot"}),
    frozenset({*_PAIR, *_OTHERS, "visitor_id", "bot"}),
)
"""Sets of roles for which there are credentials."""

_CALM = 0.2
_shares = st.sampled_from((NONE, SOME, ALL))
_sizes = st.one_of(
    st.sampled_from((0, 1, 1, 2, 3)), st.integers(1, 12), st.integers(1, 12), st.integers(1, 40)
)
_places = st.tuples(st.sampled_from((*OPTIONAL, f"{_MAP}profileData")), st.sampled_from((SOME, ALL)))
_nullable = st.tuples(st.sampled_from(NULLABLE), st.sampled_from((SOME, ALL)))

websites = st.builds(
    Website,
    crowd=_sizes,
    identified=_shares,
    returning=_shares,
    paying=_shares,
    currency=st.sampled_from(tuple(CURRENCIES)),
    moves=st.sampled_from((0.0, 0.0, 0.05, _CALM, 5.0)),
)
caches = st.builds(
    Cache,
    seconds=st.floats(1, 28),
    paths=st.sampled_from((("realtime",), ("map",), ("realtime", "map"), ("",))),
    tells_age=st.booleans(),
    keeps_date=st.booleans(),
)
wordings = st.builds(
    Wording,
    nulls=st.frozensets(_nullable, max_size=5),
    absent=st.frozensets(_places, max_size=5),
    coordinates=st.sampled_from(("numbers", "numbers", "null", "absent", "integers")),
    has_more=st.booleans(),
    is_shuffled=st.booleans(),
    has_points=st.booleans(),
    stamp=st.sampled_from(STAMPS),
    coding=st.sampled_from((None, None, "gzip", "deflate")),
    content_type=st.sampled_from(
        ("application/json", "application/json; charset=utf-8", "application/vnd.datafast+json", None)
    ),
    goals=st.sampled_from(("completedGoals", "completedCustomGoals", "both")),
    goals_fall=st.booleans(),
    most_listed=st.sampled_from((None, None, None, 3, 100)),
    most_pages=st.sampled_from((1, 5, 1000)),
)
manners = st.builds(
    Manners,
    clock_off=st.sampled_from((0.0, 0.0)) | st.floats(-240, 240),
    has_date=st.booleans(),
    delay=st.sampled_from((0.0, 0.0, 0.0, 0.4, 8.0)),
    cache=st.none() | caches,
    rate=st.sampled_from((None, None, 60)),
    waits=st.sampled_from(("seconds", "date", "unix", "milliseconds", "body", "nothing")),
    elsewhere=st.sampled_from((403, 404)),
    unnamed=st.sampled_from((400, 401, 403, 404, 422)),
    speaks_of_errors=st.booleans(),
)


writings = st.builds(
    Writing,
    shows_after=st.sampled_from((0.0, 0.0, 0.3, 1.4, 15.0)),
    message=st.sampled_from(("Done.", "Custom event created successfully", "目标已记录")),
    bad_payment=st.sampled_from((400, 422)),
    is_cookieless=st.booleans(),
    tells_action=st.booleans(),
)


def _calm(drawn: Habits) -> Habits:
    """Returns the habits; with `moves` at most `_CALM` if the server has a cache that sends no `Age`."""
    cache = drawn.manners.cache
    if cache is None or cache.tells_age:
        return drawn
    return replace(drawn, website=replace(drawn.website, moves=min(drawn.website.moves, _CALM)))


habits = st.builds(
    Habits,
    seed=st.integers(0, 2**32),
    revision=st.sampled_from((FEBRUARY, JUNE)),
    has_model=st.booleans(),
    counts_minutes=st.sampled_from((5, 10)),
    website=websites,
    wording=wordings,
    manners=manners,
    roles=st.sampled_from(ROLES),
    writing=writings,
).map(_calm)

PLAIN = Habits(
    seed=0,
    revision=FEBRUARY,
    has_model=True,
    counts_minutes=10,
    website=Website(8, SOME, SOME, SOME, "USD", moves=0.2),
    wording=Wording(
        nulls=frozenset(),
        absent=frozenset(),
        coordinates="numbers",
        has_more=False,
        is_shuffled=False,
        has_points=False,
        stamp="milliseconds",
        coding=None,
        content_type="application/json",
        goals="completedGoals",
        goals_fall=False,
        most_listed=None,
        most_pages=1000,
    ),
    manners=Manners(
        clock_off=0,
        has_date=True,
        delay=0,
        cache=None,
        rate=None,
        waits="seconds",
        elsewhere=404,
        unnamed=400,
        speaks_of_errors=False,
    ),
    roles=_PAIR,
)
"""The plain server, as the pages describe it in revision 2026-02."""
