"""The document as this server serves it, in one revision or in all."""

from functools import cache
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contract_tests.quoting import quoted
from mock_server.contract.document import REVISIONS, dump_yaml, narrow
from mock_server.problems import ProblemError, problem_reply
from mock_server.service import Service

_ALL = "all"


def document_routes(service: Service) -> list[Route]:
    """Returns the routes `/openapi.json` and `/openapi.yaml`; `?revision=` takes one revision or `all`."""

    @cache
    def text(revision: str, form: str) -> bytes:
        served = served_document(service, revision)
        return msgspec.json.encode(served) if form == "json" else dump_yaml(served).encode()

    async def document(request: Request) -> Response:
        revision = request.query_params.get("revision", service.default_choice.revision)
        if revision not in (*REVISIONS, _ALL):
            problem = f"There is no revision {quoted(revision[:80])}; known: {', '.join(REVISIONS)}, {_ALL}."
            return problem_reply(ProblemError(400, problem, known=[*REVISIONS, _ALL]))
        form = request.url.path.rpartition(".")[2]
        # This is done in a thread, because writing a large document as YAML takes a second.
        content = await run_in_threadpool(text, revision, form)
        return Response(content, media_type=f"application/{form}")

    return [Route("/openapi.json", document), Route("/openapi.yaml", document)]


def served_document(service: Service, revision: str) -> dict[str, Any]:
    """Returns the document in one revision or in all, with this server as the first of its servers."""
    document = service.document if revision == _ALL else narrow(service.document, revision)
    here = {"url": service.base, "description": "This mock."}
    return {**document, "servers": [here, *document["servers"]]}
