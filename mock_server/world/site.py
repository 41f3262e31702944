"""A website as data: the members of a site file, each with the values that it may have."""

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from mock_server.kinds import UNWRITTEN, in_words

LONGEST_SESSION_MINUTES = 45
MOST_ONLINE = 100_000
"""The maximum number of visitors online; more would make answers too slow."""
# A visit lasts 45 minutes at most and ends after 30 idle ones.
VISIT_SPACING_MINUTES = 75
LONGEST_TEXT = 2_000
DEVICES = ("desktop", "mobile", "tablet")
PARAMS = ("ref", "source", "via", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
"""The URL parameters of a source that answers show (page 002)."""
KPI_COLOR_SCHEMES = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "gray")
HOST = re.compile(r"[^\s/?#@\\]+")
"""The form of a host name, with or without a port. Reports take what is before a blank for a path."""
MOST_VISITOR_DAYS = 60_000
"""The limit of visitors online times the days that reports look back; more would take too long."""
_USUAL_RETENTION = 1_100

Share = Annotated[float, Meta(ge=0, le=1)]
# Bounds that no real site reaches, so that no sum or product of such numbers becomes infinite.
Weight = Annotated[float, Meta(ge=0, le=1e9)]
Amount = Annotated[float, Meta(ge=0, le=1e12)]
Factor = Annotated[float, Meta(ge=1e-9, le=1e9)]
Few = Meta(max_length=100)
Many = Meta(max_length=2_000)
ObjectId = Annotated[
    str,
    Meta(pattern="^[0-9a-f]{24}$", extra=in_words("a text of 24 hexadecimal digits, with small letters,")),
]
UuidV4 = Annotated[
    str,
    Meta(
        pattern="^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        extra=in_words("a UUID of version 4, with small letters,"),
    ),
]
CountryCode = Annotated[
    str, Meta(pattern="^[A-Z]{2}$", extra=in_words("a country code of two capital letters, such as DE,"))
]


