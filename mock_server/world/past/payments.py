"""The payments of a website as columns: purchases and their renewals."""

from dataclasses import dataclass

import numpy as np

from mock_server.instants import MINUTE
from mock_server.world.chance import PLAN, RENEWALS, UNIT_16, Chance
from mock_server.world.money import MOST_RENEWALS, RENEWAL_MINUTES, Ledger
from mock_server.world.past.coins import Column, Picks, coins_of_16, coins_of_32, nth, states
from mock_server.world.past.growing import joined
from mock_server.world.past.visits import Visits
from mock_server.world.site import Money
from mock_server.world.visits import BORN


@dataclass(frozen=True, slots=True)
class Payments:
    """Payments and refunds, unsorted.

    `row` is the row of the purchase's visit. `amount` is in minor units, and negative for a refund.
    """

    at: Column
    amount: Column
    is_renewal: Column
    is_refund: Column
    row: Column

    def __len__(self) -> int:
        return len(self.at)


class PaymentColumns:
    """The payments of a website, drawn as columns. `Ledger` draws the same payments one by one."""

    def __init__(self, chance: Chance, money: Money, ledger: Ledger) -> None:
        """Amounts become whole numbers of the currency's smallest unit, so that sums are exact."""
        self._chance = chance
        self._renewal = money.renewal
        amounts = [round(plan.amount * 10**money.decimals) for plan in ledger.plans.items]
        self._amounts = np.array(amounts, np.int64)
        self._plan_picks = Picks([ledger.plans], [list(range(len(amounts)))], 32)

    def of(self, visits: Visits, paid_at: Column) -> Payments:
        """Returns all payments of visits, future ones too; `paid_at` is 0 for a visit without a purchase."""
        row = np.flatnonzero(paid_at)
        buyers = visits.take(row)
        coins = coins_of_32(self._words(PLAN, buyers))[:, 0]
        amount = self._amounts[self._plan_picks.pick(coins)]
        is_none = np.zeros(len(row), bool)
        purchases = Payments(paid_at[row], amount, is_none, is_none, row)
        if not self._renewal:
            return purchases
        state = self._words(RENEWALS, buyers)
        drawn = [coins_of_16(nth(state, number)) for number in range(MOST_RENEWALS // 2)]
        comes, offsets = np.hsplit(np.hstack(drawn), 2)
        is_renewed = (comes * UNIT_16 < self._renewal) & (buyers.kind == BORN)[:, None]
        which, month = np.nonzero(is_renewed)
        minute = buyers.start[which] // MINUTE + (month + 1) * RENEWAL_MINUTES
        at = minute * MINUTE + (offsets[which, month].astype(np.int64) * MINUTE >> 16)
        is_one = np.ones(len(which), bool)
        renewals = Payments(at, amount[which], is_one, ~is_one, row[which])
        return joined(purchases, renewals)

    def _words(self, purpose: int, visits: Visits) -> Column:
        from_states = states(self._chance, purpose, visits.minute, wave=visits.wave, kind=visits.kind)
        return nth(from_states, visits.number)


def no_payments() -> Payments:
    """Returns columns without rows."""
    return Payments(*(np.zeros(0, kind) for kind in (np.int64, np.int64, bool, bool, np.int64)))
