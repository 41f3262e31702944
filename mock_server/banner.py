"""The text that the command prints when it is ready."""

from collections.abc import Iterator, Sequence

from mock_server.contract.operations import Operation
from mock_server.errors import printable
from mock_server.instants import iso_of
from mock_server.service import Service
from mock_server.state.credentials import site_token

_MOST_LISTED = 3
_LONGEST_LISTED = 100
_SERVED = "  ← df_test, df_xxx"


def banner(service: Service, url: str, hidden: Sequence[Operation] = (), further: Sequence[str] = ()) -> str:
    """Returns the lines for people.

    `hidden` are the operations of further documents that are never answered, because the mock has their
    paths. `further` are lines to insert before the last one. The last line, `listening on http://…`, is for
    programs.
    """
    options = service.options
    width = max(len(site_token(name)) for name in service.sites)
    sites = [
        f"  {site_token(name):<{width}}  {printable(site.description)}"
        + (_SERVED if name == options.site else "")
        for name, site in service.sites.items()
    ]
    clock = service.common.clock
    further = [*_advice(service, hidden), *further]
    pace = "frozen" if clock.is_frozen else f"at {clock.speed:g}× speed"
    return "\n".join(
        [
            "  ·  ".join(
                [
                    "DataFast mock",
                    f"revision {options.revision}",
                    f"seed {options.seed}",
                    f"it is {iso_of(clock.now())}, {pace}",
                ]
            ),
            "",
            f"Look  {url}/   (console: the live website, and switches; API reference: {url}/docs)",
            f"API   {url}{service.base}   (sites: {url}/__mock/sites, document: {url}/openapi.json)",
            *sites,
            "",
            f'  curl -H "Authorization: Bearer df_test" {url}{service.base}/analytics/realtime/map',
            "",
            *(further and [*further, ""]),
            f"listening on {url}",
        ]
    )


def _advice(service: Service, hidden: Sequence[Operation]) -> Iterator[str]:
    """Yields what users have to know of their options and documents."""
    if hidden:
        paths = _listed([f"{operation.method} {operation.path}" for operation in hidden])
        yield f"Not answered, since the mock itself has the path: {paths}."
    if service.unread_members:
        members = _listed(service.unread_members)
        reason = "since OpenAPI 3.1 has no such member of a path (methods are in lower case)"
        yield f"Not read, {reason}: {members}."
    shared = _shared_names(service)
    if shared:
        yield f"Several operations have the same operationId, so rules match all of them: {_listed(shared)}."
    if service.options.is_exposed and service.options.control_token is None:
        # Otherwise users would not know why the console's switches do nothing.
        yield "Other machines can reach this mock. Its controls are off without --control-token."


def _shared_names(service: Service) -> list[str]:
    """Returns each operationId of further documents that operations of different paths or methods have.

    OpenAPI forbids that. A document may repeat an operation of the mock, which is then answered by the mock.
    """
    own = service.operations_in(service.options.revision).values()
    requests: dict[str, set[tuple[str, str]]] = {}
    for operation in (*own, *service.extra_operations):
        requests.setdefault(operation.operation_id, set()).add((operation.method, operation.path))
    return [name for name, found in requests.items() if len(found) > 1]


def _listed(names: Sequence[str]) -> str:
    """Returns the beginning of a list from a user's document, and how much more there is."""
    shown = [name[:_LONGEST_LISTED] + "…" * (len(name) > _LONGEST_LISTED) for name in names[:_MOST_LISTED]]
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return printable(", ".join(shown)) + more
