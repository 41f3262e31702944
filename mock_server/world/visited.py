"""The sessions of visitors who are known from page views that were written through the API."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from mock_server.instants import MINUTE
from mock_server.world.facts import LinkFollowed, PageViewed, visits_among
from mock_server.world.persona import Persona
from mock_server.world.sessions import Session, Sessions
from mock_server.world.site import Goal, Page, Source
from mock_server.world.visits import NOTHING, WRITTEN, Past, Visit, Visitor
from mock_server.world.walk import EXTERNAL_LINK, VIEW, Moment, Walk


class VisitedPage(Page, frozen=True, kw_only=True):
    """A page that a browser viewed, which may be on any host."""

    hostname: str


class VisitedSession(Session):
    """A session that consists of written page views."""

    def __init__(
        self,
        sessions: Sessions,
        visit: Visit,
        views: Sequence[PageViewed],
        links: Sequence[LinkFollowed],
        first: PageViewed,
    ) -> None:
        """`first` is the visitor's first page view.

        `links` are the links that were followed in this session.
        """
        super().__init__(sessions, visit)
        self._views = views
        self._links = links
        self._first = first

    @cached_property
    def visitor_id(self) -> str:
        """The visitor's UUID."""
        return self._first.visitor_id

    @cached_property
    def persona(self) -> Persona:
        """The persona of the visitor."""
        return self._sessions.personas.known_by(self._first.visitor_id, self._first.client)

    @cached_property
    def past(self) -> Past:
        """The visitor's earlier visits. Goals and payments, which are other facts, are not included."""
        return Past(self.visit.wave, is_customer=False, is_identified=False)

    @cached_property
    def source(self) -> Source:
        """The source of this session."""
        return _source_of(self._views[0])

    @cached_property
    def first_source(self) -> Source:
        """The source of the visitor's first session."""
        return _source_of(self._first)

    @property
    def click_id(self) -> str | None:
        """The advertisement's click id in the URL of the visitor's first session; None if it has none."""
        return self._first.click_id

    @cached_property
    def walk(self) -> Walk:
        """The page views of this session, and the links that were followed."""
        pages: list[Page] = [VisitedPage(path=view.path, hostname=view.hostname) for view in self._views]
        instants = [view.written for view in self._views]
        moments = []
        for link in self._links:
            view = self._view_at(link.written)
            goal = Goal(name=link.text, chance=1, type="external_link", url=link.url)
            moments.append(Moment(link.written, EXTERNAL_LINK, pages[view], goal, view))
        return Walk(instants, pages, moments, None, None)

    def address_of(self, page: Page) -> str:
        """Returns the hostname and the path of a page of this session."""
        assert isinstance(page, VisitedPage), "these sessions have no other pages"
        return page.hostname + page.path

    def event_id_of(self, moment: Moment) -> str:
        """Returns the id of the event of a page view or a followed link."""
        if moment.kind == VIEW:
            return self._views[moment.view].event_id
        assert moment.goal is not None, "a link is a goal"
        target = (moment.at, moment.goal.name, moment.goal.url)
        return next(one.event_id for one in self._links if (one.written, one.text, one.url) == target)

    def _view_at(self, instant: int) -> int:
        return max((n for n, view in enumerate(self._views) if view.written <= instant), default=0)


def visited_sessions(
    sessions: Sessions, number: int, views: Sequence[PageViewed], links: Sequence[LinkFollowed]
) -> Iterator[VisitedSession]:
    """Yields the sessions of one visitor, oldest first.

    `number` distinguishes the visitor from all others who are known from page views.
    """
    visits = visits_among(views)
    ends = [*(visit[0].written for visit in visits[1:]), None]
    visitor = Visitor(WRITTEN, views[0].written // MINUTE, number)
    for wave, (visit, end) in enumerate(zip(visits, ends, strict=True)):
        start, last = visit[0].written, visit[-1].written
        own = [link for link in links if start <= link.written and (end is None or link.written < end)]
        yield VisitedSession(
            sessions, Visit(visitor, wave, start, last - start, NOTHING), visit, own, views[0]
        )


def _source_of(view: PageViewed) -> Source:
    return Source(weight=0, referrer=view.referrer, params=view.params, ad_click_id=view.ad_click_id)
