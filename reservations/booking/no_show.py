"""Nobody came: after an hour the car is free for others, and the member is told."""

from core.database import db, transaction
from core.outbox import Job, post
from core.time import now
from experience.journey import Step
from experience.record.observe import observe
from fleet.tariffs.in_force import policies_at
from reservations.booking.cancel import end_booking, terms
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import load_locked


def release_no_show(job: Job) -> None:
    """Handle the outbox's `no_show`, due an hour after the start: a late cancellation, unless the trip began."""
    reservation = db.session.get_one(Reservation, job.facts["reservation_id"])
    if reservation.status != Status.BOOKED:
        return
    with observe(Step.BOOK_CANCEL, member=reservation.member, trip=reservation) as seen, transaction():
        load_locked(reservation)
        if reservation.status != Status.BOOKED:
            seen.was_repeated()
            return
        cost = terms(reservation, now(), policies_at(reservation.booked_at))
        end_booking(reservation, Status.NO_SHOW, cost, now())
        post("no_show_released", member_id=reservation.member_id, reservation_id=reservation.id,
             fee_cents=cost.fee.cents)
        seen.note(car_id=reservation.car_id, lot_id=reservation.lot_id, fee_cents=cost.fee.cents)
