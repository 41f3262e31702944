"""A document with further operations, and a correct server that has them."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import yaml

from contract_tests.document import Document, document
from tests.kit.strangers import ACCOUNT, KEY, WEBSITE_ID, Answer, Json, Stranger

NO_PERMISSION, ELSEWHERE = "dft_reads_nothing", "dft_elsewhere"
GOALS = [{"goal": name, "completions": count} for name, count in (("signup", 9), ("trial", 4), ("buy", 1))]
_ADMIN = f"/admin/websites/{WEBSITE_ID}/goals"


def further_document() -> Document:
    """The shipped document with the operations of further.yaml."""
    more = yaml.safe_load(Path(__file__).with_name("further.yaml").read_text(encoding="utf-8"))
    content = document().content
    return Document({**content, "paths": {**content["paths"], **more}})


class Further(Stranger):
    """Knows goals and account routes as well."""

    def __init__(self) -> None:
        self.bodies: list[Json] = []
        """The bodies of the goals that were created, decoded."""

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """The answer to a GET."""
        if path != "/analytics/goals" and not path.startswith("/admin/"):
            return super().answer(path, query, headers)
        problem = self._why_not(query, headers)
        if problem is not None:
            return self.refused(*problem)
        return self._names(unquote(path), headers) if path.startswith("/admin/") else self._goals(query)

    def written(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """The answer to a POST or a DELETE."""
        problem = self._why_not(query, headers) if path == "/goals" else (404, "Not found")
        if problem is not None:
            return self.refused(*problem)
        return self.deleted() if method == "DELETE" else self.created(json.loads(body))

    def _why_not(self, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str] | None:
        """Why somebody is not let in; the website in a path is looked at later."""
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
        """The rows of one page."""
        return GOALS[offset : offset + limit]

    def created(self, goal: Json) -> Answer:
        """The answer to a new goal."""
        self.bodies.append(goal)
        return Answer(201, json.dumps({"status": "success", "data": {"eventId": "e1"}}).encode())

    def deleted(self) -> Answer:
        """The answer to a DELETE."""
        return Answer(204, b"", {})
