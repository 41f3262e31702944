"""Clauses about the pages of a list, for each operation with `limit` and `offset`."""

from collections.abc import Hashable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from contract_tests.asking import labels
from contract_tests.asking.rules import pagings_of
from contract_tests.clauses.clause import Cases, Check, Clause, Violation, clause
from contract_tests.clauses.question import list_of, page_of
from contract_tests.document import Document
from contract_tests.documented import EXAMPLE, IMPLIED, Operation
from contract_tests.exchange import Exchange, Json, is_number, whole_of
from contract_tests.operations import TIMESERIES
from contract_tests.recording import Recording


class Page(NamedTuple):
    """A page of a list: the answer, the `limit` and `offset` of the request, and the rows.

    `offset` is 0 if the request has none.
    """

    exchange: Exchange
    limit: int
    offset: int
    rows: list[Json]


def paging_clauses(contract: Document) -> list[Clause]:
    """Returns three clauses for each operation whose answers come in pages."""
    return [made for paging in pagings_of(contract) for made in _clauses(paging.operation)]


def _pages(operation: Operation, recording: Recording) -> list[Page]:
    """Returns the answers to requests with a documented `limit`, in the order in which they were sent."""
    parameter = operation.parameter("limit")
    least = parameter.schema.get("minimum", 1) if parameter else 1
    most = operation.most_rows
    found = []
    for exchange in recording.answers(operation.id):
        limit, offset = page_of(exchange)
        is_list = isinstance(exchange.data, list) and not exchange.labels & labels.REFUSED
        if not is_list or limit is None or offset is None:
            continue
        if least <= limit and (most is None or limit <= most):
            found.append(Page(exchange, limit, offset, exchange.data))
    return found


def _clauses(operation: Operation) -> Iterator[Clause]:
    name = f"`{operation.method} {operation.path}`"

    def made(kind: str, sentence: str, standing: str, needs: str, cases: Cases, check: Check) -> Clause:
        return clause(
            f"{operation.id}.paging-{kind}",
            f"{name} {sentence}",
            source=operation.source,
            standing=standing,
            needs=needs,
            cases=cases,
        )(check)

    own = partial(_pages, operation)
    bounds = "answers with no more rows than `limit`."
    yield made("limit", bounds, operation.standing, "a list", own, _too_many)
    skips = "begins with another row if `offset` skips the first one."
    pairs = partial(_first_and_second, operation)
    yield made("offset", skips, IMPLIED, "a list with two pages", pairs, _the_same)
    echoes = "repeats the requested `limit` and `offset` in `pagination`, if it tells them."
    yield made("echo", echoes, EXAMPLE, "a list", partial(_told, operation), _another)


def _too_many(page: Page) -> Iterable[Violation]:
    if len(page.rows) > page.limit:
        problem = f"`limit` was {page.limit}, but there are {len(page.rows)} rows"
        yield Violation(problem, page.exchange, "/data", len(page.rows))


def _first_and_second(operation: Operation, recording: Recording) -> list[tuple[Page, ...]]:
    """Returns the first page, a later page and, if it was requested, the first page again, of each list.

    The third page shows whether the list has changed meanwhile. Without it, nothing is returned if both pages
    begin with the same row. Two rows may be equal if they do not say what they are about, so lists of such
    rows are left out.
    """
    lists: dict[Hashable, list[Page]] = {}
    for page in _pages(operation, recording):
        if page.rows and not _is_unnamed(page):
            lists.setdefault(list_of(page.exchange), []).append(page)
    cases = []
    for found in lists.values():
        for first, second, third in zip(found, found[1:], [*found[2:], None], strict=False):
            again = [third] if third and third.offset == 0 else []
            is_pair = first.offset == 0 < second.offset
            if is_pair and (again or first.rows[0] != second.rows[0]):
                cases.append((first, second, *again))
    return cases


def _is_unnamed(page: Page) -> bool:
    """Returns whether a row does not say what it is about; the request may name columns of figures only.

    The `name` of a bucket, such as `15:00`, is that of other buckets, too. Nulls say nothing, either.
    """
    row = page.rows[0]
    if not isinstance(row, dict) or not row:
        return False
    is_bucket = page.exchange.operation == TIMESERIES
    return all(_is_no_name(value) or (is_bucket and name == "name") for name, value in row.items())


def _is_no_name(value: Json) -> bool:
    """Returns whether a value is a number or null, or an object of such values."""
    if isinstance(value, dict):
        return all(map(_is_no_name, value.values()))
    return value is None or is_number(value)


def _the_same(case: tuple[Page, ...]) -> Iterable[Violation]:
    # If the list changes meanwhile, two of the three pages may begin with the same row, but not all three.
    if all(one.rows[0] == other.rows[0] for one, other in pairwise(case)):
        second = case[1]
        problem = f"`offset` was {second.offset}, but the first row is that of the first page"
        yield Violation(problem, second.exchange, "/data/0", second.rows[0])


def _told(operation: Operation, recording: Recording) -> list[Page]:
    return [
        page
        for page in _pages(operation, recording)
        if isinstance(told := _pagination(page), dict)
        and any(whole_of(told.get(name)) is not None for name in ("limit", "offset"))
    ]


def _pagination(page: Page) -> Json:
    return page.exchange.json.get("pagination")


def _another(page: Page) -> Iterable[Violation]:
    for name, asked, least in (("limit", page.limit, 1), ("offset", page.offset, 0)):
        told = whole_of(_pagination(page).get(name, asked))
        # A value of another type breaks the clause about the member itself.
        if told is not None and told >= least and told != asked:
            yield Violation(f"`{name}` was {asked}", page.exchange, f"/pagination/{name}", told)
