"""The plain server of reports. Nothing here imports the mock or the kit."""

# ruff: noqa: D102 - Reporting describes each method, and a subclass's docstring says how it differs

import itertools
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from tests.kit.reporting.sessions import (
    CAMPAIGNS,
    PARAMS,
    PATHS,
    PLACES,
    SOURCES,
    SYSTEMS,
    Payment,
    Session,
    members_of_place,
)
from tests.kit.strangers.plain import Answer, Json, Person, Stranger

_DAY, _HOUR = 86_400, "%d %H"
_SYMBOLS = {"USD": "$", "JPY": "¥", "KWD": "KWD", "EUR": "€"}
_BREAKDOWNS: dict[str, tuple[str, ...]] = {
    "/analytics/devices": ("device",),
    "/analytics/countries": ("country",),
    "/analytics/regions": ("region",),
    "/analytics/cities": ("city",),
    "/analytics/browsers": ("browser",),
    "/analytics/operating-systems": ("operating_system",),
    "/analytics/referrers": ("referrer",),
    "/analytics/hostnames": ("hostname",),
    "/analytics/pages": ("hostname", "path"),
    "/analytics/campaigns": ("campaign",),
}
_FILTERS = {
    **{
        f"filter_{name}": name
        for name in ("country", "region", "city", "device", "browser", "referrer", "hostname")
    },
    "filter_os": "operating_system",
    "filter_page": "path",
    "filter_goal": "goal",
    **{f"filter_{name}": name for name in PARAMS},
}
_OVERVIEW = (
    *("visitors", "sessions", "bounce_rate", "avg_session_duration", "currency", "revenue", "payments"),
    *("revenue_per_visitor", "conversion_rate"),
)


