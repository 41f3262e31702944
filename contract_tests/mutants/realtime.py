"""Mutants of the counter that answer some queries wrongly."""

from functools import partial

from contract_tests.asking import labels
from contract_tests.exchange import Exchange
from contract_tests.mutants.mutant import Mutant
from contract_tests.mutants.planting import Data, editing
from contract_tests.operations import REALTIME


def _none_at_dates(data: Data, exchange: Exchange) -> None:
    if labels.DATES in exchange.labels:
        data[0]["visitors"] = 0


def _all_at_dates(data: Data, exchange: Exchange) -> None:
    if labels.DATES in exchange.labels:
        data[0]["visitors"] += 1000


REALTIME_MUTANTS = (
    Mutant("nobody with dates", "RT-05", partial(editing, REALTIME, _none_at_dates)),
    Mutant("all visitors of a day with dates", "RT-05", partial(editing, REALTIME, _all_at_dates)),
)
