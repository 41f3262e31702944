"""`GET /analytics/realtime`: the live counter (page 003)."""

from mock_server.resources.call import Call


def realtime(call: Call) -> bytes:
    """`{"status": "success", "data": [{"visitors": 42}]}`."""
    return b'{"status":"success","data":[{"visitors":%d}]}' % call.world.online(call.instant)
