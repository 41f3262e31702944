"""What is wrong with the members of a site file, as far as no type shows it."""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from contract_tests.quoting import quoted
from mock_server.instants import DAY, instant_of
from mock_server.world.site import (
    DEVICES,
    HOST,
    KPI_COLOR_SCHEMES,
    LONGEST_TEXT,
    MOST_ONLINE,
    MOST_VISITOR_DAYS,
    PARAMS,
    VISIT_SPACING_MINUTES,
    Site,
)
from mock_server.zones import zone_named

# C0 and C1, and the two separators that end a line.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# The limits of `POST /goals` for a goal's metadata.
_MOST_PROPERTIES = 10
_PROPERTY_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_LONGEST_VALUE = 255
# In minor units. Reports add up all payments of a site in 64 bits.
_MOST_OF_A_PLAN = 10**12


def problems_of(site: Site) -> Iterator[tuple[str, str]]:
    """Yields the problems that no type shows, each as a place in the file and a sentence."""
    yield from _text_problems(msgspec.to_builtins(site), "$")
    spike = max((spike.factor for spike in site.spikes), default=1)
    if site.online * max(site.rhythm.hours) * max(site.rhythm.weekdays) * spike > MOST_ONLINE:
        yield "$.rhythm", f"with these factors more than {MOST_ONLINE:,} are online at a time"
    yield from _url_problems(site)
    yield from _source_problems(site)
    yield from _host_problems(site)
    yield from _page_problems(site)
    yield from _plan_problems(site)
    yield from _funnel_problems(site)
    yield from _wave_problems(site)
    yield from _regular_problems(site)
    yield from _past_problems(site)
    yield from _settings_problems(site)
    for device in site.devices:
        if device not in DEVICES:
            yield "$.devices", f"{quoted(device)} is not one of {', '.join(DEVICES)}"
    if _is_nothing(site.devices.values()):
        yield "$.devices", "every weight is 0"
    if _is_nothing(source.weight for source in site.sources):
        yield "$.sources", "every weight is 0"
    for role in dict.fromkeys(site.cast):
        if site.cast.count(role) > 1:
            yield "$.cast", f"{quoted(role)} occurs twice; each role has one visitor at a time"
    if "customer" in site.cast and site.money is None:
        yield "$.cast", "a customer needs `money`"
    if site.prediction is not None and site.money is None:
        yield "$.prediction", "a prediction needs `money`"
    if not site.countries and not site.places:
        yield "$.countries", "the site needs `countries` or `places` of its own"
    elif _is_nothing([*site.countries.values(), *(place.weight for place in site.places)]):
        yield "$.countries", "every weight is 0"
    yield from _property_problems(site)


