"""Odd entries of HAR files: some are read all the same, some are left out; and files that cannot be read."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import ended
from tests.kit.browsing import BASE, Json, counter_of, entry_of, judged_of, outcomes


def test_what_is_no_answer_is_left_out(traffic: Path) -> None:
    wrong = counter_of("many")
    bodiless = entry_of("/analytics/realtime", "")
    del bodiless["response"]["content"]["text"]
    preflight = entry_of("/analytics/realtime", "", 204)
    preflight["request"]["method"] = "OPTIONS"
    entries = [
        entry_of("/analytics/realtime", counter_of()),
        entry_of("/analytics/realtime", "", 304),
        entry_of("/analytics/realtime", "", 0),
        entry_of("/analytics/realtime", wrong, _fromCache="disk"),
        entry_of("/analytics/visitors", wrong),
        bodiless,
        preflight,
    ]
    code, report, told = judged_of(traffic, entries, "--only", "RT-*")
    assert (code, report["answers"]) == (0, 1), told
    reasons = (
        "1 not modified, 1 without an answer, 1 from the browser's cache, 1 no operation of the document,"
    )
    assert (
        f"6 of 7 entries are left out: {reasons} 1 without a recorded body, 1 of the method OPTIONS" in told
    )
    assert judged_of(traffic, entries, "https://other.example.com", "--only", "RT-*")[0] == 5


@pytest.mark.parametrize("other", ["https://other.example.com", "https://api.example.com:8443"])
def test_with_a_url_the_answers_of_other_servers_are_left_out(traffic: Path, other: str) -> None:
    wrong = entry_of("/analytics/realtime", counter_of("many"))
    wrong["request"]["url"] = wrong["request"]["url"].replace("https://api.example.com", other)
    entries = [entry_of("/analytics/realtime", counter_of()), wrong]

    code, report, told = judged_of(traffic, entries, BASE, "--only", "RT-*")

    assert (code, report["answers"]) == (0, 1), told
    assert "1 of 2 entries is left out: 1 from another server" in told


def test_bodies_in_base64(traffic: Path) -> None:
    entry = entry_of("/analytics/realtime", "")
    text = base64.b64encode(json.dumps(counter_of(-1)).encode()).decode()
    entry["response"]["content"] = {"text": text, "encoding": "base64"}
    code, report, _ = judged_of(traffic, [entry], "--only", "RT-*")
    assert (code, outcomes(report, "broken")) == (1, ["RT-01"])


@pytest.mark.parametrize("city", ["Lyon", "Zürich"])
def test_text_that_only_says_that_it_is_base64_is_text(traffic: Path, city: str) -> None:
    entry = entry_of("/analytics/realtime", json.dumps({**counter_of(), "city": city}, ensure_ascii=False))
    entry["response"]["content"]["encoding"] = "base64"
    code, report, told = judged_of(traffic, [entry], "--only", "RT-*,ENV-*")
    assert (code, outcomes(report, "broken")) == (0, []), told
    assert report["answers"] == 1


@pytest.mark.parametrize("url", ["http://[ad]/x", "http://[::1/x", "http://a:port/analytics/realtime", ""])
def test_a_url_that_cannot_be_parsed_is_no_operation(traffic: Path, url: str) -> None:
    odd = entry_of("", "")
    odd["request"]["url"] = url
    code, report, told = judged_of(
        traffic, [odd, entry_of("/analytics/realtime", counter_of())], "--only", "RT-*"
    )
    assert (code, report["answers"]) == (0, 1), told
    assert "1 of 2 entries is left out: 1 no operation of the document" in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"response": None}, "1 malformed", id="no response"),
        pytest.param({"response": {"status": 200, "content": None}}, "1 malformed", id="no content"),
        pytest.param({"response": {"status": "200"}}, "1 malformed", id="status as text"),
        *(
            pytest.param({"response": {"status": status}}, "1 malformed", id=f"status {status}")
            for status in (-1, 99, 1000, 10**30)
        ),
        pytest.param(
            {"response": {"status": 200, "headers": [{"name": "age", "value": None}]}},
            "1 malformed",
            id="header without a value",
        ),
        pytest.param(
            {"response": {"status": 200, "headers": [{"name": "age", "value": 3}]}},
            "1 malformed",
            id="header with a number",
        ),
        pytest.param({"startedDateTime": None}, "1 malformed", id="no instant"),
        pytest.param({"request": None}, "1 malformed", id="no request"),
        pytest.param({"_fromCache": True}, "1 from the browser's cache", id="cached, as a boolean"),
    ],
)
def test_an_entry_with_odd_members_is_left_out_alone(traffic: Path, changes: Json, words: str) -> None:
    odd = entry_of("/analytics/realtime", counter_of("many"), **changes)
    entries = [odd, entry_of("/analytics/realtime", counter_of())]
    code, report, told = judged_of(traffic, entries, "--only", "RT-*")
    assert (code, report["answers"]) == (0, 1), told
    assert f"1 of 2 entries is left out: {words}" in told


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_skipped(traffic: Path, encoding: str) -> None:
    har = {"log": {"version": "1.2", "entries": [entry_of("/analytics/realtime", counter_of())]}}
    traffic.write_text(json.dumps(har), encoding=encoding)
    result = ended("verify", "--har", str(traffic), "--only", "RT-*")
    assert result.returncode == 0, result.stderr


def test_half_an_emoji_does_not_make_a_file_unreadable(traffic: Path) -> None:
    entry = entry_of("/analytics/realtime", counter_of())
    entry["comment"], entry["response"]["statusText"] = "half: \ud83c", "whole: \U0001f389"
    code, report, told = judged_of(traffic, [entry], "--only", "RT-*")

    assert (code, report["answers"]) == (0, 1), told


@pytest.mark.parametrize("size", [57_943, -1, None, "20 bytes"])
def test_a_body_that_the_recorder_cut_is_not_judged(traffic: Path, size: Any) -> None:
    cut, whole = (
        entry_of("/analytics/realtime", json.dumps(counter_of())[:20]),
        entry_of("/analytics/realtime", counter_of()),
    )
    cut["response"]["content"]["size"] = size
    if size != 57_943:
        whole["response"]["content"]["size"] = size
    code, report, told = judged_of(traffic, [cut, whole])
    broken = [clause["id"] for clause in report["clauses"] if clause["outcome"] == "broken"]
    assert (report["answers"], broken) == (1, []), told
    assert code != 1
    assert "1 without a recorded body" in told


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com:443/stats/v1",
        "https://API.example.com/stats/v1",
        "HTTPS://api.example.com/stats/v1",
    ],
)
def test_equal_origins_are_one_server(traffic: Path, url: str) -> None:
    entry = entry_of("/analytics/realtime", counter_of())
    assert judged_of(traffic, [entry], url, "--only", "RT-*")[0] == 0
    entry["request"]["url"] = f"{url}/analytics/realtime"
    assert judged_of(traffic, [entry], BASE, "--only", "RT-*")[0] == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("{", "is not a HAR file", id="cut short"),
        pytest.param('{"log": {}}', "is not a HAR file", id="without entries"),
        pytest.param("[" * 100_000, "is not a HAR file", id="nested deeply"),
        pytest.param(None, "No such file", id="missing"),
    ],
)
def test_unreadable_files(content: str | None, words: str, traffic: Path) -> None:
    if content is not None:
        traffic.write_text(content)
    result = ended("verify", "--har", str(traffic))
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_har_that_is_too_large_is_refused_before_it_is_read(traffic: Path) -> None:
    with traffic.open("wb") as file:
        file.truncate((512 << 20) + 1)
    result = ended("verify", "--har", str(traffic))

    assert result.returncode == 2
    assert "is larger than 512 MB" in result.stderr
