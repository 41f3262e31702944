"""The table of traits that give a visitor's profile a file of its own."""

from collections.abc import Callable
from typing import Any, NamedTuple
from unicodedata import bidirectional, category


class Trait(NamedTuple):
    """A trait: `name` becomes part of the file's name, and `is_met` tests the `data` of a profile."""

    name: str
    good_for: str
    is_met: Callable[[Any], bool]


def _place(profile: Any) -> Any:
    return profile["identity"]


def _params(profile: Any) -> list[str]:
    return [value for value in profile["identity"]["params"].values() if value is not None]


def _page(profile: Any) -> str:
    """Returns the path of the current page, or an empty text if it is not known."""
    return (profile["activity"]["currentUrl"] or "").partition("/")[2]


def _name(profile: Any) -> str:
    """Returns the name from the visitor's identification, or an empty text if there was none."""
    return profile["profile"]["metadata"].get("name", "") if profile["profile"] else ""


def _goal_types(profile: Any) -> set[str]:
    return {goal["type"] for goal in profile["activity"]["completedGoals"]}


TRAITS = (
    Trait(
        "nothing-known",
        "Null in every member that may be null: place, device, viewport, times, current page.",
        lambda profile: profile["activity"]["firstVisitAt"] is None,
    ),
    Trait(
        "no-city",
        "A visitor whose country is known, but not the city.",
        lambda profile: _place(profile)["city"] is None and _place(profile)["countryCode"] is not None,
    ),
    Trait(
        "ad-click",
        "A visitor who clicked an advertisement: `adClickIds` contains the click id.",
        lambda profile: bool(_place(profile)["adClickIds"]),
    ),
    Trait(
        "odd-params",
        "URL parameters in many scripts, some with markup; one is an empty text and not null.",
        lambda profile: any(not value.isascii() for value in _params(profile)) and "" in _params(profile),
    ),
    Trait(
        "html-page",
        "The current page's path looks like HTML: escape it where you show it.",
        lambda profile: "<" in _page(profile),
    ),
    Trait(
        "unicode-page",
        "The current page's path is not ASCII, and not percent-encoded.",
        lambda profile: not _page(profile).isascii(),
    ),
    Trait(
        "long-page",
        "The current page's path is very long.",
        lambda profile: len(_page(profile)) > 300,
    ),
    Trait(
        "html-name",
        "A name that looks like HTML: escape it where you show it.",
        lambda profile: "<" in _name(profile),
    ),
    Trait(
        "emoji-name",
        "A name with emoji, one of them made of several code points.",
        lambda profile: any(category(letter) == "So" for letter in _name(profile)),
    ),
    Trait(
        "right-to-left-name",
        "A name that is written from right to left.",
        lambda profile: any(bidirectional(letter) in ("R", "AL") for letter in _name(profile)),
    ),
    Trait(
        "quoted-name",
        "A name with quotes: test code that builds HTML, JSON or CSV from text.",
        lambda profile: '"' in _name(profile),
    ),
    Trait(
        "long-name",
        "A name that is very long.",
        lambda profile: len(_name(profile)) > 64,
    ),
    Trait(
        "renewed",
        "A customer whose subscription was renewed: a goal of the type `subscription_lifecycle`.",
        lambda profile: "subscription_lifecycle" in _goal_types(profile),
    ),
    Trait(
        "unidentified-customer",
        "A customer who was never identified: a goal of the type `payment`, and `profile` is null.",
        lambda profile: "payment" in _goal_types(profile) and profile["profile"] is None,
    ),
)
