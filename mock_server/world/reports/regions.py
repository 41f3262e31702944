"""The English names of regions by their ISO 3166-2 codes."""

from collections.abc import Mapping
from functools import cache

from mock_server.assets import FIXTURES, read_rows

_REGIONS = FIXTURES / "data" / "regions.csv"


@cache
def region_names() -> Mapping[str, str]:
    """Returns names by code: `{"US-CA": "California", …}`."""
    return {row[0]: row[1] for row in read_rows(_REGIONS, "region", "name")}
