"""The live counter, `GET /analytics/realtime` (page 003)."""

from mock_server.resources.call import Call, Reply


def realtime(call: Call) -> Reply:
    """Returns the number of active visitors: `{"status": "success", "data": [{"visitors": 42}]}`."""
    return Reply(b'{"status":"success","data":[{"visitors":%d}]}' % call.world.online(call.instant))
