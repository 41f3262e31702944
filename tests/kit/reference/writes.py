"""The operations of the reference server that write goals, payments and identities."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.kit.reference.habits import Writing
from tests.kit.reference.refused import Refused
from tests.kit.reference.site import Payment, Person, Site

Json = Any

PATHS = ("/goals", "/payments", "/identify")
BOT = "b0700000-0000-4000-8000-000000000001"
_NAME, _KEY = re.compile(r"[a-z0-9_:-]{1,64}"), re.compile(r"[a-z0-9_-]{1,64}")
_VISITOR = "datafast_visitor_id"


class Writes:
    """The receiver of writes about a website's visitors. Instants are Unix seconds."""

    def __init__(self, writing: Writing) -> None:
        """`writing` decides how soon answers contain a write, and how it is confirmed."""
        self._writing = writing
        self._count = 0

    def answer(
        self, site: Site, method: str, path: str, query: Mapping[str, str], body: bytes, t: float
    ) -> Json:
        """Returns the whole body of a success. Raises Refused."""
        if path == PATHS[0]:
            data = self._goal(site, _object(body), t) if method == "POST" else self._no_goals(site, query, t)
        elif path == PATHS[1] and method == "POST":
            return self._payment(site, _object(body), t)
        elif path == PATHS[1]:
            data = self._no_payments(site, query, t)
        else:
            data = self._identity(site, _object(body), t)
        return {"status": "success", "data": data}

    def _goal(self, site: Site, body: Json, t: float) -> Json:
        name = str(_given(body, "name")).lower().replace(" ", "_")
        visitor_id = _given(body, _VISITOR)
        metadata = body.get("metadata") or {}
        if not _NAME.fullmatch(name) or name == "identify":
            raise Refused(400, "This name is not allowed.")
        is_short = all(_KEY.fullmatch(key) and len(value) < 256 for key, value in metadata.items())
        if len(metadata) > 10 or not is_short:
            raise Refused(400, "These properties are not allowed.")
        person, event_id = _person(site, visitor_id), self._id(t)
        self._later(site, t, lambda: person.goals.append(site.goal(t, "custom", name)))
        return [{"message": self._writing.message, "eventId": event_id}]

    def _no_goals(self, site: Site, query: Mapping[str, str], t: float) -> Json:
        name, begin, end = query.get("name"), *_period(query)
        visitor_id = query.get(_VISITOR)
        if name is None and visitor_id is None and begin is None:
            raise Refused(400, "Which goals?")
        if name is not None and not _NAME.fullmatch(name.lower()):
            raise Refused(400, "This name is not allowed.")
        people = list(site.known.values()) if visitor_id is None else [_person(site, visitor_id)]

        def remove() -> None:
            for person in people:
                person.goals[:] = [
                    goal
                    for goal in person.goals
                    if name not in (None, goal.name) or not (begin or 0) <= goal.at <= (end or t)
                ]

        self._later(site, t, remove)
        told = {"goal_name": name, "timeRange": _told(query)}
        return [{"message": self._writing.message, **{n: value for n, value in told.items() if value}}]

    def _payment(self, site: Site, body: Json, t: float) -> Json:
        amount, currency = _given(body, "amount"), str(_given(body, "currency"))
        transaction_id = str(_given(body, "transaction_id"))
        if isinstance(amount, str) or amount < 0 or len(currency) != 3:
            raise Refused(self._writing.bad_payment, "This is no payment.")
        visitor_id = body.get(_VISITOR)
        at = _instant(body["timestamp"]) if body.get("timestamp") else t
        person = site.known.get(str(visitor_id).lower())
        if transaction_id not in site.transactions:
            payment = Payment(at, amount, False, currency.upper())
            site.transactions[transaction_id] = person, payment
            if person is not None:
                self._later(site, t, lambda: person.paid.append(payment))
        return {"message": self._writing.message, "transaction_id": transaction_id}

    def _no_payments(self, site: Site, query: Mapping[str, str], t: float) -> Json:
        transaction_id, begin, end = query.get("transaction_id"), *_period(query)
        visitor_id = query.get(_VISITOR)
        if transaction_id is not None and transaction_id not in site.transactions:
            raise Refused(404, "There is no such transaction.")
        if transaction_id is None and visitor_id is None and begin is None:
            raise Refused(400, "Which payments?")
        if visitor_id is not None:
            _uuid(visitor_id)
        chosen = [
            (key, person, payment)
            for key, (person, payment) in site.transactions.items()
            if key == transaction_id
            or (
                transaction_id is None
                and (visitor_id is None or (person is not None and person.id == visitor_id.lower()))
                and (begin or 0) <= payment.at <= (end or t)
            )
        ]
        for key, person, payment in chosen:
            del site.transactions[key]
            if person is not None:
                self._later(site, t, lambda person=person, payment=payment: person.paid.remove(payment))
        told = {"transaction_id": transaction_id, _VISITOR: visitor_id, "timeRange": _told(query)}
        return [{"message": self._writing.message, **{n: value for n, value in told.items() if value}}]

    def _identity(self, site: Site, body: Json, t: float) -> Json:
        user_id, visitor_id = str(_given(body, "user_id")), _given(body, _VISITOR)
        if len(user_id) > 255:
            raise Refused(400, "This id is too long.")
        person = _person(site, visitor_id)
        if self._writing.is_cookieless:
            return {"message": self._writing.message}
        metadata = {name: value for name, value in body.items() if name not in ("user_id", _VISITOR)}
        known = site.users.get(person.id)
        merged = {**(known[1] if known else {}), **metadata}
        site.users[person.id] = user_id, merged

        def identify() -> None:
            person.user_id, person.metadata = user_id, merged
            person.identified = person.identified or t

        self._later(site, t, identify)
        told: dict[str, Json] = {"message": self._writing.message, "profileId": f"{person.number:024x}"}
        if self._writing.tells_action:
            told["action"] = "created" if known is None else "updated"
            if known == (user_id, merged):
                told["action"] = "unchanged"
        return told

    def _later(self, site: Site, t: float, change: Any) -> None:
        site.later(t + self._writing.shows_after, change)

    def _id(self, t: float) -> str:
        self._count += 1
        return f"{int(t):08x}{self._count:016x}"


