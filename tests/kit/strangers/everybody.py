"""All correct strangers, and the clauses that warn of some of them."""

from collections.abc import Callable, Mapping

from tests.kit.strangers.caches import (
    BehindCdn,
    BehindCdnWithItsDate,
    BehindTwoCaches,
    HoldingTheMap,
    Replicated,
)
from tests.kit.strangers.clocks import (
    Eastern,
    FastClock,
    FastClockWithoutDate,
    Local,
    Precise,
    SlowClock,
    SlowClockWithoutDate,
    WithClocksOfDevices,
)
from tests.kit.strangers.documented import Documentation02, Documentation06
from tests.kit.strangers.members import (
    Cutting,
    NoModel,
    OnlyCustomersScored,
    RequestingDesktops,
    Talkative,
    Truncating,
    Unknowing,
    UnknowingJune,
    Unsaying,
)
from tests.kit.strangers.plain import June, Stranger
from tests.kit.strangers.refusing import Discreet, Hasty, Limited, Remembering, Stumbling
from tests.kit.strangers.visitors import Alone, Busy, Crowded, EmptyWebsite, Quiet, Travelling

STRANGERS: tuple[Callable[[], Stranger], ...] = (
    *(Stranger, June, EmptyWebsite, NoModel, Busy, Limited, Talkative),
    *(Documentation02, Documentation06, SlowClock, FastClock, SlowClockWithoutDate, FastClockWithoutDate),
    *(Unknowing, UnknowingJune, Truncating, BehindCdn, BehindCdnWithItsDate, HoldingTheMap),
    *(Precise, Remembering, Discreet, Crowded, Quiet, Cutting, Stumbling, Hasty),
    *(RequestingDesktops, WithClocksOfDevices, BehindTwoCaches),
)


UNUSUAL: Mapping[Callable[[], Stranger], frozenset[str]] = {
    OnlyCustomersScored: frozenset({"MAP-41", "MAP-42", "MAP-43", "MAP-44"}),
    Unsaying: frozenset({"MAP-12"}),
    Eastern: frozenset({"MAP-07", "MAP-22", "MAP-53", "MAP-63"}),
    Local: frozenset({"MAP-22", "MAP-53", "MAP-63", "VIS-26", "VIS-27", "VIS-33", "VIS-36", "VIS-40"}),
    Replicated: frozenset({"MAP-22", "MAP-53", "MAP-63"}),
    Travelling: frozenset({"AGR-08"}),
    Alone: frozenset({"AGR-03", "AGR-09"}),
}
"""Servers that break no clause, but differ from the examples, each with the clauses that may warn."""
