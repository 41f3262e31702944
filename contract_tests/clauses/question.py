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
    given = dict(parse_qsl(url.query))
    who = (url.netloc, sender, given.pop(_WEBSITE, None), era)
    dates = tuple(given.pop(name, None) for name in _DATES)
    return Question(who, dates, frozenset((k, v) for k, v in given.items() if k not in _VIEW))


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
    over = ms(end) if day is None else (day.toordinal() - _EPOCH + 1) * _DAY + _LAST_ZONE
    answered = exchange.now
    return over is not None and answered is not None and over + _LATE <= answered.earliest


def parameter_of(exchange: Exchange, name: str) -> str | None:
    """Returns the value of a query parameter of a request; None if the request does not have it."""
    return dict(parse_qsl(urlsplit(exchange.url).query)).get(name)


def page_of(exchange: Exchange) -> tuple[int | None, int]:
    """Returns the requested `limit` (None if the request has none) and `offset` (0 if it has none)."""
    given = dict(parse_qsl(urlsplit(exchange.url).query))
    limit, offset = given.get("limit", ""), given.get("offset", "")
    return (int(limit[:9]) if _is_digits(limit) else None), (int(offset[:9]) if _is_digits(offset) else 0)


def list_of(exchange: Exchange) -> Hashable:
    """Returns a value that is the same for all requests for parts of one list."""
    return question_of(exchange), parameter_of(exchange, "fields"), parameter_of(exchange, "interval")


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _as_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
