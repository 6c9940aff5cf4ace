"""What a plan really costs a member: its monthly fee and its hour, less what the reduced tier takes off while it counts."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from core.money import Money
from fleet.tariffs.in_force import policies_at, rates_at
from portal.account.models import Member, Plan
from portal.account.tier.queries import counts_on
from portal.billing.membership.charge import reduced_fee
from portal.web.say import CITY_ZONE


@dataclass(frozen=True, slots=True)
class Price:
    """A month, an hour of an economy car on a weekday (None where the plan has none), and whether both are reduced."""

    month: Money
    hour: Money | None
    reduced: bool


def prices_of(member: Member, moment: datetime) -> dict[Plan, Price]:
    """Each plan as this member would pay for it at that moment."""
    policies, day = policies_at(moment), moment.astimezone(CITY_ZONE).date()
    reduced = counts_on(member, day)
    off = Fraction(policies["tier_hour_off"].value, 100) if reduced else Fraction(0)

    def hour(plan: Plan) -> Money | None:
        rates = rates_at(moment, plan).get("economy")
        return Money(rates.weekday_hour) - Money(rates.weekday_hour).times(off) if rates else None

    return {plan: Price(reduced_fee(member, policies[f"membership_{plan}"], policies, day)[0], hour(plan), reduced)
            for plan in Plan}
