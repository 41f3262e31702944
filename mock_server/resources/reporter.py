"""The thread that makes reports, with worlds of its own."""

from asyncio import Lock
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from mock_server.contract.values import Values
from mock_server.errors import SERVER_ERROR, ApiError
from mock_server.resources.call import Call, Reply
from mock_server.resources.registry import View
from mock_server.resources.worlds import WorldChoice, Worlds
from mock_server.state.accounts import Account
from mock_server.world.facts import Facts
from mock_server.world.site import Site

if TYPE_CHECKING:
    from mock_server.world.past.kept import KeptPasts


class Reporter:
    """Makes reports in a thread, one after another, so that other requests are answered meanwhile.

    It does not use the worlds of the event loop, because reading a world changes its caches.
    """

    def __init__(self, seed: int, sites: Mapping[str, Site]) -> None:
        """`seed` is the server's."""
        self.lock = Lock()
        """The lock that a request holds while its report is made."""
        self._worlds = Worlds(seed, sites)
        self._pasts: KeptPasts | None = None
        self._is_stopped = False

    def stop(self) -> None:
        """Ends the report that is being made, and all that wait, with ApiError 500 within a moment.

        The server calls this when it stops and their connections are cut, because the process ends only when
        the thread does.
        """
        self._is_stopped = True

    async def report(
        self, view: View, choice: WorldChoice, instant: int, values: Values, account: Account | None
    ) -> Reply:
        """Returns the report of a website. Raises ApiError."""
        facts = self._worlds.facts(choice.site, account)
        return await run_in_threadpool(self._report, view, choice, instant, values, account, facts)

    def _report(
        self,
        view: View,
        choice: WorldChoice,
        instant: int,
        values: Values,
        account: Account | None,
        facts: Facts,
    ) -> Reply:
        self._check()
        if self._pasts is None:
            # The import is here, because importing numpy takes a third of a server's start.
            from mock_server.world.past.kept import KeptPasts  # noqa: PLC0415

            self._pasts = KeptPasts(before_step=self._check)
        world = self._worlds.world_with(facts, choice.seed, choice.site, instant)
        return view(Call(world, instant, choice.revision, *values, account, facts, self._pasts))

    def _check(self) -> None:
        """Raises ApiError if the server has stopped."""
        if self._is_stopped:
            raise ApiError(SERVER_ERROR)
