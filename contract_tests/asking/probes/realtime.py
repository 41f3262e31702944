"""Probes of the counter: with `fields`, and with dates, which have no effect."""

from contract_tests.asking import labels
from contract_tests.asking.probes.probe import SUCCESSES, Question
from contract_tests.families import REALTIME

_DATES = {"startAt": "2020-01-01", "endAt": "2020-01-02", "timezone": "UTC"}

PROBES = (
    Question(REALTIME, labels.FIELDS, "key", ("RT-*", *SUCCESSES), values={"fields": "visitors"}),
    # A second request shows whether a difference was only a visitor who came or left between two requests.
    Question(REALTIME, labels.DATES, "key", ("RT-*", *SUCCESSES), values=_DATES),
    Question(REALTIME, labels.DATES, "key", ("RT-05",), values=_DATES),
)
