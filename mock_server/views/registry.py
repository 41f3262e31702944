"""Which view answers which operation of the document."""

from collections.abc import Callable, Mapping

from mock_server.views.call import Call
from mock_server.views.realtime import realtime
from mock_server.views.realtime_map import realtime_map
from mock_server.views.visitor import visitor

View = Callable[[Call], bytes]

VIEWS: Mapping[str, View] = {
    "getRealtime": realtime,
    "getRealtimeMap": realtime_map,
    "getVisitor": visitor,
}
