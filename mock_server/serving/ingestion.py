"""The application that accepts the events of browsers.

Events have no token, and name the website in the body.
"""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from msgspec import UNSET
from starlette.responses import Response

from mock_server.errors import WEBSITE_NOT_FOUND, ApiError
from mock_server.resources.ingestion.events import take_event
from mock_server.resources.ingestion.systems import system_of
from mock_server.serving.context import Context
from mock_server.serving.replies import json_reply
from mock_server.serving.stages import UnrevisedEndpoint, preferred, written
from mock_server.state.key import Key

_USER_AGENT = b"user-agent"


class EventEndpoint(UnrevisedEndpoint):
    """An endpoint for requests whose body names the key.

    The account, the clock and the rules of this key are used.
    """

    async def _admitted(self, context: Context) -> Response:
        context.stage = "parameters"
        values = self._operation.read({}, context.query, context.content)
        context.stage = "website"
        key = _sender_of(context, values.body["websiteId"])
        ruled = self._rule(context)
        if ruled is not None:
            return ruled
        context.stage = "permission"
        key.admit(self._operation.access)
        context.stage = "parameters"
        # This is done in a thread, because the first event takes half a second.
        system = await asyncio.to_thread(system_of, _user_agent_of(context))
        choice = preferred(context.service.choice_of(key, None, stands=None), context.preferences)
        context.stage = "world"
        take = partial(take_event, system=system, check=partial(self._check, context))
        return json_reply(written(context, take, choice, values, key).body)

    def _check(self, context: Context, operation_id: str, body: Mapping[str, Any], place: str) -> None:
        """Raises ApiError 400, with the place in the event, if the operation would refuse the body."""
        documented = context.service.operations_in(self._revision(context))[operation_id].body
        assert documented is not None, "each operation that writes has a body"
        documented.check(body, place)


def _sender_of(context: Context, name: str) -> Key:
    """Returns the key that the body names, and sets the instant of the answer by the key's clock.

    Raises ApiError 404.
    """
    key = context.service.keys.tracked(name)
    if key is None:
        raise ApiError(WEBSITE_NOT_FOUND, website_id=name)
    context.key = key.shadow() if context.is_peek else key
    context.now = context.service.clock_of(key).now()
    if context.preferences is None or context.preferences.at is UNSET:
        context.instant = context.now
    return key


def _user_agent_of(context: Context) -> str:
    return next(
        (value.decode("latin-1") for name, value in context.scope["headers"] if name == _USER_AGENT), ""
    )
