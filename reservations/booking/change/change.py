"""Changing a booking: the old time goes and the new one comes in one transaction, at the price that was shown."""

from datetime import datetime

from sqlalchemy import select, update

from core.audit import who_acts
from core.database import db, transaction
from core.ids import new_id
from core.money import Money
from experience.journey import Step
from experience.record.observe import here, observe
from fleet.calendar.exchange import exchange
from fleet.calendar.hold import CarTaken, part_in
from fleet.calendar.turnaround import turnaround_of
from fleet.service.queries import open_block_of
from fleet.tariffs.in_force import policies_at
from reservations.booking.ask_ease import asked_if_refused
from reservations.booking.change.errors import ChangeDearerThanShown
from reservations.booking.change.follow import follow
from reservations.booking.change.models import ReservationChange, Why
from reservations.booking.change.proposal import Proposal, Wish, kind_of, propose
from reservations.booking.change.refund import keep_given_back, take_again
from reservations.booking.errors import YoursAlready
from reservations.booking.models import Reservation, Status
from reservations.booking.moves.end import lock_move_and_cars
from reservations.booking.own_trips import OwnTrips
from reservations.booking.queries import load_locked


def change(*, reservation: Reservation, wish: Wish, shown: Money | None, once: str, now: datetime,
           most: Money | None = None, why: Why = Why.WISH, looks_id: int | None = None) -> ReservationChange:
    """Give the booking the wished car and span at the rates of its own moment, and return what was changed.

    `shown` is the difference that the page showed; a page that showed none passes None. `most` is the difference that its
    member would take, where nothing was shown. The same `once` of a booking changes it once. Refuses as propose() does, with
    ChangeDearerThanShown when the difference is above either, with YoursAlready when another booking of its driver takes the
    new time, which the member `looks_id` (else the driver) may look at too, and with CarTaken when somebody else's does: then
    nothing has changed, and the old time is held as before; how easy that was is asked later, also when a larger
    transaction is undone.
    """
    with asked_if_refused(reservation, now):
        return _change(reservation, wish, shown, most, once, now, why, looks_id or reservation.member_id)


def _change(reservation: Reservation, wish: Wish, shown: Money | None, most: Money | None, once: str, now: datetime,
            why: Why, looks_id: int) -> ReservationChange:
    with observe(step_of(reservation, wish), member=reservation.member, trip=reservation) as seen, transaction():
        load_locked(reservation)
        again = changed_already(reservation, once)
        if again is not None:
            seen.was_repeated()
            return again
        seen.note(car_id=wish.car.id, car_class=wish.car.car_class, lot_id=wish.car.lot_id, minutes=wish.span.minutes,
                  change=kind_of(reservation, wish))
        proposal = propose(reservation, wish, now)
        seen.note(price_cents=proposal.price.cents, difference_cents=proposal.difference.cents)
        if shown is not None:
            seen.measured(proposal.difference.cents, "cents", expected=shown.cents)
        for limit in (shown, most):
            if limit is not None and proposal.difference.cents > limit.cents:
                raise ChangeDearerThanShown(limit_cents=limit.cents, difference_cents=proposal.difference.cents)
        try:
            return carry_out(reservation, proposal, once=once, now=now, why=why)
        except CarTaken:
            own = OwnTrips(reservation.member_id, looks_id, wish.span).in_car(wish.car.id, but_id=reservation.id)
            if own is None:
                raise
            raise YoursAlready(own) from None


def carry_out(reservation: Reservation, proposal: Proposal, *, once: str, now: datetime, why: Why) -> ReservationChange:
    """Make the change within the open transaction, the booking's row locked; raises CarTaken and has changed nothing then."""
    wish, was = proposal.wish, _sides(reservation, "before")
    same_car = wish.car.id == reservation.car_id
    assert reservation.occupancy_id is not None  # whoever has a booking has its time
    lock_move_and_cars(reservation, wish.car.id)
    held = exchange(reservation.occupancy_id, wish.car.id, wish.span, turnaround=turnaround_of(wish.car, policies_at(now)))
    # In SQL: SQLite may give the new row the old one's id, and its going has just emptied this column.
    db.session.execute(update(Reservation).where(Reservation.id == reservation.id).values(occupancy_id=held))
    take_again(reservation, wish.car.id, wish.span)
    keep_given_back(reservation, proposal.given_back, now)
    reservation.car_id, reservation.lot_id = wish.car.id, wish.car.lot_id
    reservation.starts_at, reservation.ends_at = wish.span.start, wish.span.end
    reservation.price_cents, reservation.quote = proposal.price.cents, proposal.quote.as_json()
    if reservation.at_risk_since is not None and not _is_at_risk(wish):
        reservation.at_risk_since = None
    db.session.flush()
    db.session.refresh(reservation)
    staff = who_acts()
    made = ReservationChange(
        id=new_id(), reservation_id=reservation.id, at=now, why=why, actor="staff" if staff else
        "member" if here().actor == "member" else "system", actor_id=staff.id if staff else None,
        **was, **_sides(reservation, "after"), difference_cents=proposal.difference.cents, currency=reservation.currency,
        once=once)
    db.session.add(made)
    db.session.flush()
    follow(reservation, made, now, same_car=same_car)
    return made


def changed_already(reservation: Reservation, once: str) -> ReservationChange | None:
    """The change that this form made before."""
    return db.session.scalar(select(ReservationChange).where(
        ReservationChange.reservation_id == reservation.id, ReservationChange.once == once))


def step_of(reservation: Reservation, wish: Wish) -> Step:
    """Keeping the car longer while one has it out is a step of driving."""
    longer = reservation.status == Status.DRIVING and wish.span.end > reservation.ends_at
    return Step.DRIVE_EXTEND if longer else Step.BOOK_CHANGE


def _sides(reservation: Reservation, side: str) -> dict[str, object]:
    return {f"{side}_car_id": reservation.car_id, f"{side}_lot_id": reservation.lot_id,
            f"{side}_starts_at": reservation.starts_at, f"{side}_ends_at": reservation.ends_at,
            f"{side}_price_cents": reservation.price_cents, f"{side}_quote": reservation.quote}


def _is_at_risk(wish: Wish) -> bool:
    """Whether a block of the car still reaches into the new time."""
    block = open_block_of(wish.car.id)
    return block is not None and part_in(block, wish.span) is not None
