"""The probes: labelled requests with which a run observes as many clauses as the credentials allow."""

from collections.abc import Iterable, Sequence

from contract_tests.asking import labels
from contract_tests.asking.client import StoppedError
from contract_tests.asking.credentials import Credentials
from contract_tests.asking.probes import (
    access,
    agreement,
    fields,
    paging,
    polls,
    realtime,
    realtime_map,
    refusals,
    selection,
    sums,
    visitor,
    writes,
)
from contract_tests.asking.probes.probe import Asker, Probe, is_wanted, main_of
from contract_tests.document import Document
from contract_tests.exchange import Exchange
from contract_tests.interrupts import pass_on_interrupt
from contract_tests.operations import REALTIME, WRITES

PAUSE = 1.25
"""The default pause between polls, in seconds."""

REFUSED = frozenset({401, 403})


class RefusedError(Exception):
    """An error for main credentials that the server refuses; the text is one sentence for people."""


def probes_for(
    contract: Document, credentials: Credentials, wanted: Sequence[str], *, may_write: bool = False
) -> list[Probe]:
    """Returns the probes that the credentials allow and that a wanted clause needs, in sending order.

    Probes that write come last, and only if `may_write` is True.
    """
    written: tuple[Probe, ...] = ()
    if may_write:
        # The probes of operations without a module here send the documented examples.
        further = (q for q in access.writing_probes(contract) if q.operation not in WRITES)
        written = (*further, *refusals.access_refusals(contract), *refusals.REFUSALS, *writes.PROBES)
    all_probes: tuple[Probe, ...] = (
        *access.REFUSED,
        *polls.PROBES,
        *agreement.PROBES,
        sums.PRESENT,
        *realtime.PROBES,
        *realtime_map.PROBES,
        *visitor.PROBES,
        *access.ACCOUNTS,
        *access.access_probes(contract),
        *paging.paging_probes(contract),
        *fields.field_probes(contract),
        *sums.PROBES,
        *selection.PROBES,
        *written,
    )
    return [p for p in all_probes if p.is_possible(credentials) and is_wanted(p.serves, wanted)]


def most_of(probes: Iterable[Probe]) -> int:
    """Returns the largest number of requests that the probes send, including the first one of `ask_all`."""
    return 1 + sum(probe.most for probe in probes)


def ask_all(probes: Iterable[Probe], asker: Asker) -> None:
    """Checks the server, and then sends all probes. Raises StoppedError and RefusedError.

    Requests are sent one at a time. A poll is sent between two probes as soon as it is due.
    """
    pass_on_interrupt()
    open_with(asker)
    for probe in probes:
        pass_on_interrupt()
        asker.poll()
        probe.ask(asker)
    asker.finish()


def open_with(asker: Asker) -> None:
    """Sends a first request, to check whether the server is the API and accepts the token.

    Raises StoppedError if it is not the API, and RefusedError if it refuses the token.
    """
    token, _ = main_of(asker.credentials)
    label = labels.OK if asker.credentials.key else labels.ACCOUNT
    request = asker.request(REALTIME, label if token is not None else labels.NO_CREDENTIAL)
    exchange = asker.client.ask(request)
    if 300 <= exchange.status < 400:
        target = exchange.headers.get("location", "nowhere")[:200]
        told = f"{exchange.url} redirects to {target}"
        raise StoppedError(f"{told}; redirects are not followed, so give the API's own base URL")
    if token is not None and exchange.status in REFUSED:
        told = f"{exchange.url} refuses the token {exchange.token} with {exchange.status}"
        raise RefusedError(f"{told}; give a valid one with --key, --account-token or --credentials")
    if exchange.unreadable is not None:
        raise StoppedError(f"the answer from {exchange.url} cannot be read: {exchange.unreadable}")
    if exchange.status == 404 or not isinstance(exchange.json, dict):
        raise StoppedError(_unlike_the_api(exchange, asker.client.through))
    asker.keep(exchange)


def _unlike_the_api(exchange: Exchange, through: str) -> str:
    """Returns what a first answer is instead of the API's; `through` names the proxy, if there is one."""
    kind = exchange.headers.get("content-type", "no content type")[:80]
    told = f"{exchange.url}{through} answers {exchange.status} with {kind}"
    if exchange.status >= 500:
        return f"{told}: the server fails, or a gateway in front of it"
    if exchange.status != 404 and "json" in kind.lower():
        told += ", but the body is not a JSON object"
    return f"this is not the API's base: {told}"
