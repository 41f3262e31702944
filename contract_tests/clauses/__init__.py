"""All clauses of the kit, in the order in which reports list them."""

from dataclasses import replace
from functools import cache

from contract_tests.clauses import (
    access,
    agreed_activity,
    agreed_payments,
    agreement,
    counter,
    envelope,
    map_events,
    map_payments,
    map_predictions,
    map_times,
    parts,
    periods,
    polls,
    realtime,
    realtime_map,
    report_columns,
    report_figures,
    report_rows,
    selection,
    series,
    sums,
    visitor,
    visitors_list,
    writes,
    written_goals,
    written_identities,
    written_payments,
    written_reports,
)
from contract_tests.clauses.access import ACCESS, access_clauses
from contract_tests.clauses.clause import Clause, clauses_of
from contract_tests.clauses.paging import paging_clauses
from contract_tests.clauses.realtime import REALTIME_CLAUSES
from contract_tests.clauses.selection import SELECTION_CLAUSES
from contract_tests.clauses.shape import shape_clauses
from contract_tests.document import Document, document
from contract_tests.families import order_of


@cache
def all_clauses() -> tuple[Clause, ...]:
    """Returns the clauses of the document that the kit ships with, sorted by family and number."""
    return clauses_for(document())


def clauses_for(contract: Document) -> tuple[Clause, ...]:
    """Returns the clauses written by hand and those made from a document, sorted by family and number."""
    found = [*shape_clauses(contract), *ACCESS, *REALTIME_CLAUSES, *SELECTION_CLAUSES]
    for module in (envelope, realtime_map, map_times, map_predictions, map_payments, visitor, report_rows):
        # These clauses judge each answer by itself.
        found += (replace(clause, is_local=True) for clause in clauses_of(vars(module)))
    written = (written_goals, written_payments, written_identities, written_reports)
    for module in (
        access,
        realtime,
        map_events,
        polls,
        counter,
        agreement,
        agreed_activity,
        agreed_payments,
        sums,
        report_figures,
        parts,
        visitors_list,
        series,
        selection,
        periods,
        report_columns,
        *written,
    ):
        found += clauses_of(vars(module))
    found += (*access_clauses(contract), *paging_clauses(contract), *writes.refusal_clauses())
    return tuple(sorted(found, key=lambda clause: order_of(clause.id)))
