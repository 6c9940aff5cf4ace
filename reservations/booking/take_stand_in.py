"""Taking another car, because one's own could not be had: for the rest of the time, at no more than was frozen."""

from datetime import datetime

from sqlalchemy import insert

from core.database import db, transaction
from core.ids import new_reference
from experience.journey import Step
from experience.record.observe import observe
from fleet.calendar.hold import CarTaken, hold
from fleet.calendar.turnaround import turnaround_of
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_at
from portal.billing.payments.carry_over import carry_over
from reservations.booking.ask_ease import asked_if_refused
from reservations.booking.billing import payer_of_trip
from reservations.booking.book import set_going
from reservations.booking.cancel import end_booking, terms
from reservations.booking.errors import CarIsThere
from reservations.booking.models import Reservation, Status
from reservations.booking.price_again import price_again
from reservations.booking.promises import why_not_there
from reservations.booking.promo import hand_over
from reservations.booking.queries import load_locked
from reservations.booking.stand_ins import StandIn, as_stand_in, may_have_another, span_left, stand_in_of
from reservations.trip.decline import decline
from reservations.trip.settle_promises import car_was_not_there, note_not_there


def take_stand_in(*, reservation: Reservation, car: Car, now: datetime) -> Reservation:
    """End the booking at no cost and make one of the other car in its place; once, however often it is asked.

    What is held on the card goes on to it. Raises CarIsThere when the member can have their own car after all, and CarTaken
    when somebody was faster, or when the car is not one that stands in; then it is asked, later, how easy that was.
    """
    with asked_if_refused(reservation, now):
        return _take(reservation, car, now)


def _take(reservation: Reservation, car: Car, now: datetime) -> Reservation:
    with observe(Step.BOOK_CHANGE, member=reservation.member, trip=reservation) as seen, transaction():
        load_locked(reservation)
        again = stand_in_of(reservation)
        if again is not None:
            seen.was_repeated()
            return again
        seen.note(car_id=car.id, car_class=car.car_class, lot_id=car.lot_id)
        if not may_have_another(reservation, now):
            raise CarIsThere()
        span = span_left(reservation, now)
        offered = as_stand_in(reservation, car, span, now) if span else None
        if offered is None:
            raise CarTaken(car_id=car.id)
        other = _reserve(reservation, offered, now)
        if reservation.status == Status.DRIVING:
            decline(reservation=reservation, now=now)
        else:
            _give_up(reservation, car, now)
        carry_over(payer_id=payer_of_trip(other).id, from_reservation_id=reservation.id, to_reservation_id=other.id)
        with observe(Step.BOOK_CONFIRM, member=reservation.member, trip=other) as booked:
            booked.trip_as = "booked"
            booked.note(car_id=car.id, car_class=car.car_class, lot_id=car.lot_id, price_cents=other.price_cents,
                        minutes=other.span.minutes, waiver=other.waiver)
        set_going(other, now)
    return other


def _reserve(reservation: Reservation, offered: StandIn, now: datetime) -> Reservation:
    """The new booking as it was agreed on for the first: its cover, its rules, its payer, its cost centre, and its price,
    unless the time that is left costs less by them."""
    left = price_again(reservation, offered.span)
    costs_less = left.total.cents < reservation.price_cents
    made = db.session.scalar(insert(Reservation).returning(Reservation.id), {
        "reference": new_reference(), "member_id": reservation.member_id, "car_id": offered.car.id,
        "lot_id": offered.car.lot_id, "starts_at": offered.span.start, "ends_at": offered.span.end, "status": Status.BOOKED,
        "waiver": reservation.waiver, "currency": reservation.currency,
        "price_cents": left.total.cents if costs_less else reservation.price_cents,
        "quote": left.as_json() if costs_less else reservation.quote,
        "once": f"stands-in-{reservation.id}", "booked_at": reservation.booked_at,
        "occupancy_id": hold(offered.car.id, offered.span, turnaround=turnaround_of(offered.car, policies_at(now))),
        "payer_id": reservation.payer_id, "cost_centre_id": reservation.cost_centre_id, "stands_in_for_id": reservation.id,
        "booked_by_id": reservation.booked_by_id})
    hand_over(reservation.id, made)
    return db.session.get_one(Reservation, made)


def _give_up(reservation: Reservation, car: Car, now: datetime) -> None:
    with observe(Step.BOOK_CANCEL, member=reservation.member, trip=reservation) as left:
        left.trip_as = "cancelled"
        left.note(car_id=reservation.car_id, lot_id=reservation.lot_id, fee_cents=0,
                  lead_minutes=int((reservation.starts_at - now).total_seconds() // 60))
        if now >= reservation.starts_at:
            stood = why_not_there(reservation, now)
            note_not_there(car_was_not_there(reservation, stood, now, took=car.name), reservation, stood)
        end_booking(reservation, Status.CANCELLED, terms(reservation, now, policies_at(reservation.booked_at)), now)
