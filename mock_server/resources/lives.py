"""Looks up the visitors that requests name, with all that they have done."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mock_server.errors import VISITOR_IS_BOT, VISITOR_NOT_FOUND, ApiError
from mock_server.instants import iso_of
from mock_server.resources.call import Call
from mock_server.world.amended import AmendedWorld
from mock_server.world.facts import Fact, PageViewed, changes_at, person
from mock_server.world.life import BotError, Life, UnknownVisitorError
from mock_server.world.world import World


def find_life(call: Call, visitor_id: str) -> Life:
    """Returns the life of a visitor: profile, sessions, goals and payments up to the instant.

    For a request that writes, written goals and payments are left out, to save time. Raises
    UnknownVisitorError and BotError.
    """
    # Ids are case-insensitive.
    visitor_id = visitor_id.lower()
    return _world_of(call, visitor_id).life(visitor_id, call.instant)


def life_of(call: Call, visitor_id: str) -> Life:
    """Returns the life of a visitor, whose id may be in upper or lower case.

    Raises ApiError: 404 for a visitor without page views at that instant, 400 for a bot.
    """
    with _refused(call, visitor_id):
        return find_life(call, visitor_id)


def is_known(call: Call, visitor_id: str) -> bool:
    """Returns whether a visitor has page views at that instant. Raises ApiError 400 for a bot."""
    try:
        visitor_of(call, visitor_id)
    except ApiError as error:
        if error.kind is not VISITOR_NOT_FOUND:
            raise
        return False
    return True


def visitor_of(call: Call, visitor_id: str) -> str:
    """Returns the id of a visitor in lower case. Raises ApiError as `life_of` does."""
    visitor_id = visitor_id.lower()
    with _refused(call, visitor_id):
        # A visitor of the world itself is found without reading facts.
        if not call.world.has_come(visitor_id, call.instant) and not _has_viewed(call, visitor_id):
            raise UnknownVisitorError
    return visitor_id


@contextmanager
def _refused(call: Call, visitor_id: str) -> Iterator[None]:
    """Turns BotError and UnknownVisitorError in the block into ApiErrors."""
    try:
        yield
    except BotError:
        raise ApiError(VISITOR_IS_BOT, visitor_id=visitor_id.lower()) from None
    except UnknownVisitorError:
        instant = iso_of(call.instant)
        raise ApiError(VISITOR_NOT_FOUND, visitor_id=visitor_id.lower(), instant=instant) from None


def _has_viewed(call: Call, visitor_id: str) -> bool:
    """Returns whether a browser has reported a page view of a visitor up to the instant."""
    viewed = (fact for fact in _told_of(call, visitor_id) if isinstance(fact, PageViewed))
    return any(fact.written <= call.instant for fact in viewed)


def _told_of(call: Call, visitor_id: str) -> Sequence[Fact]:
    """Returns the written identifications and page views of a visitor."""
    if call.account is None:
        return ()
    return call.account.log.about(call.world.site.website_id, person(visitor_id))


def _world_of(call: Call, visitor_id: str) -> World:
    """Returns a world that contains a visitor's visits and identity.

    The call of a request that writes has a world without facts. If each write made a world with all earlier
    facts, writes would become slower and slower.
    """
    if call.request is None:
        return call.world
    changes = changes_at(_told_of(call, visitor_id), call.instant)
    return AmendedWorld(call.world, changes) if changes else call.world