def _text_problems(part: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yields a place and a problem for each text that is too long or has a control character."""
    if isinstance(part, str):
        if len(part) > LONGEST_TEXT:
            yield place, f"the text is longer than {LONGEST_TEXT} characters"
        if _CONTROL.search(part):
            yield place, f"{quoted(part[:80])} has a control character"
    elif isinstance(part, dict):
        for name, member in part.items():
            yield from _text_problems(name, place)
            yield from _text_problems(member, f"{place}.{name}")
    elif isinstance(part, list | tuple):
        for n, member in enumerate(part):
            yield from _text_problems(member, f"{place}[{n}]")


def _past_problems(site: Site) -> Iterator[tuple[str, str]]:
    since = _day_of(site.since) if site.since is not None else None
    if site.since is not None and since is None:
        yield "$.since", f"{quoted(site.since)} is not a day, such as 2026-02-06"
    if site.growth is not None and site.since is None:
        yield "$.growth", "growth needs `since`, the first day of the website"
    for n, spike in enumerate(site.spikes):
        if _day_of(spike.at) is None:
            yield f"$.spikes[{n}].at", f"{quoted(spike.at)} is not a day, such as 2026-02-06"
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


def _settings_problems(site: Site) -> Iterator[tuple[str, str]]:
    try:
        zone_named(site.timezone)
    except ValueError as error:
        yield "$.timezone", str(error)
    if site.kpi is not None and site.kpi not in site.goal_names():
        yield "$.kpi", f"{quoted(site.kpi)} is not a goal of this site"
    if site.kpi_color_scheme is not None and site.kpi_color_scheme not in KPI_COLOR_SCHEMES:
        yield (
            "$.kpiColorScheme",
            f"{quoted(site.kpi_color_scheme)} is not one of {', '.join(KPI_COLOR_SCHEMES)}",
        )
    pages = {page.path for page in site.pages}
    placed: set[str] = set()
    for hostname, paths in site.hostnames.items():
        for path in paths:
            if path not in pages:
                yield f"$.hostnames.{hostname}", f"{quoted(path)} is not a page of this site"
            elif path in placed:
                yield f"$.hostnames.{hostname}", f"{quoted(path)} is on another hostname already"
            placed.add(path)


def _is_nothing(weights: Iterable[float]) -> bool:
    """Returns whether the weights add up to 0, or to so little that it is lost by rounding."""
    return sum(weights) < 1e-9


def _url_problems(site: Site) -> Iterator[tuple[str, str]]:
    urls = [("$.logo", site.logo)]
    urls += [(f"$.sources[{n}].referrer", source.referrer) for n, source in enumerate(site.sources)]
    urls += [
        (f"$.pages[{n}].goals[{m}].url", goal.url)
        for n, page in enumerate(site.pages)
        for m, goal in enumerate(page.goals)
    ]
    for place, url in urls:
        if url is None:
            continue
        try:
            parts = urlsplit(url)
        except ValueError as error:
            yield place, f"{quoted(url)} is not a URL: {error}"
            continue
        is_image = place == "$.logo" and parts.scheme == "data"
        if not ((parts.scheme and parts.netloc) or is_image):
            yield place, f"{quoted(url)} is not a whole URL, such as https://www.google.com/"


def _source_problems(site: Site) -> Iterator[tuple[str, str]]:
    for n, source in enumerate(site.sources):
        for name in source.params:
            if name not in PARAMS:
                yield (
                    f"$.sources[{n}].params",
                    f"there is no parameter {quoted(name)}; known: {', '.join(PARAMS)}",
                )


def _host_problems(site: Site) -> Iterator[tuple[str, str]]:
    names = [("$.domain", site.domain), *(("$.hostnames", name) for name in site.hostnames)]
    if site.prediction is not None:
        names.extend(("$.prediction.referrer", name) for name in site.prediction.referrer)
    for place, name in names:
        if not HOST.fullmatch(name):
            yield place, f"{quoted(name)} is not a host name, such as my-shop.example"


def _plan_problems(site: Site) -> Iterator[tuple[str, str]]:
    money = site.money
    for n, plan in enumerate(money.plans if money else ()):
        if money and plan.amount * 10**money.decimals > _MOST_OF_A_PLAN:
            yield f"$.money.plans[{n}].amount", "the amount is too large for reports to add up"


def _page_problems(site: Site) -> Iterator[tuple[str, str]]:
    paths = [page.path for page in site.pages]
    known = set(paths)
    if _is_nothing(page.entry for page in site.pages):
        yield "$.pages", "no page has an `entry` weight"
    for n, page in enumerate(site.pages):
        if not page.path.startswith("/"):
            yield f"$.pages[{n}].path", f"{quoted(page.path)} does not begin with /"
        if paths.index(page.path) != n:
            yield f"$.pages[{n}].path", f"{quoted(page.path)} occurs twice"
        if _is_nothing(page.links.values()):
            yield f"$.pages[{n}].links", f"{quoted(page.path)} links to no page"
        for target in page.links:
            if target not in known:
                yield f"$.pages[{n}].links", f"{quoted(target)} is not a page of this site"
        if sum(goal.chance for goal in page.goals) > 1:
            yield f"$.pages[{n}].goals", "the chances add up to more than 1"
        for m, goal in enumerate(page.goals):
            if goal.type == "external_link" and goal.url is None:
                yield f"$.pages[{n}].goals[{m}]", "an external link needs `url`"


def _funnel_problems(site: Site) -> Iterator[tuple[str, str]]:
    paths = {page.path for page in site.pages}
    funnels = [("$.signup", site.signup), ("$.money.purchase", site.money and site.money.purchase)]
    for place, funnel in funnels:
        for path in funnel.path if funnel else ():
            if path not in paths:
                yield f"{place}.path", f"{quoted(path)} is not a page of this site"
    if sum(funnel.share for _, funnel in funnels if funnel) > 1:
        yield "$.signup.share", "the shares of all funnels together are more than 1"
    if "identified" in site.cast and not (site.signup and site.signup.identifies):
        yield "$.cast", "an identified visitor needs a `signup` that `identifies`"


def _property_problems(site: Site) -> Iterator[tuple[str, str]]:
    for goal, properties in site.goal_properties.items():
        if goal not in site.goal_names():
            yield "$.goalProperties", f"{quoted(goal)} is not a goal of this site"
        if len(properties) > _MOST_PROPERTIES:
            yield f"$.goalProperties.{goal}", f"a goal has at most {_MOST_PROPERTIES} properties"
        for name, weights in properties.items():
            if not _PROPERTY_NAME.fullmatch(name):
                yield (
                    f"$.goalProperties.{goal}",
                    f"{quoted(name[:80])} is not a property name, such as plan_2",
                )
            for value in weights:
                if not 0 < len(value) <= _LONGEST_VALUE:
                    yield f"$.goalProperties.{goal}.{name}", f"a value has 1 to {_LONGEST_VALUE} characters"
            if _is_nothing(weights.values()):
                yield f"$.goalProperties.{goal}.{name}", "every weight is 0"


def _wave_problems(site: Site) -> Iterator[tuple[str, str]]:
    reached, width = 0, 0
    for n, wave in enumerate(site.waves):
        # The visits of one visitor must neither overlap nor change their order.
        least = reached + width + 2**wave.block + VISIT_SPACING_MINUTES
        if wave.gap < least:
            yield f"$.waves[{n}].gap", f"{wave.gap} minutes are too few; at least {least} are needed"
        reached, width = wave.gap, 2**wave.block


def _regular_problems(site: Site) -> Iterator[tuple[str, str]]:
    paths = {page.path for page in site.pages}
    for n, regular in enumerate(site.regulars):
        if regular.entry not in paths:
            yield f"$.regulars[{n}].entry", f"{quoted(regular.entry)} is not a page of this site"
        if regular.customer and site.money is None:
            yield f"$.regulars[{n}].customer", "a customer needs `money`"
        try:
            instant_of(regular.since)
        except ValueError as error:
            yield f"$.regulars[{n}].since", str(error)
