"""A browser on a user's own website, whose events the API reports."""

from collections.abc import Callable
from uuid import uuid4

import httpx2

from tests.controls import Controls, Json
from tests.credentials import bearer
from tests.instants import INSTANT

SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/26.1 Safari/605.1.15"
)
HOME = "http://127.0.0.1:5173/"


class Browser:
    """A browser on a user's own website, and the API that reports its visitor."""

    def __init__(self, client: httpx2.Client, controls: Controls, **settings: Json) -> None:
        self.client = client
        self.controls = controls
        self.minted: Json = controls.post("/keys", {"now": INSTANT, "frozen": True, **settings})
        self.key: str = self.minted["key"]
        self.visitor = str(uuid4())

    def event(self, kind: str = "pageview", **members: Json) -> Json:
        """Returns an event as the npm package `datafast` 3.0.18 sends it."""
        return {
            "websiteId": self.minted["trackingId"],
            "domain": "127.0.0.1",
            "visitorId": self.visitor,
            "sessionId": f"s{self.visitor}",
            "visitorFirstSeenAt": "2026-02-06T05:27:30.000Z",
            "visitorSessionNumber": 1,
            "href": HOME,
            "referrer": None,
            "type": kind,
            "viewport": {"width": 1440, "height": 789},
            "language": "fr-FR",
            "timezone": "Europe/Paris",
            "screenWidth": 1440,
            "screenHeight": 900,
            "device": {"platform": "web", "osVersion": SAFARI, "model": "Browser"},
            **members,
        }

    def post(self, event: Json, user_agent: str = SAFARI, **headers: str) -> httpx2.Response:
        """Sends an event and returns the answer, whatever its status is."""
        return self.client.post("/api/events", json=event, headers={"User-Agent": user_agent, **headers})

    def send(self, kind: str = "pageview", **members: Json) -> Json:
        """Sends an event, which must be accepted, and returns the answer."""
        reply = self.post(self.event(kind, **members))
        assert reply.status_code == 200, reply.text
        return reply.json()

    def ask(self, path: str) -> Json:
        """Returns the data of an answer of the API to the browser's key."""
        reply = self.client.get(f"/api/v1{path}", headers=bearer(self.key))
        return reply.json().get("data")

    @property
    def seen(self) -> list[Json]:
        """The visitor's rows on the map: one, or none if the visitor is not listed."""
        rows = self.ask("/analytics/realtime/map")["visitors"]
        return [row for row in rows if row["visitorId"] == self.visitor]

    @property
    def life(self) -> Json:
        """The visitor's profile."""
        return self.ask(f"/visitors/{self.visitor}")

    @property
    def facts(self) -> list[str]:
        """The types of the facts in the key's account, in their order."""
        found: Json = self.controls.get("/facts", key=self.key)
        return [fact["type"] for fact in found["facts"]]


Open = Callable[..., Browser]
