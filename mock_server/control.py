"""What the mock tells about itself: health, sites, the served document."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_server import __version__
from mock_server.document import dump_yaml
from mock_server.instants import iso_of
from mock_server.narrowing import narrow
from mock_server.replies import json_reply
from mock_server.service import Service
from mock_server.views.call import REVISIONS

_ALL = "all"


def control_routes(service: Service) -> list[Route]:
    """The routes beside the API."""

    async def health(_request: Request) -> Response:
        return json_reply(msgspec.json.encode(_health(service)))

    async def sites(_request: Request) -> Response:
        return json_reply(msgspec.json.encode(_sites(service)))

    async def document(request: Request) -> Response:
        asked = request.query_params.get("revision", service.settings.revision)
        if asked not in (*REVISIONS, _ALL):
            problem = f"There is no revision {asked!r}; known: {', '.join(REVISIONS)}, {_ALL}."
            return Response(problem, 400, media_type="text/plain")
        served = served_document(service, asked)
        if request.url.path.endswith(".json"):
            return json_reply(msgspec.json.encode(served))
        return Response(dump_yaml(served), media_type="application/yaml")

    return [
        Route("/__mock/health", health),
        Route("/__mock/sites", sites),
        Route("/openapi.json", document),
        Route("/openapi.yaml", document),
    ]


def served_document(service: Service, revision: str) -> dict[str, Any]:
    """The document in one revision, or in all, with this server first among its servers."""
    document = service.document if revision == _ALL else narrow(service.document, revision)
    here = {"url": service.base, "description": "This mock."}
    return {**document, "servers": [here, *document["servers"]]}


def _health(service: Service) -> dict[str, Any]:
    return {
        "status": "ok",
        "version": __version__,
        "seed": service.settings.seed,
        "revision": service.settings.revision,
        "instant": iso_of(service.clock.now()),
    }


def _sites(service: Service) -> dict[str, Any]:
    instant = service.clock.now()
    return {
        "sites": [
            {
                "name": name,
                "description": site.description,
                "websiteId": site.website_id,
                "domain": site.domain,
                "key": f"df_{name}",
                "cast": service.worlds[name].cast(instant),
            }
            for name, site in service.sites.items()
        ]
    }