def _object(body: bytes) -> Json:
    try:
        found = json.loads(body)
    except ValueError:
        raise Refused(400, "This is not JSON.") from None
    if not isinstance(found, dict):
        raise Refused(400, "This is no object.")
    return found


def _given(body: Json, name: str) -> Json:
    if body.get(name) is None:
        raise Refused(400, f"There is no {name}.")
    return body[name]


def _uuid(visitor_id: str) -> None:
    try:
        UUID(visitor_id)
    except ValueError:
        raise Refused(400, "This is no visitor's id.") from None


def _person(site: Site, visitor_id: str) -> Person:
    _uuid(visitor_id)
    if visitor_id.lower() == BOT:
        raise Refused(400, "This is a bot.")
    if visitor_id.lower() not in site.known:
        raise Refused(404, "This visitor has viewed no page.")
    return site.known[visitor_id.lower()]


def _period(query: Mapping[str, str]) -> tuple[float | None, float | None]:
    told = _told(query)
    return (None, None) if told is None else (_instant(told["start"]), _instant(told["end"]))


def _told(query: Mapping[str, str]) -> dict[str, str] | None:
    if ("startAt" in query) != ("endAt" in query):
        raise Refused(400, "This is half a period.")
    if "startAt" not in query:
        return None
    begin, end = query["startAt"], query["endAt"]
    return {
        "start": begin if "T" in begin else f"{begin}T00:00:00.000Z",
        "end": end if "T" in end else f"{end}T23:59:59.999Z",
    }


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()
