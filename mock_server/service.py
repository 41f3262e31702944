"""Everything that a running mock consists of, made from its settings."""

from dataclasses import dataclass
from typing import Any

from mock_server.accounts import load_accounts
from mock_server.clock import Clock, start_clock
from mock_server.contract import Operation, base_of, load_document, operations_of
from mock_server.errors import InputError
from mock_server.keys import Keys
from mock_server.narrowing import narrow
from mock_server.settings import FASTEST, Settings
from mock_server.site import SITES, Site, load_sites
from mock_server.views.call import REVISIONS
from mock_server.worlds import Worlds


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running mock. `document` holds every revision; `operations` are of the running one."""

    settings: Settings
    clock: Clock
    document: dict[str, Any]
    base: str
    operations: list[Operation]
    extra_operations: list[Operation]
    sites: dict[str, Site]
    keys: Keys
    worlds: Worlds


def load_service(settings: Settings) -> Service:
    """Loads and checks all that the server stands on. Raises InputError for what cannot be used."""
    if settings.revision not in REVISIONS:
        raise InputError("--revision", f"there is no {settings.revision!r}; known: {', '.join(REVISIONS)}")
    if not 0 <= settings.speed <= FASTEST:
        raise InputError("--speed", f"{settings.speed} is not between 0 and {FASTEST}")
    sites = load_sites((SITES, *settings.site_folders))
    if settings.site not in sites:
        raise InputError("--site", f"there is no {settings.site!r}; known: {', '.join(sites)}")
    document = load_document()
    clock = start_clock(settings.now, settings.speed)
    return Service(
        settings=settings,
        clock=clock,
        document=document,
        base=base_of(document),
        operations=operations_of(narrow(document, settings.revision)),
        extra_operations=[
            operation for path in settings.documents for operation in operations_of(load_document(path), path)
        ],
        sites=sites,
        keys=Keys(load_accounts(sites), sites, settings.site, clock, allow_any=settings.any_key),
        worlds=Worlds(settings.seed, sites),
    )
