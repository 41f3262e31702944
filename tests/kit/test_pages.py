"""`total` and `hasMore` of several pages: those of one list agree about its end, or SEL-09 says so."""

from collections.abc import Sequence

import pytest

from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome
from tests.kit.exchanges import answered, outcome_of

_WEEK, _TODAY = "startAt=2026-01-12&endAt=2026-01-18", "startAt=2026-01-20&endAt=2026-01-21"
_DEVICES: Sequence[Json] = [{"device": name, "visitors": 5} for name in ("desktop", "mobile", "tablet")]


def _visitors(limit: int, offset: int, rows: int, *, more: bool, period: str = _WEEK) -> Exchange:
    ids = (f"a3ab2331-989f-4cfa-91c6-{n:012x}" for n in range(offset, offset + rows))
    pagination = {"limit": limit, "offset": offset, "hasMore": more}
    path = f"/visitors?{period}&limit={limit}&offset={offset}"
    return answered(path, [{"visitorId": visitor_id} for visitor_id in ids], pagination=pagination)


def _devices(limit: int, offset: int, rows: int, total: int) -> Exchange:
    pagination = {"limit": limit, "offset": offset, "total": total}
    path = f"/analytics/devices?{_WEEK}&limit={limit}&offset={offset}"
    return answered(path, _DEVICES[offset : offset + rows], pagination=pagination)


@pytest.mark.parametrize(
    ("exchanges", "outcome"),
    [
        pytest.param(
            [_visitors(2, 0, 2, more=True), _visitors(2, 2, 1, more=False), _visitors(2, 4, 0, more=False)],
            Outcome.HOLDS,
            id="two pages, and one after the last",
        ),
        pytest.param(
            [_visitors(2, 0, 2, more=True), _visitors(4, 0, 3, more=False)],
            Outcome.HOLDS,
            id="a page, and the whole list",
        ),
        pytest.param(
            [_visitors(2, 0, 2, more=False), _visitors(4, 0, 4, more=True)],
            Outcome.BROKEN,
            id="a longer page has more",
        ),
        pytest.param(
            [_visitors(2, 0, 2, more=False), _visitors(2, 1, 2, more=True)],
            Outcome.BROKEN,
            id="a page that overlaps has more",
        ),
        pytest.param(
            [_visitors(2, 0, 2, more=False, period=_TODAY), _visitors(4, 0, 4, more=True, period=_TODAY)],
            Outcome.HOLDS,
            id="a longer page of a period that goes on",
        ),
        pytest.param(
            [_visitors(2, 0, 2, more=True), _visitors(2, 2, 0, more=False)],
            Outcome.WARNING,
            id="the next page has none",
        ),
        pytest.param(
            [_visitors(2, 0, 2, more=True), _visitors(4, 0, 2, more=False)],
            Outcome.WARNING,
            id="a longer page has no more",
        ),
        pytest.param(
            [_visitors(2, 0, 2, more=True), _visitors(2, 3, 0, more=False)],
            Outcome.HOLDS,
            id="a page after another one",
        ),
    ],
)
def test_has_more_says_whether_there_are_later_rows(exchanges: Sequence[Exchange], outcome: Outcome) -> None:
    assert outcome_of("SEL-09", exchanges) is outcome


@pytest.mark.parametrize("total", [2, 4])
def test_a_total_that_a_longer_page_contradicts_breaks_the_contract(total: int) -> None:
    exchanges = [_devices(2, 0, 2, total), _devices(4, 0, 3, 3)]

    assert outcome_of("SEL-09", exchanges) is Outcome.BROKEN
    assert outcome_of("SEL-09", [_devices(2, 0, 2, 3), _devices(4, 0, 3, 3)]) is Outcome.HOLDS
