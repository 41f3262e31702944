"""Every server of reports, each with the difference that its docstring names."""

# ruff: noqa: D102 - Reporting describes each method, and a subclass's docstring says how it differs

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import ClassVar

from tests.kit.reporting.plain import Reporting
from tests.kit.reporting.sessions import PLACES, Payment, Session, members_of_place
from tests.kit.strangers.plain import Answer


class NobodyReports(Reporting):
    """Nobody has come yet."""

    visitors_a_day = 0


class OneVisitorADay(Reporting):
    """A single visitor comes each day."""

    visitors_a_day = 1


class WithoutRevenue(Reporting):
    """Nobody has paid."""

    payers = 0


class InYen(Reporting):
    """The currency has no decimals, and small amounts."""

    currency, decimals, zone = "JPY", 0, "Asia/Tokyo"


class InDinars(Reporting):
    """The currency has three decimals."""

    currency, decimals = "KWD", 3


class Refunding(Reporting):
    """Nobody knows whose money was refunded."""

    known: ClassVar[Mapping[str, float]] = {"new": 1, "renewal": 1, "refund": 0}


class InSmallLetters(Reporting):
    """The code of the currency is in small letters."""

    def _metadata(self, query: Mapping[str, str]) -> Answer:
        answer = super()._metadata(query)
        return answer._replace(body=answer.body.replace(b"USD", b"usd"))


class OneDecimal(Reporting):
    """Rates have one decimal."""

    rate_decimals = 1


class NoDecimal(Reporting):
    """Rates are whole."""

    rate_decimals = 0


class FourDecimals(Reporting):
    """Rates have four decimals."""

    rate_decimals = 4


class Kolkata(Reporting):
    """Days begin at 18:30 UTC."""

    zone = "Asia/Kolkata"


class NewYork(Reporting):
    """Days begin at 5:00 UTC."""

    zone = "America/New_York"


class Estimating(Reporting):
    """Numbers of visitors and sessions are estimated, unless they are small."""

    error, visitors_a_day = 0.02, 90


class LongSessions(Reporting):
    """Sessions last for an hour."""

    length, visitors_a_day = 12_000, 150


class Grouping(Reporting):
    """Rows are grouped by the requested columns."""

    groups = True


class FirstTouch(Reporting):
    """Breakdowns attribute all payments of a visitor to the first session."""

    def attributed(self, payment: Payment) -> list[Session]:
        return [] if payment.session is None else [self.firsts[payment.session.visitor]]

    @cached_property
    def firsts(self) -> dict[int, Session]:
        """The first session of each visitor."""
        return {session.visitor: session for session in reversed(self.history[0])}


class Travelling(Reporting):
    """Visitors come from another country each time, and a payment counts in each country of its visitor."""

    @cached_property
    def history(self) -> tuple[list[Session], list[Payment]]:
        sessions, payments = super().history
        for session in sessions:
            session.about = {
                **session.about,
                **members_of_place(PLACES[(session.visitor + session.number) % len(PLACES)]),
            }
        return sessions, payments

    def attributed(self, payment: Payment) -> list[Session]:
        return [] if payment.session is None else self.of[payment.session.visitor]

    @cached_property
    def of(self) -> dict[int, list[Session]]:
        """The sessions of each visitor."""
        found = defaultdict(list)
        for session in self.history[0]:
            found[session.visitor].append(session)
        return found


class LordHowe(Reporting):
    """The clock goes back by half an hour, and hours of one name are one bucket."""

    zone, merges_hours = "Australia/Lord_Howe", True

    def now(self) -> float:
        return datetime(2026, 4, 7, 23, 59, 58, tzinfo=UTC).timestamp()


class Autumn(Reporting):
    """The clock goes back."""

    zone = "America/New_York"

    def now(self) -> float:
        return datetime(2026, 11, 3, 23, 59, 58, tzinfo=UTC).timestamp()


class MergingHours(Autumn):
    """Hours of one name are one bucket."""

    merges_hours = True


class Spring(Reporting):
    """The clock goes forward."""

    zone = "America/Santiago"

    def now(self) -> float:
        return datetime(2026, 9, 8, 0, 0, 2, tzinfo=UTC).timestamp()


class WholeRevenue(Reporting):
    """Revenue is rounded to whole units, and the quotient is not."""

    payers = 0.01

    def money(self, amount: float) -> float:
        return round(amount)


REPORTING: tuple[type[Reporting], ...] = (
    *(Reporting, NobodyReports, OneVisitorADay, WithoutRevenue, InYen, InDinars, Refunding, InSmallLetters),
    *(OneDecimal, NoDecimal, FourDecimals, WholeRevenue, Estimating, LongSessions, FirstTouch),
    *(Kolkata, NewYork, LordHowe, Autumn, MergingHours, Spring),
)
"""The servers about which no clause may report anything."""
