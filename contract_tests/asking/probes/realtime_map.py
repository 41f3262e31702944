"""Probes of the map: with superfluous parameters that real clients send, and for two other websites."""

from contract_tests.asking import labels
from contract_tests.asking.probes.agreement import chosen_of, meet
from contract_tests.asking.probes.probe import SUCCESSES, Asker, Question, Series
from contract_tests.operations import MAP

_SUPERFLUOUS = {"websiteId": "dfid_0123456789", "timezone": "Europe/Paris", "limit": "10"}
_OTHER_PROFILES = 3
_MAPS = ("MAP-*", "REV-*", "getRealtimeMap.*", *SUCCESSES, "ENV-09")


def _other_website(asker: Asker) -> None:
    """Requests two maps of a website with almost no data about its visitors, and then some profiles."""
    asker.ask(MAP, labels.OK, who="unknowns")
    found = asker.ask(MAP, labels.OK, who="unknowns")
    for visitor_id in chosen_of(found)[:_OTHER_PROFILES]:
        meet(asker, visitor_id, "unknowns")


PROBES = (
    Question(MAP, labels.SUPERFLUOUS, "key", ("AUTH-09", *_MAPS), values=_SUPERFLUOUS),
    Question(MAP, labels.OK, "no_model", ("AUTH-06", *_MAPS)),
    Series(
        ("AUTH-06", *_MAPS, "VIS-*", "getVisitor.*", "POLL-0[1-4]", "AGR-0[2-9]", "AGR-1[0-3]"),
        2 + _OTHER_PROFILES,
        "unknowns",
        _other_website,
    ),
)
