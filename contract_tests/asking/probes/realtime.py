"""Probes of the counter: with `fields`, and with dates and a filter, which have no effect."""

from typing import Any

from contract_tests.asking import labels
from contract_tests.asking.probes.probe import SUCCESSES, Asker, Question, Series
from contract_tests.exchange import Exchange, is_figure
from contract_tests.operations import REALTIME

_DATES = {"startAt": "2020-01-01", "endAt": "2020-01-02", "timezone": "UTC"}
# Next to nobody visits a website from Antarctica.
_FILTERED = {**_DATES, "filter_country": "AQ"}


def count_of(exchange: Exchange) -> float | None:
    """Returns the number in an answer of the counter; None if it has none."""
    row = exchange.data[0] if isinstance(exchange.data, list) and exchange.data else None
    value: Any = row.get("visitors") if isinstance(row, dict) else None
    return value if is_figure(value) else None


def slack_of(count: float) -> float:
    """Returns by how many visitors a count may change between two requests."""
    return 2 + count / 5


def _dated(asker: Asker) -> None:
    """Requests the counter with dates and a filter.

    If the number differs from the one before, it requests the counter without and with them once more. These
    numbers show whether visitors only came or left between two requests.
    """
    told = [count for e in asker.exchanges if e.operation == REALTIME and (count := count_of(e)) is not None]
    found = count_of(asker.ask(REALTIME, labels.DATES, who="key", values=_FILTERED))
    is_usual = told and found is not None and abs(found - told[-1]) <= slack_of(told[-1])
    if not is_usual or asker.is_thorough:
        asker.ask(REALTIME, who="key")
        asker.ask(REALTIME, labels.DATES, who="key", values=_FILTERED)


PROBES = (
    Question(REALTIME, labels.FIELDS, "key", ("RT-*", *SUCCESSES), values={"fields": "visitors"}),
    Series(("RT-*", *SUCCESSES), 3, "key", _dated),
)