class _Record(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A record, whose members are spelt in camelCase as in the API; unknown members are refused."""


class Rhythm(_Record, frozen=True, kw_only=True):
    """The factors for the rate of arrivals, by hour and weekday in UTC (the week begins on Monday)."""

    hours: Annotated[tuple[Weight, ...], Meta(min_length=24, max_length=24)]
    weekdays: Annotated[tuple[Weight, ...], Meta(min_length=7, max_length=7)]


class Growth(_Record, frozen=True, kw_only=True):
    """The growth of a site: the share `start` of its visitors at `since`, and all of them `days` later."""

    start: Annotated[float, Meta(gt=0, le=1)]
    days: Annotated[int, Meta(ge=1, le=36_500)]


class Spike(_Record, frozen=True, kw_only=True):
    """A day with `factor` times the usual visitors; the excess then halves every `half_life` days."""

    at: str
    factor: Annotated[float, Meta(ge=1, le=100)]
    half_life: Annotated[float, Meta(gt=0, le=365)] = 1


class Visits(_Record, frozen=True, kw_only=True):
    """The length of visits: the share `bounce` has one page view, the others last `minutes` on average."""

    bounce: Share
    minutes: Annotated[float, Meta(gt=0, le=20)]
    views_per_minute: Annotated[float, Meta(gt=0, le=4)]


class Wave(_Record, frozen=True, kw_only=True):
    """A wave of return visits: `share` of the visitors come back about `gap` minutes after their first visit.

    The visits are spread over blocks of 2**block minutes.
    """

    share: Share
    block: Annotated[int, Meta(ge=0, le=20)]
    gap: Annotated[int, Meta(ge=0, le=525_600)]


class Goal(_Record, frozen=True, kw_only=True):
    """A goal that visitors reach on a page: a custom goal, or a click on a link to another website."""

    name: Annotated[str, Meta(min_length=1)]
    chance: Share
    type: Literal["custom", "external_link"] = "custom"
    description: str | None = None
    url: str | None = None


class Page(_Record, frozen=True, kw_only=True):
    """A page, the weight with which visits begin there, and the weights of the pages that follow."""

    path: str
    entry: Weight = 0
    links: Mapping[str, Weight] = {}
    goals: Annotated[tuple[Goal, ...], Few] = ()


class Source(_Record, frozen=True, kw_only=True):
    """The source of sessions: a referrer, URL parameters, and the name of an advertisement's click id."""

    weight: Weight
    referrer: str | None = None
    params: Mapping[str, str] = {}
    ad_click_id: str | None = None


class Funnel(_Record, frozen=True, kw_only=True):
    """Pages at the end of a visit that lead to a goal; `share` of the visits take them."""

    share: Share
    path: Annotated[tuple[str, ...], Meta(min_length=1, max_length=6)]
    goal: Annotated[str, Meta(min_length=1)] | None = None
    description: str | None = None
    identifies: bool = False


class Plan(_Record, frozen=True, kw_only=True):
    """A plan that visitors buy, at `amount` major units of the site's currency."""

    name: str
    amount: Amount
    weight: Weight = 1


class Money(_Record, frozen=True, kw_only=True):
    """The plans and payments of a site. One major unit of `currency` is worth `usd_rate` US dollars."""

    currency: Annotated[
        str,
        Meta(pattern="^[A-Z]{3}$", extra=in_words("a currency code of three capital letters, such as EUR,")),
    ]
    decimals: Annotated[int, Meta(ge=0, le=4)] = 2
    usd_rate: Factor = 1
    plans: Annotated[tuple[Plan, ...], Meta(min_length=1, max_length=100)]
    purchase: Funnel
    renewal: Share = 0
    """The probability of each of the twelve monthly renewals; 0 if there are no subscriptions."""


class Lift(_Record, frozen=True, kw_only=True):
    """The factors by which one value of a dimension changes the baseline."""

    rate: Factor = 1
    value: Factor = 1


class Prediction(_Record, frozen=True, kw_only=True):
    """The conversion model: a baseline, and its lifts by dimension and value."""

    conversion_rate: Share
    average_value: Amount
    device: Mapping[str, Lift] = {}
    os: Mapping[str, Lift] = {}
    browser: Mapping[str, Lift] = {}
    country: Mapping[str, Lift] = {}
    referrer: Mapping[str, Lift] = {}
    """The lifts by the referrer's host name."""


class Regular(_Record, frozen=True, kw_only=True):
    """A visitor with a fixed id, who comes back every `every_days` days from `since` on."""

    visitor_id: UuidV4
    city: str
    country_code: CountryCode
    device: str
    os: str
    browser: str
    since: str
    every_days: Annotated[int, Meta(ge=1, le=36_500)] = 7
    entry: str
    customer: bool = False


class OwnPlace(_Record, frozen=True, kw_only=True):
    """A place that only this site's visitors come from."""

    city: str | None = None
    region: str | None = None
    country_code: CountryCode | None = None
    country: str | None = None
    latitude: Annotated[float, Meta(ge=-90, le=90)] = 0
    longitude: Annotated[float, Meta(ge=-180, le=180)] = 0
    weight: Weight = 1


class OwnPerson(_Record, frozen=True, kw_only=True):
    """A name that only this site's visitors have; `handle` makes e-mail address and user id."""

    name: str
    handle: Annotated[
        str, Meta(pattern="^[a-z0-9.]+$", extra=in_words("a text of small letters, digits and dots"))
    ]
    company: str = ""


class Site(_Record, frozen=True, kw_only=True):
    """One website. `online` is the mean number of active visitors."""

    name: Annotated[str, Meta(extra=UNWRITTEN)] = field(default="", name="fileName")
    """The file's name without its ending; set when it is loaded."""
    file: Annotated[str, Meta(extra=UNWRITTEN)] = ""
    """The path of the file, which is set when it is loaded."""
    title: str | None = field(default=None, name="name")
    """The display name of the website; None if it is its domain."""
    logo: str | None = None
    """The URL of an image; None if there is none."""
    website_id: ObjectId
    domain: str
    description: str
    online: Annotated[float, Meta(ge=0, le=MOST_ONLINE)]
    since: str | None = None
    """The day in UTC on which the website began; None if it has always existed."""
    retention: Annotated[int, Meta(ge=1, le=36_500)] | None = None
    """The number of days that reports look back; None means as many as a site of this size can have."""
    timezone: str = "UTC"
    """The time zone of reports, unless a request names another one, as an IANA name."""
    hostnames: Annotated[Mapping[str, tuple[str, ...]], Meta(max_length=20)] = {}
    """Further hostnames, each with the paths of its pages; all other pages belong to the domain."""
    kpi: str | None = None
    """The goal that matters most; None if there is none."""
    kpi_color_scheme: str | None = None
    """The name of a colour; None means the usual one."""
    growth: Growth | None = None
    spikes: Annotated[tuple[Spike, ...], Meta(max_length=20)] = ()
    rhythm: Rhythm
    visits: Visits
    waves: Annotated[tuple[Wave, ...], Meta(max_length=5)] = ()
    pages: Annotated[tuple[Page, ...], Meta(min_length=1, max_length=2_000)]
    sources: Annotated[tuple[Source, ...], Meta(min_length=1, max_length=2_000)]
    countries: Mapping[str, Weight] = {}
    """Weights by country code; `"*"` is the weight of all others together."""
    devices: Mapping[str, Weight]
    """Weights of `desktop`, `mobile` and `tablet`."""
    signup: Funnel | None = None
    goal_properties: Mapping[str, Annotated[Mapping[str, Annotated[Mapping[str, Weight], Few]], Few]] = {}
    """The properties with which custom goals are completed: weights of values, by goal and property."""
    money: Money | None = None
    prediction: Prediction | None = None
    cast: tuple[Literal["customer", "identified", "returning", "anonymous"], ...] = ()
    """The roles of visitors who are always online.

    Each role has one visitor at a time; every half hour another visitor takes over.
    """
    regulars: Annotated[tuple[Regular, ...], Many] = ()
    bots: Annotated[tuple[UuidV4, ...], Many] = ()
    """The ids of visitors who are flagged as bots; no answer contains them."""
    unlocated: Share = 0
    """The share of visitors of whom only the country is known."""
    withheld: Share = 0
    """The share of visitors of whom everything that may be null is null."""
    places: Annotated[tuple[OwnPlace, ...], Many] = ()
    people: Annotated[tuple[OwnPerson, ...], Many] = ()

    @property
    def tracking_id(self) -> str:
        """The id by which pages of the website name it when they send events."""
        return tracking_id_of(self.website_id)

    def page(self, path: str) -> Page:
        """Returns the page at `path`, which must exist."""
        return next(page for page in self.pages if page.path == path)

    def hostname_of(self, path: str) -> str:
        """Returns the hostname of a page."""
        return next((name for name, paths in self.hostnames.items() if path in paths), self.domain)

    def goal_names(self) -> list[str]:
        """Returns the names of all custom goals, each once."""
        funnels = (self.signup, self.money and self.money.purchase)
        names = [goal.name for page in self.pages for goal in page.goals if goal.type == "custom"]
        names += [funnel.goal for funnel in funnels if funnel and funnel.goal]
        return list(dict.fromkeys(names))

    def retained_days(self) -> int:
        """Returns the number of days that reports look back, not counting today."""
        most = max(1, int(MOST_VISITOR_DAYS / max(self.online, 1)))
        return self.retention or min(_USUAL_RETENTION, most)


def tracking_id_of(owner: str) -> str:
    """Returns the tracking id for a website's id or for a token. The token cannot be derived from it."""
    return f"dfid_{blake2b(owner.encode(), digest_size=12, person=b'tracking').hexdigest()}"
