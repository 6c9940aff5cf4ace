"""The end of a trip: the car is free, the bill is written, the receipt is on its way."""

from datetime import datetime

from sqlalchemy import select

from core.database import db
from core.money import Money
from core.outbox import post
from experience.journey import Step
from experience.record.observe import observe
from experience.record.refused import was_refused
from fleet.calendar.hold import end_of_trip
from fleet.cars.models import CarReading
from fleet.tariffs.quote import Rates
from reservations.booking.billing import bill, lines_of_quote
from reservations.booking.models import Reservation, Status
from reservations.booking.price_again import policies_of_booking
from reservations.fuel.models import FuelStop, PaidBy
from reservations.trip.bill import Driven, Refuelled, bill_after
from reservations.trip.found_inside import settle_inside
from reservations.trip.models import Trip
from reservations.trip.queries import heard_of, trip_of, waited_from
from reservations.trip.settle_promises import trip_ended
from reservations.trip.unused import unused_of


def end_trip(reservation: Reservation, at: datetime, *, locked: bool = True) -> Trip:
    """End the trip within the open transaction, as of the moment the member asked for it. Twice changes nothing.

    When the car did not lock, its last word may be old: then of it and of what was typed the cheaper one counts.
    """
    trip = trip_of(reservation)
    if trip is None or trip.ended_at is not None:
        return trip  # type: ignore[return-value]  # a trip that never began cannot be returned: return_car refuses it
    read_off(trip, reservation, locked=locked)
    trip.ended_at = max(at, trip.started_at)
    trip.total_cents = bill(reservation, lines_of_quote(reservation.quote),
                            bill_after(_driven(trip, reservation), Rates(**reservation.quote["rates"]),
                                       policies_of_booking(reservation), reservation.car.lot.zone), at).cents
    occupancy_id, reservation.occupancy_id = reservation.occupancy_id, None
    reservation.status = Status.RETURNED
    db.session.flush()
    end_of_trip(occupancy_id, trip.ended_at)
    post("receipt", member_id=reservation.member_id, due=at, reservation_id=reservation.id)
    post("ask", member_id=reservation.member_id, due=at, solicitation=_asks_about(reservation), reservation_id=reservation.id)
    with observe(Step.PAY_BILL, member=reservation.member, trip=reservation) as seen:
        seen.note(car_id=reservation.car_id, lot_id=reservation.lot_id, quoted_cents=reservation.price_cents,
                  billed_cents=trip.total_cents)
        seen.trip_as = "ended"
        seen.measured(trip.total_cents, "cents", expected=reservation.price_cents)
        settle_inside(reservation, at)
        seen.settles(trip_ended(reservation, at))
    return trip


def _asks_about(reservation: Reservation) -> str:
    """What the member is asked after the trip: a stop at the pump that went wrong comes before everything else."""
    return "refuel_ease" if was_refused(Step.DRIVE_REFUEL, reservation.id) else "trip_ended"


def read_off(trip: Trip, reservation: Reservation, *, locked: bool) -> None:
    """The box's word decides. What was typed stays beside it and is charged to nobody."""
    reading = heard_of(reservation)
    said = trip.typed_energy if trip.typed_energy is not None else trip.start_energy
    trip.end_energy = reading.energy_percent if reading else said
    trip.end_odometer = max(reading.odometer_miles, trip.start_odometer) if reading else None
    if trip.end_odometer is not None and not locked:
        trip.end_energy = max(trip.end_energy, said)
        trip.end_odometer = min(trip.end_odometer, trip.typed_odometer or trip.end_odometer)


def _driven(trip: Trip, reservation: Reservation) -> Driven:
    box = db.session.get(CarReading, reservation.car_id)  # what it once saw counts, also when it is silent now
    stops = db.session.scalars(select(FuelStop).where(FuelStop.reservation_id == reservation.id).order_by(FuelStop.at))
    assert trip.ended_at is not None  # set just above: this is the trip's end
    return Driven(
        span=reservation.span, ended_at=trip.ended_at, start_odometer=trip.start_odometer,
        end_odometer=trip.end_odometer, end_energy=trip.end_energy if trip.end_odometer is not None else None,
        electric=reservation.car.electric,
        stops=tuple(Refuelled(stop.paid_by == PaidBy.MEMBER, Money(stop.amount_cents, stop.currency),
                              stop.energy_before, _saw_filling(box, trip.started_at, stop.energy_before)) for stop in stops),
        next_starts_at=waited_from(reservation, trip.ended_at), unused=unused_of(reservation, trip.ended_at),
    )


def _saw_filling(box: CarReading | None, since: datetime, before: int) -> bool:
    """Whether the car was filled after that moment, or has more in it than the percentage before."""
    if box is None:
        return False
    return (box.filled_at is not None and box.filled_at > since) or box.energy_percent > before
