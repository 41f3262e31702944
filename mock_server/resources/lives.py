"""The lives of the visitors that requests name."""

from mock_server.errors import VISITOR_IS_BOT, VISITOR_NOT_FOUND, ApiError
from mock_server.instants import iso_of
from mock_server.resources.call import Call
from mock_server.world.world import BotError, Life, UnknownVisitorError


def life_of(call: Call, visitor_id: str) -> Life:
    """Returns the life of a visitor, whose id may be in upper or lower case.

    Raises ApiError: 404 for a visitor without page views at that instant, 400 for a bot.
    """
    # Ids are case-insensitive.
    visitor_id = visitor_id.lower()
    try:
        return call.world.life(visitor_id, call.instant)
    except BotError:
        raise ApiError(VISITOR_IS_BOT, visitor_id=visitor_id) from None
    except UnknownVisitorError:
        raise ApiError(VISITOR_NOT_FOUND, visitor_id=visitor_id, instant=iso_of(call.instant)) from None
