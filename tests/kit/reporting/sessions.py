"""The sessions and payments of a website, and the values that they may have."""

from collections.abc import Mapping
from dataclasses import dataclass, field

PLACES = (
    ("France", "FR", "Île-de-France", "IDF", "Paris"),
    ("France", "FR", "Brittany", "BRE", "Rennes"),
    ("United States", "US", "California", "CA", "San Francisco"),
    ("South Korea", "KR", "Seoul", "11", "Seoul"),
    ("Congo", "CG", "Brazzaville", "BZV", "Brazzaville"),
)
SYSTEMS = (
    ("Chrome", "Mac OS", "desktop"),
    ("Mobile Safari", "iOS", "mobile"),
    ("Firefox", "Linux", "desktop"),
)
SOURCES = ("Direct/None", "Google", "news.example", "X")
PATHS = ("/", "/pricing", "/docs", "/blog")
CAMPAIGNS: tuple[dict[str, str], ...] = (
    {},
    {},
    {"utm_source": "newsletter", "utm_campaign": "spring"},
    {"utm_source": "newsletter", "utm_campaign": "autumn"},
    {"ref": "indiepage"},
)
PARAMS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "ref", "source", "via")


@dataclass
class Session:
    """A session: its visitor, its page views with their instants in seconds, and its properties."""

    visitor: int
    number: int
    views: list[tuple[float, str]]
    about: Mapping[str, str]
    campaign: Mapping[str, str]
    goals: list[tuple[float, str]] = field(default_factory=list)

    @property
    def began(self) -> float:
        """The instant at which the session began."""
        return self.views[0][0]

    def values(self, name: str) -> set[str]:
        """Returns the values of a property; a session may have several pages and goals."""
        if name == "path":
            return {path for _, path in self.views}
        if name == "goal":
            return {goal for _, goal in self.goals}
        return {self.about[name] if name in self.about else self.campaign.get(name, "")}


@dataclass
class Payment:
    """A payment; `session` is None if nobody knows who has paid."""

    at: float
    amount: float
    kind: str
    session: Session | None


def members_of_place(place: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(("country", "code", "region", "short", "city"), place, strict=True))
