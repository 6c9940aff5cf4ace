"""Nobody came: after an hour the car is free for others, and the member is told. Nobody could come: that is our doing."""

from datetime import timedelta

from core.database import db, transaction
from core.outbox import Job, post
from core.time import now
from experience.journey import Step
from experience.record.observe import observe
from fleet.tariffs.in_force import policies_at
from portal.account.needs.queries import waits_for
from reservations.booking.booked_by import Told, tell_booker
from reservations.booking.cancel import end_booking, terms
from reservations.booking.models import Reservation, Status
from reservations.booking.our_doing import could_not_have_it, is_held_up
from reservations.booking.queries import is_for_its_start, load_locked

LOOK_AGAIN = timedelta(minutes=15)


def release_no_show(job: Job) -> None:
    """Handle the outbox's `no_show`, due an hour after the start: a late cancellation, unless the trip began.

    While the car cannot be had, and for longer where the driver told us that they need more time, the booking stands, until its
    own end at the latest. Somebody who could not have the car is no
    no-show: the booking is cancelled without fee.
    """
    reservation = db.session.get_one(Reservation, job.facts["reservation_id"])
    if reservation.status != Status.BOOKED:
        return
    with observe(Step.BOOK_CANCEL, member=reservation.member, trip=reservation) as seen, transaction():
        load_locked(reservation)
        if reservation.status != Status.BOOKED or not is_for_its_start(reservation, job.facts):
            seen.was_repeated()
            return
        at, policies = now(), policies_at(reservation.booked_at)
        waits_until = reservation.starts_at + waits_for(reservation.member_id, policies)
        if at < reservation.ends_at and (at < waits_until or is_held_up(reservation, at, policies)):
            seen.was_repeated()  # nothing has happened yet
            post("no_show", member_id=reservation.member_id, due=min(at + LOOK_AGAIN, reservation.ends_at),
                 once=f"no_show-{job.id}", reservation_id=reservation.id, starts_at=reservation.starts_at.isoformat())
            return
        cost, ours = terms(reservation, at, policies), could_not_have_it(reservation, at, policies)
        end_booking(reservation, Status.CANCELLED if ours else Status.NO_SHOW, cost, at)
        seen.trip_as = "cancelled"
        post("booking_cancelled" if ours else "no_show_released", member_id=reservation.member_id,
             reservation_id=reservation.id, fee_cents=cost.fee.cents)
        tell_booker(reservation, Told.CANCELLED if ours else Told.NO_SHOW, at, fee_cents=cost.fee.cents)
        seen.note(car_id=reservation.car_id, lot_id=reservation.lot_id, fee_cents=cost.fee.cents)
