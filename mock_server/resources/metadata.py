"""The metadata of a website, such as its domain and time zone, `GET /analytics/metadata`."""

from typing import Any

import msgspec

from mock_server.resources.call import Call, Reply

# A website that sells nothing has a currency as well, because the currency is a setting.
_USUAL_CURRENCY = "USD"
_encode = msgspec.json.Encoder().encode


def metadata(call: Call) -> Reply:
    """Returns one row: `{"status": "success", "data": [{"domain": "example.com", "timezone": "UTC", …}]}`."""
    site = call.world.site
    row: dict[str, Any] = {
        "domain": site.domain,
        "timezone": site.timezone,
        "name": site.title or site.domain,
        "logo": site.logo,
        "kpiColorScheme": site.kpi_color_scheme,
        "kpi": site.kpi,
        "currency": site.money.currency if site.money else _USUAL_CURRENCY,
    }
    fields = call.query.get("fields") or row
    return Reply(_encode({"status": "success", "data": [{name: row[name] for name in fields}]}))
