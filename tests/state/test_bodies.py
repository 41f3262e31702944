"""Whole answers in the journal: the newest ones, limited in number and bytes, with tokens masked."""

import httpx2
import pytest

from mock_server.state.bodies import LONGEST_WHOLE, MOST_BODIES, MOST_BYTES, Bodies
from mock_server.state.entries import LONGEST_ANSWER, Part
from mock_server.state.showing import shown_in_full
from tests.controls import Controls
from tests.credentials import bearer

MAP = "/analytics/realtime/map"


def test_an_answer_is_shown_in_full_on_request(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(frozen=True)
    reply = web.get(MAP, headers=bearer(key))
    [begin] = controls.get("/requests", key=key)["requests"]
    [whole] = controls.get("/requests", key=key, bodies="whole")["requests"]

    first = reply.content[:LONGEST_ANSWER].decode(errors="ignore")
    assert (begin["responseBody"]["text"], begin["responseBody"]["cut"]) == (
        first,
        True,
    )
    assert whole["responseBody"] == {
        "size": len(reply.content),
        "text": reply.text,
        "encoding": None,
        "cut": False,
    }


@pytest.mark.long
@pytest.mark.parametrize(
    "prefer",
    [
        pytest.param("delay=1", id="late"),
        pytest.param("fault=drip:50", id="in pieces"),
        pytest.param("fault=malformed", id="damaged"),
        pytest.param("code=404", id="documented"),
    ],
)
def test_what_was_really_sent_is_shown(controls: Controls, web: httpx2.Client, prefer: str) -> None:
    key = controls.mint(frozen=True)
    reply = web.get(MAP, headers={**bearer(key), "Prefer": prefer})
    [row] = controls.get("/requests", key=key, bodies="whole")["requests"]

    assert row["responseBody"]["text"] == reply.text


def test_a_har_file_has_the_whole_answers(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(frozen=True)
    reply = web.get(MAP, headers=bearer(key))
    [entry] = controls.get("/requests", key=key, format="har")["log"]["entries"]

    assert entry["response"]["content"]["text"] == reply.text


def test_a_peek_is_not_kept(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(frozen=True)
    web.get(MAP, headers={**bearer(key), "Prefer": "peek"})

    assert controls.get("/requests", key=key, bodies="whole")["requests"] == []


@pytest.mark.parametrize("is_sent_in_pieces", [False, True])
@pytest.mark.parametrize(
    ("size", "is_kept"),
    [
        pytest.param(LONGEST_ANSWER, False, id="as long as the beginning"),
        pytest.param(LONGEST_ANSWER + 1, True, id="longer than the beginning"),
        pytest.param(LONGEST_WHOLE, True, id="as long as a whole body may be"),
        pytest.param(LONGEST_WHOLE + 1, False, id="too long"),
    ],
)
def test_answers_that_the_journal_has_not_are_kept(size: int, is_kept: bool, is_sent_in_pieces: bool) -> None:
    bodies, body = Bodies(), bytes(size)
    if is_sent_in_pieces:
        part = Part()
        part.add(body)
        bodies.complete(part, body)
    else:
        part = bodies.part_of(body)

    assert (part.size, part.whole) == (size, body if is_kept else None)
    assert shown_in_full(part)["cut"] is (size > LONGEST_WHOLE)


def test_the_oldest_make_room_for_newer_ones() -> None:
    bodies = Bodies()
    parts = [bodies.part_of(bytes(LONGEST_WHOLE)) for _ in range(MOST_BYTES // LONGEST_WHOLE + 1)]
    bodies.part_of(bytes(LONGEST_WHOLE))

    assert [part.whole is None for part in parts] == [True, True, *[False] * (len(parts) - 2)]
    assert len(parts[0].first or b"") == LONGEST_ANSWER


def test_their_number_is_limited() -> None:
    bodies = Bodies()
    parts = [bodies.part_of(bytes(LONGEST_ANSWER + 1)) for _ in range(MOST_BODIES + 3)]

    assert sum(part.whole is None for part in parts) == 3


def test_a_body_is_not_copied() -> None:
    body = bytes(LONGEST_ANSWER + 1)

    assert Bodies().part_of(body).whole is body


def test_a_body_that_was_sent_in_part_is_not_shown_as_whole() -> None:
    part = Part()
    part.add(bytes(2 * LONGEST_ANSWER))
    Bodies().complete(part, bytes(LONGEST_ANSWER + 1))

    assert part.whole is None


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("df_hidden_in_here", id="plain"),
        pytest.param("df%5Fhidden%5Fin%5Fhere", id="percent-encoded"),
        pytest.param("df\\u005fhidden\\u005fin\\u005fhere", id="escaped as in JSON"),
    ],
)
def test_tokens_are_masked_beyond_the_beginning(written: str) -> None:
    part = Bodies().part_of(b" " * LONGEST_ANSWER + f'{{"a": "{written}"}}'.encode())

    assert str(shown_in_full(part)["text"]).strip() == '{"a": "df_***"}'
