"""A website as data: the members of a file in `fixtures/sites/`, checked when it is loaded."""

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct, field

from mock_server.assets import FIXTURES, read_record
from mock_server.errors import InputError
from mock_server.instants import DAY, instant_of
from mock_server.kinds import in_words
from mock_server.zones import zone_named

SITES = FIXTURES / "sites"
LONGEST_SESSION_MINUTES = 45
MOST_ONLINE = 100_000
"""The maximum number of visitors online; more would make answers too slow."""
# A visit lasts 45 minutes at most and ends after 30 idle ones.
VISIT_SPACING_MINUTES = 75
LONGEST_TEXT = 2_000
# C0 and C1, and the two separators that end a line.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# The limits of `POST /goals` for a goal's metadata.
_MOST_PROPERTIES = 10
_HOST = re.compile(r"[^\s/?#@\\]+")
_PROPERTY_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_LONGEST_VALUE = 255
DEVICES = ("desktop", "mobile", "tablet")
KPI_COLOR_SCHEMES = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "gray")
# In minor units. Reports add up all payments of a site in 64 bits.
_MOST_OF_A_PLAN = 10**12
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

    name: str
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
    goal: str | None = None
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

    name: str = field(default="", name="fileName")
    """The file's name without its ending; set when it is loaded."""
    file: str = ""
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


def load_site(path: Path) -> Site:
    """Returns the site that a file describes.

    Raises InputError, which names the file, the place and the problem.
    """
    site = read_record(path, Site)
    # A text of several lines ends with a line feed.
    site = msgspec.structs.replace(site, description=" ".join(site.description.split()))
    if site.name or site.file:
        raise InputError(path, "a site is named by its file; leave `fileName` and `file` out")
    for place, problem in chain(_text_faults(msgspec.to_builtins(site), "$"), _faults(site)):
        raise InputError(f"{path}: {place}", problem)
    return _named(site, path)


def load_sites(folders: Iterable[Path] = (SITES,)) -> dict[str, Site]:
    """Returns all sites of the folders by name.

    A later folder's site replaces an earlier one of the same name.
    """
    sites: dict[str, Site] = {}
    for folder in folders:
        for path in _site_files(folder):
            sites[path.stem] = load_site(path)
    owners: dict[str, str] = {}
    for name, site in sites.items():
        other = owners.setdefault(site.website_id, name)
        if other != name:
            raise InputError(
                f"{site.file}: $.websiteId", f"the site {other!r} has the id {site.website_id} already"
            )
    return sites


def _site_files(folder: Path) -> list[Path]:
    if folder.is_file():
        raise InputError(folder, "this is a file; give the folder that contains it")
    if not folder.exists():
        raise InputError(folder, "this folder does not exist")
    if not folder.is_dir():
        raise InputError(folder, "this is not a folder; give a folder with site files")
    files = sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))
    if not files:
        raise InputError(folder, "there is no site file (*.yaml) in this folder")
    names = [path.stem for path in files]
    for path in files:
        if names.count(path.stem) > 1:
            raise InputError(path, "the folder has another site file of this name")
    return files


def _named(site: Site, path: Path) -> Site:
    return msgspec.structs.replace(site, name=path.stem, file=str(path))


def _faults(site: Site) -> Iterable[tuple[str, str]]:
    """Yields the errors that involve several members, as pairs of a place and a problem."""
    spike = max((spike.factor for spike in site.spikes), default=1)
    if site.online * max(site.rhythm.hours) * max(site.rhythm.weekdays) * spike > MOST_ONLINE:
        yield "$.rhythm", f"with these factors more than {MOST_ONLINE:,} are online at a time"
    yield from _url_faults(site)
    yield from _host_faults(site)
    yield from _page_faults(site)
    yield from _plan_faults(site)
    yield from _funnel_faults(site)
    yield from _wave_faults(site)
    yield from _regular_faults(site)
    yield from _past_faults(site)
    yield from _settings_faults(site)
    for device in site.devices:
        if device not in DEVICES:
            yield "$.devices", f"{device!r} is not one of {', '.join(DEVICES)}"
    if _is_nothing(site.devices.values()):
        yield "$.devices", "every weight is 0"
    if _is_nothing(source.weight for source in site.sources):
        yield "$.sources", "every weight is 0"
    if "customer" in site.cast and site.money is None:
        yield "$.cast", "a customer needs `money`"
    if site.prediction is not None and site.money is None:
        yield "$.prediction", "a prediction needs `money`"
    if not site.countries and not site.places:
        yield "$.countries", "the site needs `countries` or `places` of its own"
    elif _is_nothing([*site.countries.values(), *(place.weight for place in site.places)]):
        yield "$.countries", "every weight is 0"
    yield from _property_faults(site)


