"""Holding the price of a booking on the member's card: days before it starts, and again when a card is added."""

from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import db
from core.outbox import Job, post
from core.time import now
from fleet.tariffs.in_force import policies_at
from portal.billing.cards.change import cards_of
from portal.billing.payments.hold import change_hold, hold_for_trip
from portal.billing.payments.models import Payment, State
from portal.billing.payments.settle import settle
from reservations.booking.billing import payer_of_trip
from reservations.booking.models import Reservation, Status

LIVE = (Status.BOOKED, Status.DRIVING)


def hold_later(reservation: Reservation, at: datetime) -> None:
    """Have the price held after this commit, or when the trip is near enough, within the open transaction."""
    post("trip_hold", member_id=reservation.member_id, due=hold_from(reservation.starts_at, at),
         reservation_id=reservation.id)


def hold_from(starts_at: datetime, at: datetime) -> datetime:
    """When the price of a trip is held: at once, or so long before its start as the policy `hold_ahead` says."""
    return max(at, starts_at - timedelta(minutes=policies_at(at)["hold_ahead"].value))


def hold_price(job: Job) -> None:
    """Handle the outbox's `trip_hold`. A booking that is over, or was moved to a later time, holds nothing yet."""
    reservation, at = db.session.get_one(Reservation, job.facts["reservation_id"]), now()
    if reservation.status in LIVE and hold_from(reservation.starts_at, at) <= at:
        hold_for_trip(payer_id=payer_of_trip(reservation).id, reservation_id=reservation.id, amount=reservation.price, now=at)


def follow_change(job: Job) -> None:
    """Handle the outbox's `hold_changed`: the new price is held instead of the old one, or nothing while its time is far.

    Raises NotNow while the member is on a page of the processor's for the old one.
    """
    reservation, at = db.session.get_one(Reservation, job.facts["reservation_id"]), now()
    if reservation.status in LIVE:
        change_hold(payer_id=payer_of_trip(reservation).id, reservation_id=reservation.id, now=at,
                    once=f"change-{job.facts['change_id']}",
                    amount=reservation.price if hold_from(reservation.starts_at, at) <= at else None)


def try_new_card(job: Job) -> None:
    """Handle the outbox's `card_added`: what is open and what is to be held is asked of the cards again, also for
    the trips of others on the account."""
    at = now()
    payer_id = job.facts["payer_id"]
    settle(payer_id=payer_id, now=at)
    near = at + timedelta(minutes=policies_at(at)["hold_ahead"].value)
    for reservation in db.session.scalars(select(Reservation).where(
            Reservation.payer_id == payer_id, Reservation.status.in_(LIVE), Reservation.starts_at <= near)).all():
        hold_for_trip(payer_id=payer_id, reservation_id=reservation.id, amount=reservation.price, now=at)


def payment_of(reservation: Reservation) -> Payment | None:
    """The payment that speaks for a booking: one that is wanted, held or done, else the last that was not."""
    found = db.session.scalars(
        select(Payment).where(Payment.reservation_id == reservation.id).order_by(Payment.asked_at.desc())).all()
    good = [payment for payment in found if payment.state in (State.HELD, State.CAPTURED) or _is_asked(payment)]
    return (good or list(found) or [None])[0]


def is_unpaid(reservation: Reservation) -> bool:
    """Whether nothing is held because the member's bank said no or waits for them, or because there is no card to ask. While
    a bank has not answered yet, they may go."""
    payer, payment = payer_of_trip(reservation), payment_of(reservation)
    if payer.by_invoice:
        return False
    if payment is None:
        return not cards_of(payer.id)
    return payment.state not in (State.HELD, State.CAPTURED) and not _is_asked(payment)


def _is_asked(payment: Payment) -> bool:
    """Whether a bank is asked now; a page that waits for its member asks nobody."""
    return payment.state == State.WANTED and payment.card_id is not None
