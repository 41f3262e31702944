"""Recorded traffic of a visitor who watches the map, and what the kit says of it."""

import json
from pathlib import Path
from typing import Any

from tests.command import ended

BASE = "https://api.example.com/stats/v1"
VISITOR = "a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"
Json = Any


def entry_of(path: str, body: Json, status: int = 200, **changes: Json) -> Json:
    """Returns an entry as browsers write it, with browsers' own members."""
    text = body if isinstance(body, str) else json.dumps(body)
    return {
        "startedDateTime": "2026-02-06T06:27:30.500+01:00",
        "time": 12.5,
        "request": {"method": "GET", "url": BASE + path, "httpVersion": "h2", "headers": [], "cookies": []},
        "response": {"status": status, "headers": [], "content": {"mimeType": "x", "text": text, "size": 1}},
        "_priority": "High",
        **changes,
    }


def map_of(**changes: Json) -> Json:
    visitor = {
        "visitorId": VISITOR,
        "location": {"city": None, "region": None, "countryCode": None},
        "system": {"browser": "Chrome", "os": None, "device": None},
        "currentUrl": None,
        "profileData": {},
        "conversionLikelihood": None,
    }
    data = {
        "count": 1,
        "visitors": [visitor],
        "conversionMetrics": {},
        "hasConversionPredictions": False,
        "recentEvents": [],
        "recentPayments": [],
    }
    return {"status": "success", "data": {**data, **changes}}


def counter_of(visitors: Json = 42) -> Json:
    return {"status": "success", "data": [{"visitors": visitors}]}


def judged_of(
    traffic: Path, entries: list[Json], *options: str, creator: str = "Firefox"
) -> tuple[int, dict[str, Json], str]:
    """Runs `verify --har` on these entries; returns the exit code, the JSON report and the output."""
    log = {"version": "1.2", "creator": {"name": creator, "version": "1"}, "entries": entries}
    traffic.write_text(json.dumps({"log": log}))
    report = traffic.with_suffix(".json")
    result = ended("verify", "--har", str(traffic), "--report", f"json={report}", *options)
    return result.returncode, json.loads(report.read_bytes()), result.stdout + result.stderr


def outcomes(report: dict[str, Json], outcome: str) -> list[str]:
    return [clause["id"] for clause in report["clauses"] if clause["outcome"] == outcome]
