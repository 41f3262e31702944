"""Probes of the pages of a list: the first row, the next two, and if necessary the first one again."""

from functools import partial

from contract_tests.asking.probes.probe import Asker, Series
from contract_tests.asking.rules import Paging, pagings_of
from contract_tests.document import Document
from contract_tests.exchange import Json

_PAGES = 3


def paging_probes(contract: Document) -> list[Series]:
    """Returns a series for each operation whose answers come in pages."""
    return [
        Series(
            (f"{paging.operation.id}.paging-*", "SUM-15", "SEL-09", "SEL-10"),
            _PAGES,
            paging.who,
            partial(_pages, paging),
        )
        for paging in pagings_of(contract)
    ]


def _pages(paging: Paging, asker: Asker) -> None:
    roles = {name: getattr(asker.credentials, role) for name, role in paging.roles.items()}
    if not all(roles.values()):
        return

    def page(limit: int, offset: int) -> Json:
        """Returns the first row of a page; None if it has no rows."""
        found = asker.ask(
            paging.operation.id,
            who=paging.who,
            values={**paging.values, **roles, "limit": str(limit), "offset": str(offset)},
        ).data
        return found[0] if isinstance(found, list) and found else None

    first = page(paging.size, 0)
    # The second page is larger than its offset, so that it skips rows if a server's `offset` counts pages.
    if first is not None and (page(paging.size + 1, paging.size) == first or asker.is_thorough):
        page(paging.size, 0)
