"""The question that a request for a report asks, and whether its period is over."""

from collections.abc import Hashable
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from contract_tests.exchange import Exchange
from contract_tests.instants import ms

_DATES = ("startAt", "endAt", "timezone")
_WEBSITE = "websiteId"
# These parameters select columns, buckets and rows of an answer. They do not change which visits are counted.
_VIEW = frozenset({"fields", "interval", "limit", "offset"})
_EPOCH = date(1970, 1, 1).toordinal()
# In ms. A date ends twelve hours later in the last time zone than in UTC.
_DAY, _LAST_ZONE = 86_400_000, 43_200_000
# In ms: how late a page view or a payment of an ended period may still be recorded.
_LATE = 3_600_000
# In ms after midnight: 23:59.
_END_OF_DAY = _DAY - 60_000


Who = tuple[str, str | None, str | None, int]
Website = tuple[str, str | None, str | None]


class Question(NamedTuple):
    """The question that a request for a report asks. Two answers to the same question have the same figures.

    `who` is the server, the sender of the request, the `websiteId`, and the era of the run; `dates` are
    `startAt`, `endAt` and `timezone`. None stands for a parameter that the request does not have.
    """

    who: Who
    dates: tuple[str | None, ...]
    filters: frozenset[tuple[str, str]]

    @property
    def without_filters(self) -> "Question":
        """The same question without filters."""
        return self._replace(filters=frozenset())

    @property
    def may_mean_dates(self) -> bool:
        """Whether the period is from midnight to 23:59 in UTC.

        Time series, and perhaps other reports, read such instants as dates, in any time zone.
        """
        begin, end, _ = self.dates
        at = ms(begin)
        return at is not None and at % _DAY == 0 and _ends_a_day(end)

    @property
    def is_one_date(self) -> bool:
        """Whether the period begins and ends with the same date."""
        begin, end, _ = self.dates
        return begin is not None and begin == end and _as_date(begin) is not None


def question_of(exchange: Exchange) -> Question:
    """Returns the question that a request asks."""
    return _question(exchange.url, exchange.sender, exchange.era)


# The result is cached, because every clause needs it for the same few answers.
@lru_cache(4096)
def _question(address: str, sender: str | None, era: int) -> Question:
    url = urlsplit(address)
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(url.query):
        given.setdefault(name, []).append(value)
    # No page says which of several values counts, so two requests are equal only if they have all of them.
    website_id, *dates = ("&".join(given.pop(name, ())) or None for name in (_WEBSITE, *_DATES))
    filters = frozenset((name, "&".join(found)) for name, found in given.items() if name not in _VIEW)
    return Question((url.netloc, sender, website_id, era), tuple(dates), filters)


def website_of(exchange: Exchange) -> Website:
    """Returns the server, the sender and the `websiteId` of a request.

    Two answers are about the same website only if all three are equal.
    """
    server, sender, website_id, _ = question_of(exchange).who
    return server, sender, website_id


def is_finished(exchange: Exchange) -> bool:
    """Returns whether the period was over when the request was answered, so that the figures are final."""
    end = question_of(exchange).dates[1]
    if end is None:
        return False
    day = _as_date(end)
    over = ms(end) if day is None else _midnight_of(day) + _DAY + _LAST_ZONE
    answered = exchange.now
    if over is None or answered is None:
        return False
    # A server may read the instant as a date.
    late = _LATE + (_LAST_ZONE if _ends_a_day(end) else 0)
    return over + late <= answered.earliest


def passed_of(exchange: Exchange) -> int | None:
    """Returns how much of the period had passed when the request was answered, at least, in ms.

    Returns None if it is unknown, or if the period is all time.
    """
    begin, end, _ = question_of(exchange).dates
    first, last = ms(begin), ms(end)
    days = _as_date(begin or ""), _as_date(end or "")
    if days[0] is not None and days[1] is not None:
        first, last = (_midnight_of(day) + _LAST_ZONE for day in (days[0], days[1]))
        last += _DAY
    if first is None or last is None or exchange.now is None:
        return None
    return min(last, exchange.now.earliest) - first


def parameter_of(exchange: Exchange, name: str) -> str | None:
    """Returns the value of a query parameter of a request; None if it has none, or several."""
    values = _values_of(exchange, name)
    return values[0] if len(values) == 1 else None


def columns_of(exchange: Exchange) -> frozenset[str] | None:
    """Returns the columns that the `fields` of a request name; empty if it has no `fields`.

    Returns None if it has several `fields`, because no page says which of them counts.
    """
    values = _values_of(exchange, "fields")
    names = frozenset(name.strip() for name in ",".join(values).split(","))
    return names - {""} if len(values) < 2 else None


def page_of(exchange: Exchange) -> tuple[int | None, int | None]:
    """Returns the requested `limit` (None if the request has none) and `offset` (0 if it has none).

    Each is None if it is no number, or if the request has several of them, because no page says how a server
    reads that.
    """
    offset = _number_of(exchange, "offset") if _values_of(exchange, "offset") else 0
    return _number_of(exchange, "limit"), offset


def list_of(exchange: Exchange) -> Hashable:
    """Returns a value that is the same for all requests for parts of one list."""
    return question_of(exchange), *(tuple(_values_of(exchange, name)) for name in ("fields", "interval"))


def _values_of(exchange: Exchange, name: str) -> list[str]:
    """Returns the different values of a query parameter of a request, without empty ones."""
    given = parse_qsl(urlsplit(exchange.url).query)
    return list(dict.fromkeys(value for other, value in given if other == name))


def _number_of(exchange: Exchange, name: str) -> int | None:
    text = parameter_of(exchange, name) or ""
    return int(text[:9]) if _is_digits(text) else None


def _ends_a_day(text: str | None) -> bool:
    """Returns whether a text is an instant of the last minute of a day in UTC."""
    at = ms(text)
    return at is not None and at % _DAY >= _END_OF_DAY


def _midnight_of(day: date) -> int:
    """Returns the instant at which a day begins in UTC, in ms since the epoch."""
    return (day.toordinal() - _EPOCH) * _DAY


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _as_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
