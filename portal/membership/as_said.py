"""Like with like: whether a member's first months were the trips that their estimate was made of, and what of the bills it is
held against.

Only what they drove and paid for themselves counts: not the trips that a business or an owner of their account paid for, and
not those of others on their own account. Lines of a bill that no estimate knows are left out: those of coming back late or
early, of time given back too late, fuel and fees, the taxes on them, and what a correction gave back. A price that was another
one by their own doing makes it other trips.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import select

from core.database import db
from core.money import Money
from fleet.tariffs.quote import TAXES, Rates
from portal.billing.ledger.models import CHARGES, LedgerRow
from portal.billing.membership.charge import CODES
from portal.billing.statements.queries import TOUCHES
from portal.signup.estimate import Estimate
from reservations.booking.models import Reservation, Status

YOUNG, TIER, PROMO, MILES = "young_driver", "reduced_tier", "promo", "extra_miles"
TAXES_AFTER = tuple(f"{tax}_after" for tax in TAXES)  # on all that came after a trip, of which an estimate knows the miles
COUNTED = frozenset({  # the lines that an estimate counts
    *CODES, "time_weekday", "time_weekend", "time_night", "day_cap", YOUNG, "waiver_plus", "waiver_premium", "fee_booking",
    MILES, *TAXES, *TAXES_AFTER})


@dataclass(frozen=True, slots=True)
class Drove:
    """Trips of some months that a member paid for, as an estimate describes them, and what it counts of the bills, in cents."""

    trips: int
    minutes: int
    weekend: int
    night: int
    over_miles: int
    mile_cents: int
    classes: dict[str, int]  # minutes by class and by cover
    waivers: dict[str, int]
    cents: int
    codes: frozenset[str]

    def is_as_said(self, said: Estimate, cents: int, months: int, slack: Fraction) -> bool:
        """Whether a month of it is within the slack of what was said of a month that costs `cents`."""
        def near(found: int, told: int | None, of: int) -> bool:
            return told is None or abs(Fraction(found, months) - told) <= of * slack

        others = [sum(minutes.values()) - minutes.get(told, 0) for minutes, told in (
            (self.classes, said.car_class), (self.waivers, said.waiver)) if told is not None]
        return (near(self.trips, said.trips, said.trips) and near(self.minutes, said.minutes, said.minutes)
                and near(self.weekend, said.weekend, said.minutes) and near(self.night, said.night, said.minutes)
                and (said.over_miles is None or near(
                    self.over_miles * self.mile_cents, said.over_miles * self.mile_cents, cents))
                and all(near(minutes, 0, said.minutes) for minutes in others)
                and self.codes.isdisjoint((TIER, PROMO)) and (YOUNG not in self.codes or bool(said.age_told)))


def drove(member_id: int, payer_id: int, since: datetime, until: datetime) -> Drove:
    """What the member drove and paid for themselves in that time, by the trips' booked ends."""
    trips = db.session.scalars(select(Reservation).where(
        Reservation.member_id == member_id, Reservation.payer_id == payer_id, Reservation.status == Status.RETURNED,
        Reservation.ends_at >= since, Reservation.ends_at < until)).all()
    lines = _lines(member_id, payer_id, [each.id for each in trips], since, until)
    rates = [Rates(**each.quote["rates"]) for each in trips]
    return Drove(
        trips=len(trips), minutes=sum(each.span.minutes for each in trips), weekend=_minutes(trips, "time_weekend"),
        night=_minutes(trips, "time_night"), over_miles=sum(over for _code, _cents, over in lines),
        mile_cents=max((each.mile for each in rates), default=0),
        classes=_by([(of.car_class, each.span.minutes) for of, each in zip(rates, trips, strict=True)]),
        waivers=_by([(each.waiver, each.span.minutes) for each in trips]),
        cents=sum(cents for code, cents, _over in lines if code in COUNTED),
        codes=frozenset(code for code, _cents, _over in lines))


def _lines(member_id: int, payer_id: int, trips: Sequence[int], since: datetime,
           until: datetime) -> list[tuple[str, int, int]]:
    """Code, cents and miles beyond those included, of the lines of these trips and of the monthly fees of that time; of the
    taxes on what came after a trip, what its miles brought."""
    rows = db.session.scalars(
        select(LedgerRow).where(
            LedgerRow.payer_id == payer_id, LedgerRow.member_id == member_id, TOUCHES, LedgerRow.origin.in_(CHARGES),
            LedgerRow.reservation_id.in_(trips) | (
                LedgerRow.reservation_id.is_(None) & (LedgerRow.at >= since) & (LedgerRow.at < until)))).all()
    miles = {row.reservation_id: row.amount for row in rows if row.code == MILES}
    return [(TIER if "off_percent" in row.facts else row.code, _known_part(row, miles).cents,
             int(row.facts["over"]) if row.code == MILES else 0) for row in rows]


def _known_part(row: LedgerRow, miles: dict[int | None, Money]) -> Money:
    """What of a line's amount is of what an estimate knows."""
    if row.code not in TAXES_AFTER:
        return row.amount
    return miles.get(row.reservation_id, Money(0, row.currency)).times(Fraction(row.facts["basis_points"], 10_000))


def _minutes(trips: Sequence[Reservation], code: str) -> int:
    return sum(line["facts"]["minutes"] for each in trips for line in each.quote["lines"] if line["code"] == code)


def _by(pairs: Sequence[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, minutes in pairs:
        found[key] = found.get(key, 0) + minutes
    return found
