"""What membership was worth: what a member's trips cost against owning a car for the same time. The rules are pure.

The two numbers are the operator's own setting (policies `owning_month` and `owning_mile`), after AAA's "Your Driving
Costs" 2024: what a car costs standing, by the month, and what each mile adds in fuel, maintenance and tires.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from sqlalchemy import func, select

from core.database import db
from core.money import Money
from fleet.tariffs.quote import Policy
from portal.billing.ledger.models import CHARGES, LedgerRow, Origin
from portal.billing.statements.queries import SIGNED, TOUCHES

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Worth:
    """The comparison, with every number that it rests on."""

    since: datetime
    days: int
    paid: Money
    miles: int
    month: Money
    mile: Money
    standing: Money
    driving: Money

    @property
    def owning(self) -> Money:
        return self.standing + self.driving

    @property
    def saved(self) -> Money:
        """How much less sharing cost; below zero, owning would have been cheaper."""
        return self.owning - self.paid

    @property
    def whole_year(self) -> bool:
        return self.days == YEAR.days


def compare(*, since: datetime, now: datetime, paid: Money, miles: int, month: Policy, mile: Policy) -> Worth:
    """Owning for the days from `since` to now, begun ones counted and a year at most, and for these miles."""
    days = min(max(-(-(now - since) // timedelta(days=1)), 1), YEAR.days)
    return Worth(since, days, paid, miles, Money(month.value), Money(mile.value),
                 Money(month.value).times(Fraction(12 * days, YEAR.days)), Money(mile.value).times(miles))


def begin(joined_at: datetime, now: datetime) -> datetime:
    """From when on we compare: a year ago, or the day of joining."""
    return max(joined_at, now - YEAR)


def paid_since(payer_id: int, since: datetime, now: datetime, *, member_id: int | None = None) -> Money:
    """What a payer's lines cost since then, less what was taken off them again; whoever or whatever paid them. With `member_id`
    only that member's: an account may pay for others too."""
    cents = db.session.scalar(select(func.coalesce(func.sum(SIGNED), 0)).where(
        LedgerRow.payer_id == payer_id, TOUCHES, LedgerRow.origin.in_((*CHARGES, Origin.CORRECTION)),
        LedgerRow.at >= since, LedgerRow.at <= now, *([LedgerRow.member_id == member_id] if member_id is not None else [])))
    return Money(int(cents or 0))
