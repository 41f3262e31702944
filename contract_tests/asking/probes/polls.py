"""Probes of the counter and the map in rounds.

The rounds are a few seconds apart, with other probes between them.
"""

from functools import partial

from contract_tests.asking import labels
from contract_tests.asking.probes.probe import SUCCESSES, Asker, Series
from contract_tests.asking.rules import MAIN
from contract_tests.operations import MAP, REALTIME

_OVER_TIME = ("AGR-01", "POLL-*")


def _rounds(asker: Asker) -> None:
    """Requests the counter between two maps, in as many rounds as AGR-01 judges."""
    if asker.wants(_OVER_TIME):
        _round(0, asker)
    else:
        asker.ask(MAP, _label(asker))


def _round(number: int, asker: Asker) -> None:
    for operation in (MAP, REALTIME, MAP):
        asker.ask(operation, _label(asker), labels.POLL, labels.SANDWICH, labels.round_of(number))
    if number + 1 < labels.ROUNDS:
        asker.later(partial(_round, number + 1))


def _label(asker: Asker) -> str:
    return labels.OK if asker.credentials.key else labels.ACCOUNT


PROBES = (
    Series(
        (*_OVER_TIME, "AUTH-0[67]", "MAP-*", "REV-*", "getRealtimeMap.*", "RT-*", *SUCCESSES, "ENV-09"),
        3 * labels.ROUNDS,
        MAIN,
        _rounds,
    ),
)
