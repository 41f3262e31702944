"""`GET /analytics/realtime`: the live counter (page 003)."""

from mock_server.resources.call import Call, Reply


def realtime(call: Call) -> Reply:
    """`{"status": "success", "data": [{"visitors": 42}]}`."""
    return Reply(b'{"status":"success","data":[{"visitors":%d}]}' % call.world.online(call.instant))
