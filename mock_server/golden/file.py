"""A golden file as a value, and the row of the index that describes it."""

from dataclasses import dataclass
from typing import Any

from mock_server.golden.asking import UNKNOWN_TOKEN, Answer, Question


@dataclass(frozen=True, slots=True)
class Golden:
    """A golden file; `path` is relative to the folder, with slashes.

    `revision` is None if the answer is the same in all revisions; `site` is None if it is the same for all
    sites. `operations` are the ids of the operations with this answer; empty for an unknown route.
    """

    path: str
    good_for: str
    revision: str | None
    site: str | None
    operations: tuple[str, ...]
    question: Question
    answer: Answer


def row_of(golden: Golden, instant: str) -> dict[str, Any]:
    """Returns the row of the index that describes a file."""
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
            # The unknown token is left out, so that it is not mistaken for one of the mock's.
            "token": None if question.token == UNKNOWN_TOKEN else question.token,
        },
        "status": answer.status,
        "headers": answer.headers,
        "instant": instant,
    }
