"""What a trip has cost so far, and what staying longer would cost: with nobody waiting, and with somebody."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.money import Money, total
from core.time import Span, quarter_at_or_after
from fleet.tariffs.quote import Rates, included_miles
from reservations.booking.change.possible import is_free
from reservations.booking.change.proposal import Wish, in_the_way
from reservations.booking.models import Reservation
from reservations.booking.price_again import policies_of_booking
from reservations.trip.bill import Driven, Unused, bill_after
from reservations.trip.queries import NextDriver, heard_of, trip_of
from reservations.trip.unused import unused_of


@dataclass(frozen=True, slots=True)
class CostNow:
    """The bill as it would be if the car came back now, and what a stay until `longer_until` adds to it, the fee for those
    who wait included; `late` is that fee for each quarter-hour when somebody waits from `waits_from` on. `extend` is what
    the stay adds when it is booked before, which it can be if it `may_stay`; `unused` time is taken off `so_far`."""

    so_far: Money
    miles: int | None
    miles_left: int | None
    longer_until: datetime
    longer: Money
    waits_from: datetime | None
    late: Money
    grace_minutes: int
    may_stay: bool
    extend: Money
    unused: bool


def cost_now(reservation: Reservation, now: datetime) -> CostNow | None:
    """What it costs now; None before the trip began or after it ended. Receipts and rewards of fuel stops are left
    out: they come off at the return."""
    trip, reading = trip_of(reservation), heard_of(reservation)
    if trip is None or trip.ended_at is not None:
        return None
    rates, policies = Rates(**reservation.quote["rates"]), policies_of_booking(reservation)
    waits = NextDriver(reservation).starts_at()
    odometer = max(reading.odometer_miles, trip.start_odometer) if reading else None
    energy = reading.energy_percent if reading else None

    unused: dict[datetime, Unused | None] = {}

    def left_at(at: datetime) -> Unused | None:
        if at not in unused:
            unused[at] = unused_of(reservation, at)
        return unused[at]

    def if_back(at: datetime, waiting: datetime | None) -> Money:
        driven = Driven(reservation.span, at, trip.start_odometer, odometer, energy, reservation.car.electric, (), waiting,
                        left_at(at))
        more = [line.amount for line in bill_after(driven, rates, policies, reservation.car.lot.zone)]
        return reservation.price + total(more, reservation.currency)

    base = max(now, reservation.ends_at)
    longer_until = quarter_at_or_after(base + timedelta(minutes=15))
    miles = int(odometer - trip.start_odometer) if odometer is not None else None
    included = included_miles(rates, reservation.span)
    return CostNow(
        if_back(now, waits), miles, max(0, included - miles) if miles is not None else None, longer_until,
        if_back(longer_until, waits) - if_back(base, waits), waits, Money(policies["late_fee"].value, reservation.currency),
        policies["late_grace"].value, _may_stay(reservation, longer_until, now),
        if_back(longer_until, None) - if_back(base, None), left_at(now) is not None)


def _may_stay(reservation: Reservation, until: datetime, now: datetime) -> bool:
    """Whether nobody else has the car until then, so that the trip can be extended."""
    wish = Wish(reservation.car, Span(reservation.starts_at, until))
    return in_the_way(reservation, wish, now) is None and is_free(reservation, wish, now)