def _text_faults(part: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yields a place and a problem for each text that is too long or has a control character."""
    if isinstance(part, str):
        if len(part) > LONGEST_TEXT:
            yield place, f"the text is longer than {LONGEST_TEXT} characters"
        if _CONTROL.search(part):
            yield place, f"{part[:80]!r} has a control character"
    elif isinstance(part, dict):
        for name, member in part.items():
            yield from _text_faults(name, place)
            yield from _text_faults(member, f"{place}.{name}")
    elif isinstance(part, list | tuple):
        for n, member in enumerate(part):
            yield from _text_faults(member, f"{place}[{n}]")


def _past_faults(site: Site) -> Iterator[tuple[str, str]]:
    since = _day_of(site.since) if site.since is not None else None
    if site.since is not None and since is None:
        yield "$.since", f"{site.since!r} is not a day, such as 2026-02-06"
    if site.growth is not None and site.since is None:
        yield "$.growth", "growth needs `since`, the first day of the website"
    for n, spike in enumerate(site.spikes):
        if _day_of(spike.at) is None:
            yield f"$.spikes[{n}].at", f"{spike.at!r} is not a day, such as 2026-02-06"
    days = site.retention
    if days is not None and days > 1 and days * site.online > MOST_VISITOR_DAYS:
        most = max(1, int(MOST_VISITOR_DAYS / site.online))
        yield "$.retention", f"with {site.online:g} online reports can look back {most} days at most"
    if since is None:
        return
    for n, regular in enumerate(site.regulars):
        try:
            is_earlier = instant_of(regular.since) < since
        except ValueError:
            continue
        if is_earlier:
            yield f"$.regulars[{n}].since", "the visitor is older than the website"


def _day_of(text: str) -> int | None:
    """Returns the beginning of a day in UTC; None if the text is not a date."""
    try:
        instant = instant_of(text)
    except ValueError:
        return None
    return instant if len(text) == 10 and instant % DAY == 0 else None


def _settings_faults(site: Site) -> Iterator[tuple[str, str]]:
    try:
        zone_named(site.timezone)
    except ValueError as error:
        yield "$.timezone", str(error)
    if site.kpi is not None and site.kpi not in site.goal_names():
        yield "$.kpi", f"{site.kpi!r} is not a goal of this site"
    if site.kpi_color_scheme is not None and site.kpi_color_scheme not in KPI_COLOR_SCHEMES:
        yield "$.kpiColorScheme", f"{site.kpi_color_scheme!r} is not one of {', '.join(KPI_COLOR_SCHEMES)}"
    pages = {page.path for page in site.pages}
    placed: set[str] = set()
    for hostname, paths in site.hostnames.items():
        for path in paths:
            if path not in pages:
                yield f"$.hostnames.{hostname}", f"{path!r} is not a page of this site"
            elif path in placed:
                yield f"$.hostnames.{hostname}", f"{path!r} is on another hostname already"
            placed.add(path)


def _is_nothing(weights: Iterable[float]) -> bool:
    """Returns whether the weights add up to 0, or to so little that it is lost by rounding."""
    return sum(weights) < 1e-9


def _url_faults(site: Site) -> Iterator[tuple[str, str]]:
    urls = [(f"$.sources[{n}].referrer", source.referrer) for n, source in enumerate(site.sources)]
    urls += [
        (f"$.pages[{n}].goals[{m}].url", goal.url)
        for n, page in enumerate(site.pages)
        for m, goal in enumerate(page.goals)
    ]
    for place, url in urls:
        try:
            urlsplit(url or "")
        except ValueError as error:
            yield place, f"{url!r} is not a URL: {error}"


def _host_faults(site: Site) -> Iterator[tuple[str, str]]:
    names = [("$.domain", site.domain), *(("$.hostnames", name) for name in site.hostnames)]
    if site.prediction is not None:
        names.extend(("$.prediction.referrer", name) for name in site.prediction.referrer)
    for place, name in names:
        if not _HOST.fullmatch(name):
            yield place, f"{name!r} is not a host name, such as my-shop.example"


def _plan_faults(site: Site) -> Iterator[tuple[str, str]]:
    money = site.money
    for n, plan in enumerate(money.plans if money else ()):
        if money and plan.amount * 10**money.decimals > _MOST_OF_A_PLAN:
            yield f"$.money.plans[{n}].amount", "the amount is too large for reports to add up"


def _page_faults(site: Site) -> Iterable[tuple[str, str]]:
    paths = [page.path for page in site.pages]
    known = set(paths)
    if _is_nothing(page.entry for page in site.pages):
        yield "$.pages", "no page has an `entry` weight"
    for n, page in enumerate(site.pages):
        if not page.path.startswith("/"):
            yield f"$.pages[{n}].path", f"{page.path!r} does not begin with /"
        if paths.index(page.path) != n:
            yield f"$.pages[{n}].path", f"{page.path!r} occurs twice"
        if _is_nothing(page.links.values()):
            yield f"$.pages[{n}].links", f"{page.path!r} links to no page"
        for target in page.links:
            if target not in known:
                yield f"$.pages[{n}].links", f"{target!r} is not a page of this site"
        if sum(goal.chance for goal in page.goals) > 1:
            yield f"$.pages[{n}].goals", "the chances add up to more than 1"
        for m, goal in enumerate(page.goals):
            if goal.type == "external_link" and goal.url is None:
                yield f"$.pages[{n}].goals[{m}]", "an external link needs `url`"


def _funnel_faults(site: Site) -> Iterable[tuple[str, str]]:
    paths = {page.path for page in site.pages}
    funnels = [("$.signup", site.signup), ("$.money.purchase", site.money and site.money.purchase)]
    for place, funnel in funnels:
        for path in funnel.path if funnel else ():
            if path not in paths:
                yield f"{place}.path", f"{path!r} is not a page of this site"
    if sum(funnel.share for _, funnel in funnels if funnel) > 1:
        yield "$.signup.share", "the shares of all funnels together are more than 1"
    if "identified" in site.cast and not (site.signup and site.signup.identifies):
        yield "$.cast", "an identified visitor needs a `signup` that `identifies`"


def _property_faults(site: Site) -> Iterable[tuple[str, str]]:
    for goal, properties in site.goal_properties.items():
        if goal not in site.goal_names():
            yield "$.goalProperties", f"{goal!r} is not a goal of this site"
        if len(properties) > _MOST_PROPERTIES:
            yield f"$.goalProperties.{goal}", f"a goal has at most {_MOST_PROPERTIES} properties"
        for name, weights in properties.items():
            if not _PROPERTY_NAME.fullmatch(name):
                yield f"$.goalProperties.{goal}", f"{name[:80]!r} is not a property name, such as plan_2"
            for value in weights:
                if not 0 < len(value) <= _LONGEST_VALUE:
                    yield f"$.goalProperties.{goal}.{name}", f"a value has 1 to {_LONGEST_VALUE} characters"
            if _is_nothing(weights.values()):
                yield f"$.goalProperties.{goal}.{name}", "every weight is 0"


def _wave_faults(site: Site) -> Iterable[tuple[str, str]]:
    reached, width = 0, 0
    for n, wave in enumerate(site.waves):
        # The visits of one visitor must neither overlap nor change their order.
        least = reached + width + 2**wave.block + VISIT_SPACING_MINUTES
        if wave.gap < least:
            yield f"$.waves[{n}].gap", f"{wave.gap} minutes are too few; at least {least} are needed"
        reached, width = wave.gap, 2**wave.block


def _regular_faults(site: Site) -> Iterable[tuple[str, str]]:
    paths = {page.path for page in site.pages}
    for n, regular in enumerate(site.regulars):
        if regular.entry not in paths:
            yield f"$.regulars[{n}].entry", f"{regular.entry!r} is not a page of this site"
        if regular.customer and site.money is None:
            yield f"$.regulars[{n}].customer", "a customer needs `money`"
        try:
            instant_of(regular.since)
        except ValueError as error:
            yield f"$.regulars[{n}].since", str(error)
