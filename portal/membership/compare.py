"""What my last months cost, and what they would have cost on another plan.

Of my own plan it is the ledger's sum, to the cent. Of another it is that sum with the fee of the other plan, and with each
trip's frozen quote and bill priced anew by the other plan's rates of the day on which it was booked; what no plan decides stays
as it was. Trips of others on the account are left out on both sides: each is priced by its driver's own plan. So much of it is
supposed that it is told in whole dollars.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from sqlalchemy import func, select

from core.database import db
from core.money import Money, total
from fleet.tariffs.in_force import policies_at, rates_at
from fleet.tariffs.quote import Rates, quoted_again
from portal.account.leave.models import Departure
from portal.account.models import Member, Plan
from portal.account.plans.models import Pause, PlanChange
from portal.account.tier.queries import counted_at
from portal.billing.ledger.models import LedgerRow, Origin
from portal.billing.membership.charge import CODES, less_tier
from portal.billing.membership.months import month_begin, rest_of_month
from portal.billing.payers.models import Payer
from portal.billing.statements.queries import SIGNED, payer_of_pages
from portal.billing.statements.worth import paid_since
from portal.web.say import CITY_ZONE
from reservations.booking.models import Reservation, Status
from reservations.booking.price_again import policies_of_booking
from reservations.trip.bill import Driven, whole_price
from reservations.trip.models import Trip

MONTHS = 3


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole calendar months on one plan, the last one over: from, until (not included), and the beginning of each."""

    since: datetime
    until: datetime
    months: tuple[datetime, ...]

    @property
    def last(self) -> datetime:
        """Within the last day of them."""
        return self.until - timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Past:
    """Those months on each plan, my own first: as billed, and in whole dollars on the others."""

    stretch: Stretch
    trips: int
    billed: Money
    on: dict[Plan, Money]

    def less(self, plan: Plan) -> Money:
        """How much less that plan would have been; below zero it would have been more."""
        return rounded(self.billed - self.on[plan])


def past_months(member: Member, now: datetime) -> Past | None:
    """The last three whole months on the plan that counts now, or as many as there were; None without any."""
    stretch = stretch_of(member, now)
    if stretch is None:
        return None
    payer = payer_of_pages(member.id)
    trips = _trips(member, payer, stretch)
    billed = paid_since(payer.id, stretch.since, stretch.until - timedelta(microseconds=1), member_id=member.id)
    mine, fees = Plan(member.plan), _fees_billed(member.id, stretch)
    return Past(stretch, len(trips), billed, {
        plan: billed if plan is mine else rounded(
            billed - fees + _fees_on(member.id, plan, stretch) + total([difference(*each, plan) for each in trips]))
        for plan in sorted(Plan, key=lambda plan: plan is not mine)})


def stretch_of(member: Member, now: datetime) -> Stretch | None:
    """Which months are looked at."""
    last = db.session.scalar(select(func.max(PlanChange.counts_from)).where(
        PlanChange.member_id == member.id, PlanChange.counted_at.is_not(None)))
    begun = max(each for each in (member.joined_at, last) if each is not None)
    whole = month_begin(begun, CITY_ZONE) if month_begin(begun, CITY_ZONE) == begun else month_begin(begun, CITY_ZONE, 1)
    months = tuple(each for each in (month_begin(now, CITY_ZONE, -back) for back in range(MONTHS, 0, -1)) if each >= whole)
    return Stretch(months[0], month_begin(now, CITY_ZONE), months) if months else None


def difference(reservation: Reservation, trip: Trip, plan: Plan) -> Money:
    """How much more that trip would have cost on the plan; nothing when its class has no rates there."""
    kept, zone, policies = reservation.quote, reservation.car.lot.zone, policies_of_booking(reservation)
    own = Rates(**kept["rates"])
    other = rates_at(reservation.booked_at, plan).get(own.car_class)
    if own.plan == plan or other is None or not trip.total_cents:
        return Money(0)
    driven = Driven(reservation.span, trip.ended_at or reservation.ends_at, trip.start_odometer, trip.end_odometer, None,
                    reservation.car.electric, (), None)
    costs = [total([line.amount for line in whole_price(
        quoted_again(kept, policies, reservation.span, zone, born_on=reservation.member.born_on, rates=rates),
        driven, policies, zone)]) for rates in (own, other)]
    return costs[1] - costs[0]


def rounded(amount: Money) -> Money:
    """To the next whole dollar."""
    return amount.times(Fraction(1, 100)).times(100)


def _trips(member: Member, payer: Payer, stretch: Stretch) -> list[tuple[Reservation, Trip]]:
    """The trips that the member paid for themselves."""
    found = db.session.execute(select(Reservation, Trip).join(Trip, Trip.reservation_id == Reservation.id).where(
        Reservation.member_id == member.id, Reservation.payer_id == payer.id, Reservation.status == Status.RETURNED,
        Trip.ended_at >= stretch.since, Trip.ended_at < stretch.until).order_by(Trip.ended_at))
    return [(reservation, trip) for reservation, trip in found]


def _fees_billed(member_id: int, stretch: Stretch) -> Money:
    return Money(int(db.session.scalar(select(func.coalesce(func.sum(SIGNED), 0)).where(
        LedgerRow.member_id == member_id, LedgerRow.origin == Origin.MEMBERSHIP, LedgerRow.code.in_(CODES),
        LedgerRow.at >= stretch.since, LedgerRow.at < stretch.until)) or 0))


def _fees_on(member_id: int, plan: Plan, stretch: Stretch) -> Money:
    """The fee of each month; of one that began in a pause or outside of the membership the days after it, if there were any."""
    gaps = _gaps(member_id, stretch)
    return total([_fee_on(member_id, plan, begins, [until for since, until in gaps if since <= begins < until])
                  for begins in stretch.months])


def _fee_on(member_id: int, plan: Plan, begins: datetime, over_at: list[datetime]) -> Money:
    policies, again = policies_at(begins), max(over_at, default=None)
    fee = policies[f"membership_{plan}"]
    due = less_tier(fee, policies)[0] if counted_at(member_id, again or begins) else Money(fee.value)
    if again is None:
        return due
    return rest_of_month(again, CITY_ZONE).part(due) if again < month_begin(begins, CITY_ZONE, 1) else Money(0)


def _gaps(member_id: int, stretch: Stretch) -> list[tuple[datetime, datetime]]:
    """When the member paused, or was gone: from and until."""
    pauses = db.session.execute(select(Pause.begun_at, Pause.ended_at).where(Pause.member_id == member_id))
    gone = db.session.execute(select(Departure.at, Departure.came_back_at).where(Departure.member_id == member_id))
    return [(since, until or stretch.until) for since, until in (*pauses, *gone)]