class Reporting(Stranger):
    """The plain server: it has all reports, of a website whose visitors stay for up to half an hour.

    A session counts when it begins, and a visitor at each page view. One payment in ten has no visitor, so it
    is in no breakdown.
    """

    visitors_a_day: ClassVar[int] = 60
    zone: ClassVar[str] = "UTC"
    currency: ClassVar[str] = "USD"
    decimals: ClassVar[int] = 2
    payers: ClassVar[float] = 0.1
    rate_decimals: ClassVar[int] = 2
    error: ClassVar[float] = 0
    groups: ClassVar[bool] = False
    merges_hours: ClassVar[bool] = False
    known: ClassVar[Mapping[str, float]] = {"new": 0.9, "renewal": 0.9, "refund": 0.9}
    length: ClassVar[float] = 1500

    @cached_property
    def history(self) -> tuple[list[Session], list[Payment]]:
        """All sessions and payments of the last forty days."""
        sessions: list[Session] = []
        payments: list[Payment] = []
        today = int(self.now() // _DAY)
        number = 0
        for day in range(today - 40, today + 1):
            draw = random.Random(day)
            for _ in range(self.visitors_a_day):
                number += 1
                place = draw.choice(PLACES)
                browser, system, device = draw.choice(SYSTEMS)
                at = day * _DAY + draw.random() * _DAY
                for visit in range(draw.choice((1, 1, 1, 2, 3))):
                    begun = at + visit * draw.uniform(4000, 200_000)
                    views = [(begun, draw.choice(PATHS))]
                    for _ in range(draw.choice((0, 0, 1, 3, 5))):
                        views.append((views[-1][0] + draw.random() * self.length / 5, draw.choice(PATHS)))
                    about = {
                        **members_of_place(place),
                        "browser": browser,
                        "operating_system": system,
                        "device": device,
                        "referrer": draw.choice(SOURCES),
                        "hostname": draw.choice(("a.example", "b.example")),
                    }
                    session = Session(number, visit + 1, views, about, draw.choice(CAMPAIGNS))
                    if draw.random() < 0.2:
                        session.goals += [(views[-1][0], "signup")] * draw.choice((1, 2))
                    sessions.append(session)
                    if draw.random() < self.payers:
                        amount = round(draw.choice((4900, 990, 12345)) / 10**self.decimals, self.decimals)
                        kind = draw.choice(("new", "new", "renewal", "refund"))
                        payer = session if draw.random() < self.known[kind] else None
                        payments.append(Payment(views[-1][0], amount, kind, payer))
        now = self.now()
        sessions = [s for s in sessions if s.views[-1][0] <= now]
        return sessions, [p for p in payments if p.at <= now]

    def people(self, _t: float) -> list[Person]:
        return []

    def route(self, path: str) -> str | None:
        own = (*_BREAKDOWNS, "/analytics/overview", "/analytics/timeseries", "/analytics/metadata")
        return path if path in (*own, "/analytics/goals", "/visitors") else super().route(path)

    def found(self, path: str, query: Mapping[str, str], t: float) -> Answer:
        if path in _BREAKDOWNS:
            return self._paged(self.breakdown(_BREAKDOWNS[path], query), query)
        made = {
            "/analytics/overview": self._overview,
            "/analytics/timeseries": self._timeseries,
            "/analytics/metadata": self._metadata,
            "/analytics/goals": self._goals,
            "/visitors": self._visitors,
        }.get(path)
        if made is None:
            return super().found(path, query, t)
        if ("startAt" in query) != ("endAt" in query):
            return self.refused(400, "startAt and endAt belong together")
        return made(query)

    # -- selection ------------------------------------------------------------------------------------

    def bounds(self, query: Mapping[str, str]) -> tuple[float, float]:
        """Returns the first instant of the period, and the first one after it."""
        if "startAt" not in query:
            return 0, self.now() + 1
        zone = ZoneInfo(query.get("timezone", self.zone))
        return self._at(query["startAt"], zone, 0), self._at(query["endAt"], zone, 1)

    def _at(self, text: str, zone: ZoneInfo, days: int) -> float:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), zone).timestamp()
        return datetime.fromisoformat(text).timestamp() + days * 0.001

    def fits(self, session: Session, query: Mapping[str, str]) -> bool:
        """Returns whether a session fits all filters."""
        for name, text in query.items():
            operator, colon, rest = text.partition(":")
            operator, rest = (operator, rest) if colon else ("is", text)
            if name == "filter_visit_count":
                number, most = session.number, int(rest)
                is_fit = {"gte": number >= most, "lte": number <= most, "is": number == most}[operator]
            elif name in _FILTERS:
                is_fit = self.matches(session.values(_FILTERS[name]), operator, rest.split(","))
            else:
                continue
            if not is_fit:
                return False
        return True

    def matches(self, values: set[str], operator: str, wanted: list[str]) -> bool:
        """Returns whether one of a session's values is (or none of them is) one of the filter's values."""
        if operator.endswith(("contains", "contain")):
            has = any(text in value for text in wanted for value in values)
        else:
            has = not values.isdisjoint(wanted) or any(f"Mobile {text}" in values for text in wanted)
        return has is not operator.startswith(("is_not", "does_not"))

    def selected(self, query: Mapping[str, str]) -> tuple[list[Session], list[Payment]]:
        """Returns the sessions and the payments of the period that the filters select."""
        begin, end = self.bounds(query)
        sessions, payments = self.history
        sessions = [s for s in sessions if s.began < end and s.views[-1][0] >= begin]
        payments = [p for p in payments if begin <= p.at < end]
        if not any(name.startswith("filter_") for name in query):
            return sessions, payments
        return (
            [s for s in sessions if self.fits(s, query)],
            [p for p in payments if p.session is not None and self.fits(p.session, query)],
        )

    # -- figures --------------------------------------------------------------------------------------

    def figures(
        self, sessions: list[Session], payments: list[Payment], begin: float, end: float
    ) -> dict[str, Any]:
        """Returns the figures of a period."""
        seen = {s.visitor for s in sessions if any(begin <= at < end for at, _ in s.views)}
        begun = [s for s in sessions if begin <= s.began < end]
        paid = [p for p in payments if begin <= p.at < end]
        parts = {kind: sum(p.amount for p in paid if p.kind == kind) for kind in ("new", "renewal", "refund")}
        kept = [p for p in paid if p.kind != "refund"]
        payers = {p.session.visitor for p in kept if p.session} & seen
        revenue = parts["new"] + parts["renewal"] - parts["refund"]
        return {
            "visitors": self.about(len(seen), begin, end),
            "sessions": self.about(len(begun), begin, end),
            "bounce_rate": self.rate(sum(len(s.views) == 1 for s in begun), len(begun)),
            "avg_session_duration": sum(s.views[-1][0] - s.began for s in begun) / (len(begun) or 1) * 1000,
            "currency": _SYMBOLS[self.currency],
            "revenue": self.money(revenue),
            "payments": len(kept),
            "revenue_per_visitor": round(revenue / len(seen), self.rate_decimals) if seen else 0,
            "conversion_rate": self.rate(len(payers), len(seen)),
            "revenueBreakdown": {kind: self.money(value) for kind, value in parts.items()},
        }

    def about(self, count: int, *key: object) -> int:
        """Returns a count, or an estimate of it if it is not small."""
        if count < 200:
            return count
        return round(count * (1 + random.Random(f"{count}{key}").uniform(-self.error, self.error)))

    def rate(self, some: int, every: int) -> float:
        """Returns a share in percent."""
        return round(100 * some / every, self.rate_decimals) if every else 0

    def money(self, amount: float) -> float:
        """Returns an amount with the decimals of the currency."""
        return round(amount, self.decimals) if self.decimals else round(amount)

    # -- answers --------------------------------------------------------------------------------------

    def _overview(self, query: Mapping[str, str]) -> Answer:
        told = self.figures(*self.selected(query), *self.bounds(query))
        wanted = [name for name in query.get("fields", "").split(",") if name] or list(_OVERVIEW)
        if not set(wanted) <= {*_OVERVIEW, "pageviews", "new_visitors", "returning_visitors"}:
            return self.refused(400, "fields")
        return self.told([{name: told[name] for name in wanted if name in told}])

    def _metadata(self, query: Mapping[str, str]) -> Answer:
        row = {
            "domain": "a.example",
            "timezone": self.zone,
            "name": "A",
            "logo": None,
            "kpiColorScheme": None,
            "kpi": None,
            "currency": self.currency,
        }
        wanted = [name for name in query.get("fields", "").split(",") if name] or list(row)
        return self.told([{name: row[name] for name in wanted}])

    def _timeseries(self, query: Mapping[str, str]) -> Answer:
        wanted = [name for name in query.get("fields", "").split(",") if name]
        interval = query.get("interval", "day")
        if not wanted or interval not in ("hour", "day", "week", "month"):
            return self.refused(400, "fields or interval")
        zone = ZoneInfo(query.get("timezone", self.zone))
        begin, end = self.bounds(query)
        begin = begin or self.now() - 30 * _DAY
        if end - begin <= 25 * 3600 and query.get("startAt") == query.get("endAt"):
            interval = "hour"
        sessions, payments = self.selected(query)
        edges = [*self.edges(begin, end, interval, zone), end]
        names = [*wanted, "revenueBreakdown"] if "revenue" in wanted else wanted
        rows = []
        for left, right in itertools.pairwise(edges):
            local = datetime.fromtimestamp(left, UTC).astimezone(zone)
            told = {**self.figures(sessions, payments, left, right), "name": local.strftime("%d %b")}
            told = {name: told[name] for name in names if name in told}
            rows.append({**told, "timestamp": local.isoformat()})
        totals = self.figures(sessions, payments, begin, end)
        page, limits = self._page(rows, query)
        body = {
            "status": "success",
            "fields": wanted,
            "interval": interval,
            "timezone": zone.key,
            "currency": _SYMBOLS[self.currency],
            "totals": {n: totals[n] for n in names if n in totals},
            "data": page,
            "pagination": {**limits, "total": len(rows)},
        }
        return Answer(200, json.dumps(body).encode())

    def edges(self, begin: float, end: float, interval: str, zone: ZoneInfo) -> Iterator[float]:
        """Yields the beginnings of the buckets: of a local hour, day, Monday or month."""
        yield begin
        at = begin
        while at < end:
            local = datetime.fromtimestamp(at, UTC).astimezone(zone)
            if interval == "hour":
                at = at - (local.minute * 60 + local.second + local.microsecond / 1e6) + 3600
            else:
                days = {"day": 1, "week": 7 - local.weekday(), "month": 32 - local.day}[interval]
                after = local.date() + timedelta(days=days)
                after = after.replace(day=1) if interval == "month" else after
                at = datetime.combine(after, time(), zone).timestamp()
            is_same_hour = interval == "hour" and _hour(at, zone) == local.strftime(_HOUR)
            if at < end and not (self.merges_hours and is_same_hour):
                yield at

    def breakdown(self, names: tuple[str, ...], query: Mapping[str, str]) -> list[Json]:
        """Returns the rows of a breakdown, those with the most visitors first."""
        begin, end = self.bounds(query)
        sessions, payments = self.selected(query)
        wanted = [name for name in query.get("fields", "").split(",") if name]
        keys = [name for name in names if not wanted or name in wanted or name == "campaign"]
        params = [name for name in PARAMS if not wanted or name in wanted]
        by_key: dict[tuple[Any, ...], tuple[list[Session], list[Payment]]] = defaultdict(lambda: ([], []))
        grouping = (keys, params) if self.groups else (names, PARAMS)
        for session in sessions:
            for key in self.keys(session, *grouping):
                by_key[key][0].append(session)
        for payment in payments:
            for key in {k for session in self.attributed(payment) for k in self.keys(session, *grouping)}:
                by_key[key][1].append(payment)
        rows = []
        for key, (some, paid) in by_key.items():
            told = self.figures(some, paid, begin, end)
            row = dict(zip(grouping[0], key, strict=True))
            if "campaign" in row:
                row["campaign"] = {
                    n: v for n, v in zip(grouping[1], row["campaign"], strict=True) if n in params
                }
            row = {name: value for name, value in row.items() if name in keys}
            if "country" in row:
                row["image"] = f"https://flags.example/{some[0].about['code']}.svg"
            shown = {
                name: told[name]
                for name in ("visitors", "revenue", "payments")
                if not wanted or name in wanted
            }
            if told["visitors"]:
                rows.append((told["visitors"], {**row, **shown}))
        return [row for _, row in sorted(rows, key=lambda pair: -pair[0])]

    def attributed(self, payment: Payment) -> list[Session]:
        """Returns the sessions in whose rows a payment counts."""
        return [] if payment.session is None else [payment.session]

    def keys(self, session: Session, names: Any, params: Any) -> Iterator[tuple[Any, ...]]:
        """Yields the keys of the rows to which a session belongs."""
        if "campaign" in names:
            values = tuple(session.campaign.get(name, "") for name in params)
            if session.campaign:
                yield (values,)
            return
        for path in session.values("path") if "path" in names else {""}:
            yield tuple(path if name == "path" else session.about[name] for name in names)

    def _goals(self, query: Mapping[str, str]) -> Answer:
        begin, end = self.bounds(query)
        found = [(s, at) for s in self.selected(query)[0] for at, _ in s.goals if begin <= at < end]
        row = {"goal": "signup", "completions": len(found), "visitors": len({s.visitor for s, _ in found})}
        wanted = query.get("fields", "").replace("name", "goal").split(",")
        shown = {name: value for name, value in row.items() if name in wanted or wanted == [""]}
        return self._paged([shown] if found else [], query)

    def _visitors(self, query: Mapping[str, str]) -> Answer:
        if "completedGoal" in query and "isCustomer" in query:
            return self.refused(400, "completedGoal and isCustomer")
        begin, end = self.bounds(query)
        payers = {p.session.visitor for p in self.history[1] if p.session is not None}
        found: dict[int, tuple[float, Session]] = {}
        for session in self.history[0]:
            seen = [at for at, _ in session.views if begin <= at < end]
            is_fit = all(
                session.about.get(name, value).endswith(value) or session.about["code"] == value
                for name, value in query.items()
                if name in ("country", "browser", "device")
            )
            if seen and is_fit and seen[-1] >= found.get(session.visitor, (0, session))[0]:
                found[session.visitor] = (seen[-1], session)
        rows = [
            {
                "visitorId": f"{number:08x}-0000-4000-8000-{number:012x}",
                "lastSeenAt": self.stamp(at),
                "currentUrl": f"{session.about['hostname']}{session.views[-1][1]}",
                "identity": {
                    "country": session.about["code"],
                    "region": session.about["short"],
                    **{name: session.about[name] for name in ("city", "browser", "device")},
                    "os": session.about["operating_system"],
                },
                "acquisition": {"referrer": session.about["referrer"], "utm_source": None},
            }
            for number, (at, session) in sorted(found.items(), key=lambda pair: -pair[1][0])
            if query.get("isCustomer") in (None, str(number in payers).lower())
        ]
        page, limits = self._page(rows, query)
        told = {**limits, "hasMore": limits["offset"] + len(page) < len(rows)}
        return Answer(200, json.dumps({"status": "success", "data": page, "pagination": told}).encode())

    def _page(self, rows: list[Json], query: Mapping[str, str]) -> tuple[list[Json], dict[str, int]]:
        limit, offset = int(query.get("limit", 100)), int(query.get("offset", 0))
        return rows[offset : offset + limit], {"limit": limit, "offset": offset}

    def _paged(self, rows: list[Json], query: Mapping[str, str]) -> Answer:
        page, limits = self._page(rows, query)
        told = {"status": "success", "data": page, "pagination": {**limits, "total": len(rows)}}
        return Answer(200, json.dumps(told).encode())


def _hour(at: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(zone).strftime(_HOUR)


def day_of(now: float) -> date:
    """Returns the date of an instant in UTC."""
    return datetime.fromtimestamp(now, UTC).date()
