"""Probes of the pages of a list: the first page, the second one, and the first one again."""

from functools import partial

from contract_tests.asking import labels
from contract_tests.asking.probes.probe import Asker, Series
from contract_tests.asking.rules import Paging, pagings_of
from contract_tests.document import Document

_PAGES = 3


def paging_probes(contract: Document) -> list[Series]:
    """Returns a series for each operation whose answers come in pages."""
    return [
        Series((f"{paging.operation.id}.paging-*", "SUM-15"), _PAGES, paging.who, partial(_pages, paging))
        for paging in pagings_of(contract)
    ]


def _pages(paging: Paging, asker: Asker) -> None:
    roles = {name: getattr(asker.credentials, role) for name, role in paging.roles.items()}
    if not all(roles.values()):
        return
    for offset in (0, paging.size, 0):
        asker.ask(
            paging.operation.id,
            labels.PAGE,
            labels.page_of(paging.size, offset),
            who=paging.who,
            values={**paging.values, **roles, "limit": str(paging.size), "offset": str(offset)},
        )
