"""The query of a request."""

from urllib.parse import parse_qsl


def query_of(query_string: bytes) -> dict[str, list[str]]:
    """Returns the values by the names of the parameters, in the order in which they were sent."""
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
        query.setdefault(name, []).append(value)
    return query
