"""A golden file as a value, and the row of the index that describes it."""

from dataclasses import dataclass
from typing import Any

from mock_server.golden.asking import UNKNOWN_TOKEN, Answer, Question


@dataclass(frozen=True, slots=True)
class Golden:
    """One file. `path` is relative to the folder, with slashes.

    `revision` and `site` are None where every one answers so. `operations` names those that do: none for a
    route that there is not.
    """

    path: str
    good_for: str
    revision: str | None
    site: str | None
    operations: tuple[str, ...]
    question: Question
    answer: Answer


def row_of(golden: Golden, instant: str) -> dict[str, Any]:
    """The row of the index."""
    question, answer = golden.question, golden.answer
    return {
        "path": golden.path,
        "goodFor": golden.good_for,
        "revision": golden.revision,
        "site": golden.site,
        "operationIds": golden.operations,
        "request": {
            "method": question.method,
            "path": question.url,
            "credential": question.credential,
            # A token that nobody has is not to be taken for one of the mock's.
            "token": None if question.token == UNKNOWN_TOKEN else question.token,
        },
        "status": answer.status,
        "headers": answer.headers,
        "instant": instant,
    }
