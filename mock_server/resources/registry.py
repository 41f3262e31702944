"""The table of resource functions by the operation that they answer."""

from collections.abc import Callable, Mapping

from mock_server.resources.call import Call, Reply
from mock_server.resources.realtime import realtime
from mock_server.resources.realtime_map import realtime_map
from mock_server.resources.visitors import visitor

View = Callable[[Call], Reply]

VIEWS: Mapping[str, View] = {
    "getRealtime": realtime,
    "getRealtimeMap": realtime_map,
    "getVisitor": visitor,
}
