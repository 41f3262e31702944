"""Strangers who tell more, less or other members than the plain one."""

# ruff: noqa: D102 - Stranger describes each method, and a subclass's docstring says how it differs

import json

from tests.kit.strangers.plain import PARAMS, Answer, Json, June, Person, Stranger


class NoModel(Stranger):
    """Has no conversion model, and so neither metrics nor likelihoods."""

    def map(self, t: float) -> Json:
        told = {**super().map(t), "hasConversionPredictions": False}
        del told["conversionMetrics"]
        for visitor in told["visitors"]:
            del visitor["conversionLikelihood"]
        return told

    def profile(self, person: Person, t: float) -> Json:
        return {**super().profile(person, t), "prediction": None}


class OnlyCustomersScored(June):
    """Has no conversion model. Customers have a score of 100, other visitors have null."""

    def visitor(self, person: Person, t: float) -> Json:
        likelihood = {"score": 100} if person.paid else None
        return {**super().visitor(person, t), "conversionLikelihood": likelihood}


class Talkative(Stranger):
    """Adds undocumented members everywhere, and answers an unknown route with an HTML page."""

    def told(self, data: Json) -> Answer:
        body = {"status": "success", "data": _richer(data), "requestId": "r1", "pagination": None}
        return Answer(200, json.dumps(body).encode(), {"Content-Type": "application/json; charset=utf-8"})

    def unknown_route(self, _path: str) -> Answer:
        return Answer(404, b"<!doctype html><h1>404</h1>", {"Content-Type": "text/html"})


class Unknowing(Stranger):
    """Sends null for everything that may be null."""

    def visitor(self, person: Person, t: float) -> Json:
        told = super().visitor(person, t)
        told |= dict.fromkeys(("currentUrl", "referrer", "latitude", "longitude", "conversionLikelihood"))
        told |= {"location": dict.fromkeys(told["location"]), "params": dict.fromkeys(PARAMS)}
        told["system"] = {"browser": {"name": None}, "os": {"name": None}, "device": {"type": None}}
        return told

    def event(self, person: Person, at: float, kind: str, path: str) -> Json:
        names = ("path", "countryCode", "referrer", "customerName", "displayName")
        return {**super().event(person, at, kind, path), **dict.fromkeys(names)}

    def payment(self, person: Person) -> Json:
        return {**super().payment(person), **dict.fromkeys(("name", "email", "displayName"))}

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        identity = told["identity"]
        for part in ("params", "browser", "os", "device", "viewport"):
            identity[part] = dict.fromkeys(identity[part])
        identity |= dict.fromkeys(("country", "countryCode", "region", "city"))
        told["activity"] |= dict.fromkeys(("firstVisitAt", "lastVisitAt", "currentUrl"))
        return {**told, "prediction": None}


class UnknowingJune(June):
    """Sends null for everything that may be null, so that no answer indicates a revision."""

    def visitor(self, person: Person, _t: float) -> Json:
        nothing = dict.fromkeys(("browser", "os", "device"))
        place = dict.fromkeys(("city", "region", "countryCode"))
        told = {"visitorId": person.id, "location": place, "system": nothing, "currentUrl": None}
        return {**told, "conversionLikelihood": None}


class Unsaying(Stranger):
    """Leaves out members that are null."""

    def told(self, data: Json) -> Answer:
        return super().told(_without_nulls(data))

    def visitor(self, person: Person, t: float) -> Json:
        return {**super().visitor(person, t), "currentUrl": None}


class Truncating(June):
    """Counts all visitors on the map, but lists only three."""

    def map(self, t: float) -> Json:
        told = super().map(t)
        return {**told, "visitors": told["visitors"][:3]}


class Cutting(Talkative):
    """Sends texts that are cut in the middle of an emoji, are empty, or look like HTML."""

    def visitor(self, person: Person, t: float) -> Json:
        told = super().visitor(person, t)
        told["location"] |= {"city": "", "region": "\ud83c"}
        told["profileData"]["displayName"] = "<b>\u0000\u202e" if person.identified else None
        return {**told, "currentUrl": "/blog/\ud83c", "referrer": ""}

    def map(self, t: float) -> Json:
        told = super().map(t)
        told["recentEvents"] = [{**event, "path": "/blog/\ud83c"} for event in told["recentEvents"]]
        return told

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        told["identity"] |= {"city": "", "region": "\ud83c"}
        return told


class RequestingDesktops(Stranger):
    """Has some visitors on telephones who request the website for desktops, so that they seem to have one."""

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        if person.system[2] == "mobile" and person.number % 2:
            told["identity"] |= {"os": {"name": "Mac OS", "version": None}, "browser": {"name": "Safari"}}
            told["identity"]["device"]["type"] = "desktop"
        return told


def _richer(value: Json) -> Json:
    """Returns a value with unknown members added to each of its objects."""
    if isinstance(value, dict):
        return {**{name: _richer(part) for name, part in value.items()}, "x_new": [{"a": None}], "": 1}
    return [_richer(part) for part in value] if isinstance(value, list) else value


def _without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value] if isinstance(value, list) else value
