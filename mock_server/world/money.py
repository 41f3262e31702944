"""The payments: purchases in visits, and their renewals every 43,200 minutes."""

from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from mock_server.instants import MINUTE
from mock_server.world.chance import PLAN, RENEWALS, UNIT_16, UNIT_32, Chance, Choice, nth, words
from mock_server.world.sessions import Session, Sessions
from mock_server.world.site import Money, Plan
from mock_server.world.visits import BORN, PURCHASE, Visit

RENEWAL_MINUTES = 43_200
MOST_RENEWALS = 12

# The layout of a word with four coins. The first twelve coins of a visit say which renewals come, the next
# twelve at which part of their minute.
_FOUR_COINS = Struct("<4H8x")


class Payment(NamedTuple):
    """One payment of `amount` major units of `currency`, at the instant `at` in ms.

    `session` is the session of its purchase, however long ago; None if the customer is unknown. `goal` is the
    name under which a profile lists the payment among its goals. `name` and `email` are the customer's.
    `row_id` is the id of the payment's row on the map; None means that it is computed from the session.
    """

    at: int
    session: Session | None
    amount: float
    currency: str
    goal: str
    is_renewal: bool
    is_new: bool
    name: str | None
    email: str | None
    row_id: str | None = None


class Ledger:
    """The payments of one website."""

    def __init__(self, chance: Chance, money: Money, sessions: Sessions) -> None:
        """All values are computed on first use."""
        self._chance = chance
        self._money = money
        self._sessions = sessions
        self.plans = Choice((plan, plan.weight) for plan in money.plans)
        self._renewal_coins = lru_cache(64)(self._draw_renewal_coins)

    def purchase(self, session: Session) -> Payment | None:
        """Returns the payment in which a session ends; None if it ends without a payment."""
        at = session.walk.paid_at
        if at is None:
            return None
        return self._payment(session, at, is_renewal=False)

    def renewals_of(self, session: Session, until: int) -> list[Payment]:
        """Returns the renewals of a session's purchase up to an instant, oldest first."""
        if not self._renews(session):
            return []
        renewals = [self._renewal(session, n) for n in range(1, MOST_RENEWALS + 1)]
        return [renewal for renewal in renewals if renewal is not None and renewal.at <= until]

    def renewals_in(self, minute: int) -> list[Payment]:
        """Returns the renewals in a given minute, whether their customers are online or not."""
        if not self._money.renewal:
            return []
        found: list[Payment] = []
        for n in range(1, MOST_RENEWALS + 1):
            for visit in self._sessions.population.purchases_started(minute - n * RENEWAL_MINUTES):
                session = self._sessions.of(visit)
                renewal = self._renewal(session, n) if self._renews(session) else None
                if renewal is not None:
                    found.append(renewal)
        return found

    def _renews(self, session: Session) -> bool:
        """Returns whether the purchase of a session can be renewed; the cast and the regulars pay once."""
        return (
            self._money.renewal > 0
            and session.visit.visitor.kind == BORN
            and self._sessions.outcome(session.visit, session.past) == PURCHASE
        )

    def _renewal(self, session: Session, n: int) -> Payment | None:
        comes, offset_coin = self._renewal_coins(session.visit)[n - 1 :: MOST_RENEWALS]
        if comes * UNIT_16 >= self._money.renewal:
            return None
        minute = session.start // MINUTE + n * RENEWAL_MINUTES
        offset = offset_coin * MINUTE >> 16
        return self._payment(session, minute * MINUTE + offset, is_renewal=True)

    def _payment(self, session: Session, at: int, *, is_renewal: bool) -> Payment:
        plan, persona = self._plan(session.visit), session.persona
        is_new = not is_renewal and not session.past.is_customer
        name, email = persona.person.name, persona.email
        return Payment(
            at, session, plan.amount, self._money.currency, plan.name, is_renewal, is_new, name, email
        )

    def _plan(self, visit: Visit) -> Plan:
        return self.plans.pick((self._state(PLAN, visit) & 0xFFFFFFFF) * UNIT_32)

    def _draw_renewal_coins(self, visit: Visit) -> list[int]:
        drawn = words(self._state(RENEWALS, visit), MOST_RENEWALS // 2)
        return [coin for four in _FOUR_COINS.iter_unpack(drawn) for coin in four]

    def _state(self, purpose: int, visit: Visit) -> int:
        kind, minute, number = visit.visitor
        return nth(self._chance.state(purpose, minute, visit.wave, kind), number)
