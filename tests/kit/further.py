"""A document with operations that the kit does not ship with, and a correct server that has them."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import yaml

from contract_tests.document import Document, document
from tests.kit.strangers.plain import ACCOUNT, KEY, WEBSITE_ID, Answer, Json, Stranger

NO_PERMISSION, ELSEWHERE = "dft_reads_nothing", "dft_elsewhere"
GOALS = [{"goal": name, "completions": count} for name, count in (("signup", 9), ("trial", 4), ("buy", 1))]
_ADMIN = f"/admin/websites/{WEBSITE_ID}/goals"


def further_document() -> Document:
    """Returns the shipped document with the operations of further.yaml added."""
    more = yaml.safe_load(Path(__file__).with_name("further.yaml").read_text(encoding="utf-8"))
    content = document().content
    return Document({**content, "paths": {**content["paths"], **more}})


class Further(Stranger):
    """A correct server that has the operations of further.yaml as well."""

    def __init__(self) -> None:
        self.bodies: list[Json] = []
        """The decoded bodies of the requests that created goals."""

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Returns the answer to a GET."""
        if path != "/analytics/goals" and not path.startswith("/admin/"):
            return super().answer(path, query, headers)
        problem = self._why_not(query, headers)
        if problem is not None:
            return self.refused(*problem)
        return self._names(unquote(path), headers) if path.startswith("/admin/") else self._goals(query)

    def written(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Returns the answer to a POST or a DELETE."""
        problem = self._why_not(query, headers) if path == "/milestones" else (404, "Not found")
        if problem is not None:
            return self.refused(*problem)
        return self.deleted() if method == "DELETE" else self.created(json.loads(body))

    def _why_not(self, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str] | None:
        """Returns the status and message of a refusal; None if the credentials suffice.

        A website in the path is not checked here.
        """
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in (KEY, ACCOUNT, NO_PERMISSION, ELSEWHERE):
            return 401, "Invalid API key"
        if token == NO_PERMISSION:
            return 403, "A permission is missing"
        if token == ELSEWHERE:
            return 403, "Not your website"
        return (404, "Website not found") if query.get("websiteId", WEBSITE_ID) != WEBSITE_ID else None

    def _names(self, path: str, headers: Mapping[str, str]) -> Answer:
        if headers["Authorization"] == f"Bearer {KEY}":
            return self.refused(403, "An account token is needed")
        return self.told(["signup", "trial"]) if path == _ADMIN else self.refused(404, "Website not found")

    def _goals(self, query: Mapping[str, str]) -> Answer:
        limit, offset = int(query.get("limit", 100)), int(query.get("offset", 0))
        pagination = {"limit": limit, "offset": offset, "total": len(GOALS)}
        content = {"status": "success", "data": self.page(limit, offset), "pagination": pagination}
        return Answer(200, json.dumps(content).encode())

    def page(self, limit: int, offset: int) -> list[Json]:
        """Returns the rows of one page."""
        return GOALS[offset : offset + limit]

    def created(self, goal: Json) -> Answer:
        """Returns the answer to a request that creates a goal."""
        self.bodies.append(goal)
        return Answer(201, json.dumps({"status": "success", "data": {"eventId": "e1"}}).encode())

    def deleted(self) -> Answer:
        """Returns the answer to a DELETE."""
        return Answer(204, b"", {})
