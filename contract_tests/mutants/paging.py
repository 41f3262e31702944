"""Mutants of pages: too long, always the first one, or with another `offset` than requested."""

from collections.abc import Iterator
from functools import partial
from urllib.parse import parse_qsl, urlsplit

from contract_tests.asking.rules import pagings_of
from contract_tests.document import Document
from contract_tests.exchange import Exchange, Json
from contract_tests.mutants.mutant import Mutant, Mutation
from contract_tests.mutants.planting import rewriting


def paging_mutants(contract: Document) -> Iterator[Mutant]:
    """Yields three mutants for each operation whose answers come in pages."""
    for paging in pagings_of(contract):
        name = paging.operation.id
        yield Mutant(f"{name} ignores limit", f"{name}.paging-limit", partial(rewriting, name, _longer))
        yield Mutant(f"{name} ignores offset", f"{name}.paging-offset", partial(_always_the_first, name))
        yield Mutant(f"{name} reports another page", f"{name}.paging-echo", partial(rewriting, name, _next))


def _longer(body: Json, exchange: Exchange) -> None:
    if _asked(exchange).get("limit") == "1" and len(body["data"]) == 1:
        body["data"] *= 2


def _always_the_first(operation: str) -> Mutation:
    first: list[Json] = []

    def edit(body: Json, exchange: Exchange) -> None:
        offset = _asked(exchange).get("offset")
        if offset == "0":
            first[:] = body["data"]
        elif offset:
            body["data"] = [*first, *body["data"]][: len(body["data"])]

    return rewriting(operation, edit)


def _asked(exchange: Exchange) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(exchange.url).query))


def _next(body: Json, _exchange: Exchange) -> None:
    body["pagination"]["offset"] += 1
