"""The funnels of websites, as an account's file describes them, and their check against the site."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from contract_tests.quoting import quoted
from mock_server.world.site import ObjectId, Site
from mock_server.world.wildcards import wildcard

_WORDS = re.compile(r"[^\W_]+")
_Name = Annotated[str, Meta(min_length=1, max_length=200)]


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A step of a funnel.

    A `pageview` has a `url`, and a `goal` has a `goal_name`; the other member is None.
    """

    name: _Name
    type: Literal["pageview", "goal"]
    url: Annotated[str, Meta(max_length=2_000)] | None = None
    """A path, in which `*` stands for any number of characters."""
    goal_name: str | None = None

    @property
    def id(self) -> str:
        """The slug of the step's name."""
        return slug_of(self.name)

    def paths_of(self, site: Site) -> tuple[str, ...]:
        """Returns the paths of the site's pages that `url` matches."""
        if self.url is None:
            return ()
        return tuple(page.path for page in site.pages if wildcard(self.url).match(page.path))


class Funnel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A funnel of a website; a funnel that is not active has no results."""

    id: ObjectId
    name: _Name
    steps: Annotated[tuple[Step, ...], Meta(min_length=2, max_length=8)]
    is_active: bool = True

    @property
    def slug(self) -> str:
        """The slug of the funnel's name."""
        return slug_of(self.name)


def slug_of(name: str) -> str:
    """Returns a name in lower case, with hyphens between its words; it may be empty."""
    return "-".join(_WORDS.findall(name.lower()))


def faults_of(funnels: Sequence[Funnel], site: Site) -> Iterator[tuple[str, str]]:
    """Yields the errors in a website's funnels, as pairs of a place, such as `[0].name`, and a message."""
    for place in ("id", "name"):
        values = [getattr(funnel, place) for funnel in funnels]
        for n, value in enumerate(values):
            if value in values[:n]:
                yield f"[{n}].{place}", f"{quoted(value)} is another funnel of this website already"
    for n, funnel in enumerate(funnels):
        if not funnel.slug:
            yield f"[{n}].name", f"{quoted(funnel.name)} has neither a letter nor a digit"
        ids = Counter(step.id for step in funnel.steps)
        for m, step in enumerate(funnel.steps):
            where = f"[{n}].steps[{m}]"
            if not step.id:
                yield f"{where}.name", f"{quoted(step.name)} has neither a letter nor a digit"
            elif ids[step.id] > 1:
                yield f"{where}.name", f"several steps have names that give the id {quoted(step.id)}"
            yield from ((f"{where}.{member}", problem) for member, problem in _faults_of_step(step, site))


def _faults_of_step(step: Step, site: Site) -> Iterator[tuple[str, str]]:
    if step.type == "pageview":
        if step.url is None:
            yield "url", "the view of a page needs a path"
        elif not step.paths_of(site):
            yield "url", f"{quoted(step.url)} is not a page of the site {quoted(site.name)}"
        if step.goal_name is not None:
            yield "goalName", "the view of a page has no goal"
    else:
        if step.goal_name is None:
            yield "goalName", "a goal needs a name"
        elif step.goal_name not in site.goal_names():
            yield "goalName", f"{quoted(step.goal_name)} is not a goal of the site {quoted(site.name)}"
        if step.url is not None:
            yield "url", "a goal has no page"
