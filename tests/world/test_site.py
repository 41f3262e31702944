"""Site files: each error in their content, with its place, and values that are unusual but valid."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mock_server.contract.document import REVISIONS
from mock_server.data_files import read_data
from mock_server.errors import InputError
from mock_server.instants import instant_of
from mock_server.resources.call import Call
from mock_server.resources.registry import VIEWS
from mock_server.world.site import Site
from mock_server.world.site_files import SITES, load_site
from mock_server.world.world import World
from tests.instants import INSTANT
from tests.quick import quick

DEMO = read_data(SITES / "demo.yaml")
ODD_NUMBERS: list[Any] = [0, -1, 1e-320, 1e-9, 0.5, 1, 7, 1e9, 10**20, 1e308]
ODD_TEXTS: list[Any] = ["", "x", "/", "\x1b[31m", "é" * 300, "http://[ad]/x"]
ODD_LISTS: list[Any] = [[], ["/"], [{}], [1e308] * 24, [0] * 24, [1e9] * 7]
ODD_VALUES = [*ODD_NUMBERS, *ODD_TEXTS, *ODD_LISTS, None, True, {}, {"/": 1e308}, {"x": 0}]
Way = tuple[str | int, ...]


def _with(part: Any, way: Sequence[str | int], value: Any) -> Any:
    """Returns the value with another one at a path, which may be a new member or a new last item."""
    if not way:
        return value
    if isinstance(part, list):
        changed = [*part, None] if way[0] == len(part) else list(part)
        changed[int(way[0])] = _with(changed[int(way[0])], way[1:], value)
        return changed
    return {**part, way[0]: _with(part.get(way[0]), way[1:], value)}


def _places(part: Any, *way: str | int) -> Iterator[Way]:
    members = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, member in members:
        yield (*way, name)
        yield from _places(member, *way, name)


def _loaded(tmp_path: Path, content: Any) -> Site:
    path = tmp_path / "own.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")
    return load_site(path)


ALL_ZERO = {"desktop": 0, "mobile": 0}
LAST = len(DEMO["pages"]) - 1
TWIN = {"path": "/", "links": {"/": 1}}


# Each case has the path that is changed, the new value, and the error message.
REFUSED: dict[str, tuple[str, Any, str]] = {
    "name": ("fileName", "demo", "a site is named by its file; leave"),
    "file": ("file", "demo.yaml", "a site is named by its file; leave"),
    "device": ("devices", {"watch": 1}, "$.devices: 'watch' is not one of desktop, mobile,"),
    "devices of no weight": ("devices", ALL_ZERO, "$.devices: every weight is 0"),
    "devices of next to no weight": ("devices", {"desktop": 1e-320}, "$.devices: every weight is 0"),
    "no devices": ("devices", {}, "$.devices: every weight is 0"),
    "sources": ("sources", [{"weight": 0}], "$.sources: every weight is 0"),
    "regular": ("money", None, "$.regulars[1].customer: a customer needs `money`"),
    "no country": ("countries", {}, "$.countries: the site needs `countries` or"),
    "countries": ("countries", {"NO": 0}, "$.countries: every weight is 0"),
    "page": (f"pages.{LAST + 1}", TWIN, f"$.pages[{LAST + 1}].path: '/' occurs twice"),
    "no link": ("pages.0.links", {}, "$.pages[0].links: '/' links to no page"),
    "links of no weight": ("pages.0.links", {"/login": 0}, "$.pages[0].links: '/' links to no page"),
    "link": ("pages.0.links", {"/no": 1}, "$.pages[0].links: '/no' is not a page of"),
    "chances": ("pages.0.goals.0.chance", 1, "$.pages[0].goals: the chances add up to more"),
    "url": ("pages.0.goals.0.type", "external_link", "$.pages[0].goals[0]: an external link"),
    "signup": ("signup.path", ["/no"], "$.signup.path: '/no' is not a page of this"),
    "purchase": ("money.purchase.path", ["/", "/no"], "$.money.purchase.path: '/no' is not a page"),
    "properties": (
        "goalProperties",
        {"no": {"plan": {"a": 1}}},
        "$.goalProperties: 'no' is not a goal of this",
    ),
    "values of no weight": (
        "goalProperties.signup",
        {"plan": {"a": 0}},
        "$.goalProperties.signup.plan: every weight is 0",
    ),
    "no values": ("goalProperties.signup", {"plan": {}}, "$.goalProperties.signup.plan: every weight is 0"),
    "property in capitals": (
        "goalProperties.signup",
        {"Plan": {"a": 1}},
        "$.goalProperties.signup: 'Plan' is not a property name",
    ),
    "value that is empty": (
        "goalProperties.signup",
        {"plan": {"": 1}},
        "$.goalProperties.signup.plan: a value has 1 to 255",
    ),
    "too many properties": (
        "goalProperties.signup",
        {f"p{n}": {"a": 1} for n in range(11)},
        "$.goalProperties.signup: a goal has at most 10 properties",
    ),
    "shares": ("signup.share", 0.993, "$.signup.share: the shares of all funnels"),
    "identified": ("signup.identifies", False, "$.cast: an identified visitor needs"),
    "no signup": ("signup", None, "$.cast: an identified visitor needs a `signup`"),
    "gap": ("waves.0.gap", 1098, "$.waves[0].gap: 1098 minutes are too few; at least 1099"),
    "gaps": ("waves.1.gap", 6694, "$.waves[1].gap: 6694 minutes are too few; at least"),
    "entry": ("regulars.0.entry", "/no", "$.regulars[0].entry: '/no' is not a page of"),
    "since": ("regulars.0.since", "soon", "$.regulars[0].since: 'soon' is not an ISO"),
    "rush": ("rhythm.hours.3", 3000, "$.rhythm: with these factors more than 100,000"),
    "referrer": ("sources.1.referrer", "http://[ad]/x", "$.sources[1].referrer: 'http://[ad]/x' is no"),
    "referrer without a scheme": (
        "sources.1.referrer",
        "google.com",
        "$.sources[1].referrer: 'google.com' is not a whole URL, such as https://www.google.com/",
    ),
    "script as referrer": (
        "sources.1.referrer",
        "javascript:alert(1)",
        "$.sources[1].referrer: 'javascript:alert(1)' is not a whole URL",
    ),
    "no referrer": ("sources.1.referrer", "", "$.sources[1].referrer: '' is not a whole URL"),
    "goal's without a host": (
        "pages.0.goals.0.url",
        "/out",
        "$.pages[0].goals[0].url: '/out' is not a",
    ),
    "logo": ("logo", "logo.svg", "$.logo: 'logo.svg' is not a whole URL"),
    "parameter": (
        "sources.1.params",
        {"utm_id": "7"},
        "$.sources[1].params: there is no parameter 'utm_id'; known: ref, source, via, utm_source,",
    ),
    "role that occurs twice": (
        "cast",
        ["customer", "customer"],
        "$.cast: 'customer' occurs twice; each role has one visitor at a time",
    ),
    "goal without a name": (
        "pages.0.goals.0.name",
        "",
        "$.pages[0].goals[0].name: a text of at least 1 character is expected",
    ),
    "signup without a name": ("signup.goal", "", "$.signup.goal: a text of at least 1 character"),
    "goal's": ("pages.0.goals.0.url", "http://[ad]/x", "$.pages[0].goals[0].url: 'http://[ad]/x'"),
    "ANSI": ("domain", "a\x1b[2J.example", "$.domain: 'a\\x1b[2J.example' has a control"),
    "bell": ("description", "a\x07", "$.description: 'a\\x07' has a control"),
    "in a key": ("pages.0.links", {"/": 1, "a\nb": 1}, "$.pages[0].links: 'a\\nb' has a"),
    "line separator": ("money.plans.0.name", "a\u2028b", "$.money.plans[0].name: "),
    "long text": ("description", "x" * 2001, "$.description: the text is longer than 2000"),
    "amount": (
        "money.plans.0.amount",
        10000000000000.0,
        "$.money.plans[0].amount: a number of at most 1,000,000,000,000 is",
    ),
    "amount that does not add up": (
        "money.plans.0.amount",
        10000000001,
        "$.money.plans[0].amount: the amount is too large for reports to add up",
    ),
    "no domain": ("domain", " ", "$.domain: ' ' is not a host name, such as my-shop.example"),
    "URL as domain": ("domain", "https://a.example", "$.domain: 'https://a.example' is not a host"),
    "role": ("cast.0", "vip", "$.cast[0]: there is no 'vip'; known: anonymous, customer, identified"),
    "domain of two words": ("domain", "my shop", "$.domain: 'my shop' is not a host name"),
    "path as hostname": ("hostnames", {"b/c": ["/"]}, "$.hostnames: 'b/c' is not a host name"),
    "URL as referrer": (
        "prediction.referrer",
        {"https://x.com": {}},
        "$.prediction.referrer: 'https://x.com' is not a host name",
    ),
    "id without quotes": (
        "websiteId",
        10**23,
        "$.websiteId: a text is expected, not a whole number: put it in quotes",
    ),
    "page without quotes": ("pages.0.path", 404, "$.pages[0].path: a text is expected, not a whole number"),
    "name without quotes": (
        "name",
        True,
        "$.name: a text or null is expected, not a boolean: put it in quotes",
    ),
    "URL as hostname": ("hostnames", {"http://b": ["/"]}, "$.hostnames: 'http://b' is not a host name"),
    "path": ("pages.0.path", "home", "$.pages[0].path: 'home' does not begin with /"),
    "weight": ("devices.desktop", 10000000000.0, "$.devices.desktop: a number of at most 1,000,000,000"),
    "rate": ("money.usdRate", 1e-10, "$.money.usdRate: a number of at least 1e-09"),
    "begin": ("since", "soon", "$.since: 'soon' is not a day, such as 2026-02-06"),
    "begin at noon": ("since", "2025-03-03T12:00:00Z", "$.since: '2025-03-03T12:00:00Z' is not a day"),
    "older visitor": ("since", "2026-01-10", "$.regulars[1].since: the visitor is older than the website"),
    "growth": ("since", None, "$.growth: growth needs `since`, the first day of the website"),
    "spike": ("spikes.0.at", "2025", "$.spikes[0].at: '2025' is not a day"),
    "spikes": ("spikes.0.factor", 101, "$.spikes[0].factor: a number of at most 100 is expected"),
    "peak": ("online", 20_000, "$.rhythm: with these factors more than 100,000"),
    "retention": ("retention", 1501, "$.retention: with 40 online reports can look back 1500 days at most"),
    "zone": ("timezone", "Mars/Olympus", "$.timezone: 'Mars/Olympus' is not an IANA time zone, such as"),
    "zone outside": ("timezone", "../../etc/passwd", "$.timezone: '../../etc/passwd' is not an IANA"),
    "zone of the machine": ("timezone", "localtime", "$.timezone: 'localtime' is not an IANA time zone"),
    "kpi": ("kpi", "fame", "$.kpi: 'fame' is not a goal of this site"),
    "colour": ("kpiColorScheme", "beige", "$.kpiColorScheme: 'beige' is not one of red, orange"),
    "hostname": ("hostnames", {"a.example": ["/no"]}, "$.hostnames.a.example: '/no' is not a page of"),
    "hostnames": (
        "hostnames",
        {"a.example": ["/"], "b.example": ["/"]},
        "$.hostnames.b.example: '/' is on",
    ),
    "unknown member": ("onlin", 40, "$: there is no member `onlin`; known: name, logo, websiteId, domain,"),
    "member of the program": (
        "file",
        "x.yaml",
        "a site is named by its file; leave `fileName` and `file` out",
    ),
    "many": ("sources", [{"weight": 1}] * 2001, "$.sources: a list of at most 2,000 items"),
}


@pytest.mark.parametrize(("place", "value", "problem"), quick(REFUSED.values(), 24), ids=REFUSED)
def test_content_that_cannot_be_is_refused_with_its_place(
    place: str, value: Any, problem: str, tmp_path: Path
) -> None:
    way = [int(name) if name.isdecimal() else name for name in place.split(".")]

    with pytest.raises(InputError) as refused:
        _loaded(tmp_path, _with(DEMO, way, value))

    assert f"own.yaml: {problem}" in str(refused.value)


@pytest.mark.parametrize(
    ("dimension", "name", "problem"),
    [
        ("device", "tv", "'tv' is not one of desktop, mobile, tablet"),
        ("os", "MacOS", "'MacOS' is not one of Windows, Mac OS, "),
        ("browser", "IE", "'IE' is not one of Chrome, Edge, "),
        ("country", "us", "no place is known in 'us'"),
    ],
)
def test_a_lift_of_no_visitor_is_refused(dimension: str, name: str, problem: str, tmp_path: Path) -> None:
    site = _loaded(tmp_path, _with(DEMO, ("prediction", dimension), {name: {"rate": 2}}))

    with pytest.raises(InputError, match=rf"own\.yaml: \$\.prediction\.{dimension}: {problem}"):
        World(1, site)


def test_customer_and_prediction_need_money(tmp_path: Path) -> None:
    poor = {**DEMO, "money": None, "regulars": [], "goalProperties": {}}

    with pytest.raises(InputError, match=r"\$\.cast: a customer needs `money`"):
        _loaded(tmp_path, poor)
    with pytest.raises(InputError, match=r"\$\.prediction: a prediction needs `money`"):
        _loaded(tmp_path, {**poor, "cast": []})
    assert _loaded(tmp_path, {**poor, "cast": [], "prediction": None}).money is None


def test_without_an_entry_no_visit_begins(tmp_path: Path) -> None:
    pages = [{**page, "entry": 0} for page in DEMO["pages"]]

    with pytest.raises(InputError, match=r"\$\.pages: no page has an `entry` weight"):
        _loaded(tmp_path, {**DEMO, "pages": pages})


def test_chances_may_add_up_to_one(tmp_path: Path) -> None:
    goals = [{"name": "a", "chance": 0.5}, {"name": "b", "chance": 0.5}]

    assert len(_loaded(tmp_path, _with(DEMO, ("pages", 0, "goals"), goals)).pages[0].goals) == 2


def test_places_of_its_own_are_enough(tmp_path: Path) -> None:
    nowhere = _with({**DEMO, "countries": {}, "regulars": []}, ("places",), [{"city": "Atlantis"}])

    assert _loaded(tmp_path, nowhere).places[0].city == "Atlantis"
    with pytest.raises(InputError, match=r"\$\.countries: every weight is 0"):
        _loaded(tmp_path, _with(nowhere, ("places", 0, "weight"), 0))


def test_norway_needs_no_quotes(tmp_path: Path) -> None:
    text = (
        (SITES / "demo.yaml").read_text("utf-8").replace("countries: {US: 30,", "countries: {NO: 60, SE: 10,")
    )
    (tmp_path / "own.yaml").write_text(text.replace("SE: 1,", ""), encoding="utf-8")

    assert load_site(tmp_path / "own.yaml").countries["NO"] == 60


@pytest.mark.parametrize("url", ["data:image/svg+xml,<svg/>", "https://codefa.st/logo.svg"])
def test_a_logo_may_be_in_its_url(url: str, tmp_path: Path) -> None:
    assert _loaded(tmp_path, _with(DEMO, ["logo"], url)).logo == url


def test_description_of_several_lines_is_one(tmp_path: Path) -> None:
    assert (
        _loaded(tmp_path, {**DEMO, "description": "A shop\nin two lines.\n"}).description
        == "A shop in two lines."
    )


def test_whatever_stands_anywhere_in_a_site_is_served_or_refused(tmp_path: Path) -> None:
    random = Random(12)
    places = list(_places(DEMO))
    now = instant_of(INSTANT)

    for way in random.choices(places, k=60):
        with suppress(InputError):
            world = World(42, _loaded(tmp_path, _with(DEMO, way, random.choice(ODD_VALUES))))
            told = json.loads(VIEWS["getRealtimeMap"](Call(world, now, REVISIONS[0], {})).body)
            assert told["data"]["count"] >= 0
