"""The rows of a report: the requested columns, and the requested page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from mock_server.resources.call import Call, Reply

_encode = msgspec.json.Encoder().encode

Row = Mapping[str, Any]


def paged(call: Call, rows: Sequence[Row], columns: Iterable[str]) -> Reply:
    """Returns a page of rows: `{"status", "data": [{…}], "pagination": {"limit", "offset", "total"}}`.

    `columns` are the names of the members. Only the rows of the page are turned into JSON.
    """
    page = [only(row, columns) for row in page_of(call, rows)]
    return success(data=page, pagination=pagination(call, len(rows)))


def page_of(call: Call, rows: Sequence[Row]) -> Sequence[Row]:
    """Returns the rows between `offset` and `offset + limit`."""
    offset, limit = call.query["offset"], call.query["limit"]
    return rows[offset : offset + limit]


def pagination(call: Call, total: int) -> dict[str, int]:
    """Returns the member `pagination` for a number of rows."""
    return {"limit": call.query["limit"], "offset": call.query["offset"], "total": total}


def only(row: Row, columns: Iterable[str]) -> dict[str, Any]:
    """Returns some columns of a row, in the given order, each once."""
    return {name: row[name] for name in columns}


def success(**members: Any) -> Reply:
    """Returns the envelope of a success with these members after `status`."""
    return Reply(_encode({"status": "success", **members}))
