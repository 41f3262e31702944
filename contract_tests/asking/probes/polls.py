"""Probes of the counter and the map in rounds that are a few seconds apart."""

from contract_tests.asking import labels
from contract_tests.asking.probes.probe import SUCCESSES, Asker, Series
from contract_tests.asking.rules import MAIN
from contract_tests.families import MAP, REALTIME

_OVER_TIME = ("AGR-01", "POLL-*")


def _rounds(asker: Asker) -> None:
    """Requests the counter between two maps, in as many rounds as AGR-01 judges."""
    label = labels.OK if asker.credentials.key else labels.ACCOUNT
    if not asker.wants(_OVER_TIME):
        asker.ask(MAP, label)
        return
    for number in range(labels.ROUNDS):
        if number:
            asker.rest()
        for operation in (MAP, REALTIME, MAP):
            asker.ask(operation, label, labels.POLL, labels.SANDWICH, labels.round_of(number))


PROBES = (
    Series(
        (*_OVER_TIME, "AUTH-0[67]", "MAP-*", "REV-*", "getRealtimeMap.*", "RT-*", *SUCCESSES, "ENV-09"),
        3 * labels.ROUNDS,
        MAIN,
        _rounds,
    ),
)
