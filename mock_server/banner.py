"""What the command says when it is ready."""

from mock_server.instants import iso_of
from mock_server.service import Service


def banner(service: Service, url: str) -> str:
    """A few lines for people; the last one is for programs: `listening on http://…`."""
    settings = service.settings
    width = max(map(len, service.sites))
    sites = [
        f"  df_{name:<{width}}  {site.description}" + ("  ← df_test, df_xxx" if name == settings.site else "")
        for name, site in service.sites.items()
    ]
    pace = "frozen" if service.clock.speed == 0 else f"at {service.clock.speed:g}× speed"
    return "\n".join(
        [
            "  ·  ".join(
                [
                    "DataFast mock",
                    f"revision {settings.revision}",
                    f"seed {settings.seed}",
                    f"it is {iso_of(service.clock.now())}, {pace}",
                ]
            ),
            "",
            f"API  {url}{service.base}   (sites: {url}/__mock/sites, document: {url}/openapi.json)",
            *sites,
            "",
            f'  curl -H "Authorization: Bearer df_test" {url}{service.base}/analytics/realtime/map',
            "",
            f"listening on {url}",
        ]
    )
