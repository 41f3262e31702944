"""The journal as a HAR file: valid, without tokens, and readable by other tools and by our kit."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import harfile
import httpx2
import pytest

from mock_server.testing import RunningMock, running
from tests.command import ended
from tests.controls import Controls
from tests.credentials import bearer
from tests.instants import DATE, INSTANT

REALTIME = "/analytics/realtime"
SECRET = "df_secret_of_mine"
PARTS: dict[str, type[Any]] = {
    "request": harfile.Request,
    "response": harfile.Response,
    "content": harfile.Content,
    "postData": harfile.PostData,
    "timings": harfile.Timings,
    "cache": harfile.Cache,
    "creator": harfile.Creator,
}
RECORDS = ("headers", "queryString", "cookies")


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[RunningMock, str]]:
    """A mock, and a key with which requests of many kinds were sent."""
    with running(now=INSTANT, speed=0) as mock, Controls(mock.server) as controls:
        key = controls.mint(label="checkout", key=SECRET)
        with httpx2.Client(base_url=mock.url) as web:
            web.get(f"{REALTIME}?a=1&a=%20b&token={SECRET}", headers=bearer(key))
            web.get(f"{REALTIME}/map", headers={**bearer(key), "Cookie": "a=b"})
            web.get("/visitors/x", headers=bearer(key))
            web.post(REALTIME, json={"token": SECRET}, headers=bearer(key))
            web.post(REALTIME, content=b"\xff", headers=bearer(key))
            web.head(f"/t%C3%A4glich/{SECRET}", headers=bearer(key))
            with suppress(httpx2.HTTPError):
                web.get(REALTIME, headers={**bearer(key), "Prefer": "fault=reset"})
            web.get(REALTIME, headers={**bearer(key), "Prefer": "code=429"})
        yield mock, key


def exported(mock: RunningMock, key: str, **query: str | int) -> httpx2.Response:
    """Returns the HAR file of a key's journal."""
    reply = httpx2.get(f"{mock.server}/__mock/requests", params={"key": key, "format": "har", **query})
    return reply.raise_for_status()


def as_har(name: str, value: Any) -> Any:
    """Converts a part of a file to a class of harfile, which knows exactly the members of HAR 1.2."""
    if isinstance(value, dict):
        parts = {inner: as_har(inner, each) for inner, each in value.items()}
        return PARTS[name](**parts) if name in PARTS else parts
    if name in RECORDS:
        return [harfile.Record(**each) for each in value]
    return value


def test_it_is_valid(asked: tuple[RunningMock, str]) -> None:
    log = exported(*asked).json()["log"]

    assert log.keys() == {"version", "creator", "entries"}
    assert log["version"] == harfile.HAR_VERSION
    as_har("log", {"creator": log["creator"]})
    assert len(log["entries"]) == 8
    for entry in log["entries"]:
        as_har("entry", entry)
        sizes = (entry["request"]["bodySize"], entry["response"]["bodySize"])
        assert all(isinstance(size, int) for size in sizes)
        assert entry["time"] == sum(entry["timings"].values())
        assert entry["startedDateTime"].endswith("Z")


def test_it_is_saved_by_a_browser(asked: tuple[RunningMock, str]) -> None:
    headers = exported(*asked).headers

    assert headers["Content-Disposition"] == 'attachment; filename="datafast-mock.har"'
    assert headers["Content-Type"] == "application/json"


def test_it_contains_no_token(asked: tuple[RunningMock, str]) -> None:
    text = exported(*asked).text

    assert SECRET not in text
    assert "secret" not in text
    assert "Bearer df_***" in text
    assert '{"name":"cookie","value":"***"}' in text


