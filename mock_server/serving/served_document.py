"""The contract as this server serves it, in one revision or in all."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_server.contract.document import REVISIONS, dump_yaml, narrow
from mock_server.problems import ProblemError, problem_reply
from mock_server.service import Service
from mock_server.serving.replies import json_reply

_ALL = "all"


def document_routes(service: Service) -> list[Route]:
    """`/openapi.json` and `/openapi.yaml`, with `?revision=` one revision or `all`."""

    async def document(request: Request) -> Response:
        asked = request.query_params.get("revision", service.usual_place.revision)
        if asked not in (*REVISIONS, _ALL):
            problem = f"There is no revision {asked[:80]!r}; known: {', '.join(REVISIONS)}, {_ALL}."
            return problem_reply(ProblemError(400, problem, known=[*REVISIONS, _ALL]))
        served = served_document(service, asked)
        if request.url.path.endswith(".json"):
            return json_reply(msgspec.json.encode(served))
        return Response(dump_yaml(served), media_type="application/yaml")

    return [Route("/openapi.json", document), Route("/openapi.yaml", document)]


def served_document(service: Service, revision: str) -> dict[str, Any]:
    """The document in one revision, or in all, with this server first among its servers."""
    document = service.document if revision == _ALL else narrow(service.document, revision)
    here = {"url": service.base, "description": "This mock."}
    return {**document, "servers": [here, *document["servers"]]}
