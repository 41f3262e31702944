"""The dimensions of visits: the column of each, and the values behind the numbers in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from urllib.parse import urlencode, urlsplit

import numpy as np

from mock_server.world.past.coins import Column
from mock_server.world.past.vocabulary import Vocabulary
from mock_server.world.reports.regions import region_names
from mock_server.world.site import Source

UNKNOWN = "Unknown"
DIRECT = "Direct/None"
CAMPAIGN_NAMES = (
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"),
    *("ref", "source", "via"),
)
ColumnName = Literal["place", "system", "source", "entry", "pages", "goals"]

# The names of well-known referrers, by a label of their host that all countries share. Short hosts, such as
# t.co, are whole.
_KNOWN_REFERRERS = {
    "google": "Google",
    "bing": "Bing",
    "duckduckgo": "DuckDuckGo",
    "yahoo": "Yahoo",
    "twitter": "X",
    "youtube": "YouTube",
    "reddit": "Reddit",
    "ycombinator": "Hacker News",
    "producthunt": "Product Hunt",
    "chatgpt": "ChatGPT",
    "perplexity": "Perplexity",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "linkedin": "LinkedIn",
    "github": "GitHub",
}
_KNOWN_HOSTS = {"x.com": "X", "t.co": "X"}


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of one site: its column, and the value of each number in the column.

    None means that the visit has no value. `aliases` are further names of a value for filters.
    """

    column: ColumnName
    values: Sequence[str | None]
    aliases: Sequence[Sequence[str]]

    @property
    def is_of_visitors(self) -> bool:
        """Whether all visits of a visitor have the same value."""
        return self.column in ("place", "system")

    @property
    def is_a_set(self) -> bool:
        """Whether a visit can have several values."""
        return self.column in ("pages", "goals")

    def groups(self) -> tuple[list[str], Column]:
        """Returns the different values, and, for each number of the column, the index of its value or -1."""
        names = list(dict.fromkeys(value for value in self.values if value is not None))
        index = {name: n for n, name in enumerate(names)}
        return names, np.array([-1 if value is None else index[value] for value in self.values], np.int32)


class Dimensions:
    """The dimensions of one site, each made on first use."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Begins without dimensions."""
        self._vocabulary = vocabulary
        self._known: dict[str, Dimension] = {}

    def __getitem__(self, name: str) -> Dimension:
        """Returns the dimension with a name; raises KeyError."""
        if name not in self._known:
            self._known[name] = self._MAKERS[name](self)
        return self._known[name]

    def __contains__(self, name: str) -> bool:
        return name in self._MAKERS

    def with_goals(self, names: Sequence[str]) -> "Dimensions":
        """Returns the same dimensions with further goals."""
        goal = self["goal"]
        further = Dimension(goal.column, [*goal.values, *names], [()] * (len(goal.values) + len(names)))
        return _MoreDimensions(self, {"goal": further})

    @property
    def _sources(self) -> Sequence[Source]:
        return self._vocabulary.sources

    def _country(self) -> Dimension:
        places = self._vocabulary.places
        return Dimension(
            "place",
            [place.country or UNKNOWN for place in places],
            [[place.country_code or ""] for place in places],
        )

    def _region(self) -> Dimension:
        places, names = self._vocabulary.places, region_names()
        codes = [place.region or "" for place in places]
        values = [names.get(code, code) or UNKNOWN for code in codes]
        return Dimension("place", values, [[code, code.partition("-")[2]] for code in codes])

    def _city(self) -> Dimension:
        places = self._vocabulary.places
        return Dimension("place", [place.city or UNKNOWN for place in places], [()] * len(places))

    def _system(self, name: str) -> Dimension:
        values = [getattr(system, name) or UNKNOWN for system in self._vocabulary.systems]
        # A filter for Safari matches Mobile Safari as well, and so on.
        return Dimension("system", values, [[value.removeprefix("Mobile ")] for value in values])

    def _referrer(self) -> Dimension:
        hosts = [_host(source.referrer) for source in self._sources]
        values = [referrer_of(source) or DIRECT for source in self._sources]
        aliases = [[host, host.removeprefix("www.")] for host in hosts]
        return Dimension("source", values, aliases)

    def _campaign(self) -> Dimension:
        # A value contains all names of the campaign, as the query of a URL.
        params = [{name: source.params.get(name, "") for name in CAMPAIGN_NAMES} for source in self._sources]
        values = [urlencode(one) if any(one.values()) else None for one in params]
        return Dimension("source", values, [()] * len(values))

    def _parameter(self, name: str) -> Dimension:
        values = [source.params.get(name) or None for source in self._sources]
        return Dimension("source", values, [()] * len(values))

    def _page(self) -> Dimension:
        paths = [page.path for page in self._vocabulary.pages]
        return Dimension("pages", paths, [()] * len(paths))

    def _address(self) -> Dimension:
        # The path comes first, so that addresses are sorted by it.
        addresses = [f"{page.path} {page.hostname}" for page in self._vocabulary.pages]
        return Dimension("pages", addresses, [()] * len(addresses))

    def _entry_page(self) -> Dimension:
        # The last number stands for the unknown entry page of a visit.
        paths = [*(page.path for page in self._vocabulary.pages), None]
        return Dimension("entry", paths, [()] * len(paths))

    def _hostname(self) -> Dimension:
        hosts = [page.hostname for page in self._vocabulary.pages]
        return Dimension("pages", hosts, [()] * len(hosts))

    def _goal(self) -> Dimension:
        names = [target.name for target in self._vocabulary.goals]
        return Dimension("goals", names, [()] * len(names))

    _MAKERS: ClassVar[dict[str, Callable[["Dimensions"], Dimension]]] = {
        "country": _country,
        "region": _region,
        "city": _city,
        "device": lambda self: self._system("device"),
        "browser": lambda self: self._system("browser"),
        "os": lambda self: self._system("os"),
        "referrer": _referrer,
        "campaign": _campaign,
        "page": _page,
        "address": _address,
        "entry_page": _entry_page,
        "hostname": _hostname,
        "goal": _goal,
        **{name: lambda self, name=name: self._parameter(name) for name in CAMPAIGN_NAMES},  # type: ignore[misc]
    }


class _MoreDimensions(Dimensions):
    """The dimensions of a site, some of which have further values."""

    def __init__(self, plain: Dimensions, further: Mapping[str, Dimension]) -> None:
        self._plain = plain
        self._further = further

    def __getitem__(self, name: str) -> Dimension:
        """Returns the dimension with a name; raises KeyError."""
        return self._further.get(name) or self._plain[name]


def referrer_of(source: Source) -> str | None:
    """Returns the name of a well-known referrer, or the domain of another; None if there is none."""
    domain = _host(source.referrer).removeprefix("www.")
    # The referrer of an application is its package, such as com.google.android.gm.
    if domain.startswith("com."):
        return domain
    known = (_KNOWN_REFERRERS.get(label) for label in domain.split(".")[:-1])
    return _KNOWN_HOSTS.get(domain) or next(filter(None, known), domain) or None


def column_of(rows: Any, dimension: Dimension) -> Column:
    """Returns the column of a dimension in `Rows` or `ChosenRows`."""
    column: Column = getattr(rows, dimension.column)
    return column


def _host(referrer: str | None) -> str:
    parts = urlsplit(referrer or "")
    return parts.hostname or ""