def test_entries_have_request_and_answer(asked: tuple[RunningMock, str]) -> None:
    mock, key = asked
    first, map_, unknown, post, binary, head, reset, refused = exported(mock, key).json()["log"]["entries"]

    assert first["request"]["url"] == f"{mock.url}{REALTIME}?a=1&a=%20b&token=df_***"
    assert [p["value"] for p in first["request"]["queryString"]] == ["1", " b", "df_***"]
    assert json.loads(first["response"]["content"]["text"])["status"] == "success"
    assert {"name": "date", "value": DATE} in first["response"]["headers"]
    assert first["comment"] == "checkout: world"
    whole = httpx2.get(f"{mock.url}{REALTIME}/map", headers={**bearer(key), "Prefer": "peek"})
    assert map_["response"]["content"]["size"] == len(whole.content)
    assert map_["response"]["content"]["text"] == whole.text
    assert (unknown["response"]["status"], unknown["response"]["statusText"]) == (400, "Bad Request")
    assert post["request"]["postData"] == {"mimeType": "application/json", "text": '{"token":"df_***"}'}
    assert "postData" not in binary["request"]
    assert head["request"]["url"].endswith("/t%C3%A4glich/df_***")
    assert head["response"]["content"] == {"size": 0, "mimeType": "application/json", "text": ""}
    assert (reset["response"]["status"], reset["response"]["headers"]) == (0, [])
    assert "retry-after" in {header["name"] for header in refused["response"]["headers"]}


def test_entries_of_one_world_have_one_mark() -> None:
    """The mark is another one for another key, website or seed, and after the facts were removed."""
    with running(now=INSTANT, speed=0) as mock, Controls(mock.server) as controls:
        _check_marks(mock.url, controls)


def _check_marks(api: str, controls: Controls) -> None:
    key, other = controls.mint(site="demo"), controls.mint(site="demo")

    def mark(token: str, **preferences: str) -> str:
        prefer = ", ".join(f"{name}={value}" for name, value in preferences.items())
        headers = bearer(token) | ({"Prefer": prefer} if prefer else {})
        httpx2.get(f"{api}{REALTIME}", headers=headers).raise_for_status()
        found: str = controls.get("/requests", format="har", key=token)["log"]["entries"][-1]["_world"]
        return found

    first = mark(key)
    assert first
    assert mark(key) == mark(key, revision="2026-06") == mark(key, at="2026-02-03T00:00:00Z") == first
    others = {mark(other), mark(key, site="shop")}
    controls.patch("/settings", {"seed": 7}, key=key)
    others.add(mark(key))
    controls.ask("DELETE", "/facts", key=key)
    others.add(mark(key))
    assert len(others | {first}) == 5
    assert mark(key, code="200") == ""


@pytest.mark.parametrize(("limit", "after", "count"), [(1000, 0, 8), (2, 0, 2), (1000, 10**9, 0)])
def test_it_has_as_many_entries_as_are_wanted(
    asked: tuple[RunningMock, str], limit: int, after: int, count: int
) -> None:
    log = exported(*asked, limit=limit, after=after).json()["log"]

    assert len(log["entries"]) == count


def test_the_kit_reads_it_and_finds_no_violation(asked: tuple[RunningMock, str], tmp_path: Path) -> None:
    mock, key = asked
    file = tmp_path / "journal.har"
    file.write_bytes(exported(mock, key).content)

    result = ended("verify", mock.url, "--har", str(file))

    # No existing profile was requested, so the verdict is partial.
    assert result.returncode == 5, result.stdout + result.stderr
    assert "0 broken, 0 warnings" in result.stdout
    assert "df_secret" not in result.stdout


def test_another_format_is_refused(controls: Controls) -> None:
    reply = controls.ask("GET", "/requests", format="xml")

    assert (reply.status_code, reply.json()["member"]) == (400, "/format")


def test_the_document_tells_of_it(controls: Controls) -> None:
    document = controls.get("/openapi.json")
    operation = document["paths"]["/requests"]["get"]

    answers = operation["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"]
    assert [answer["$ref"].rpartition("/")[2] for answer in answers] == ["Requests", "Har"]
    assert document["components"]["schemas"]["Entry"]["required"][0] == "startedDateTime"
    [format_] = [each for each in operation["parameters"] if each["name"] == "format"]
    assert format_["schema"]["enum"] == ["har", "json"]
