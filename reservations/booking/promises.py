"""What a booking promises its member, minted from the price it froze."""

from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import db
from core.money import Money
from experience.promises.kinds import Cause, Outcome, State
from experience.promises.kinds import PromiseKind as K
from experience.promises.mint import Promised, mint
from experience.promises.models import Promise
from experience.promises.settle import is_open, settle, settle_one, waive_rest
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policies
from reservations.booking.models import Reservation
from reservations.booking.what_stood_in import InTheWay, what_stood_in
from reservations.trip.settle_promises import UNLOCK_SECONDS, car_was_not_there, first_asked, note_not_there, stayed_shut

CONFIRMED_WITHIN = timedelta(seconds=60)
RECEIPT_WITHIN = timedelta(minutes=15)
LOOKED_AT_AFTER = timedelta(days=1)  # what was charged for a trip is compared with its bill a day after its end


def promise_trip(reservation: Reservation, now: datetime, policies: Policies, remind_at: datetime) -> None:
    """Mint them within the open transaction, in one statement."""
    mint(member_id=reservation.member_id, promised=_promised(reservation, now, policies, remind_at),
         reservation_id=reservation.id, at=now)


def promise_anew(reservation: Reservation, now: datetime, policies: Policies, remind_at: datetime, *, same_car: bool,
                 change_id: str) -> None:
    """The booking has changed, within the open transaction: what was promised and no longer holds is waived, and what holds
    in its place is promised. What was settled before stays as it is."""
    wanted = {one.kind: one for one in _promised(reservation, now, policies, remind_at) if one.kind is not K.CONFIRMATION}
    still_open = db.session.scalars(select(Promise).where(
        Promise.reservation_id == reservation.id, Promise.subject.is_(None), Promise.state == State.OPEN.value,
        Promise.kind.in_([*map(str, wanted), str(K.REMINDER)]))).all()
    stale = [one for one in still_open if not (same_car and _still_holds(one, wanted.get(K(one.kind))))]
    for one in stale:
        settle_one(promise_id=one.id, outcome=Outcome.WAIVED, at=now, cause=Cause.CHANGED, evidence={"change_id": change_id})
    again = {K(one.kind) for one in stale} | {K.REMINDER}
    mint(member_id=reservation.member_id, promised=[one for kind, one in wanted.items() if kind in again],
         reservation_id=reservation.id, at=now)


def _still_holds(promise: Promise, wanted: Promised | None) -> bool:
    return wanted is not None and promise.due_at == wanted.due_at and wanted.expected in (None, promise.expected)


def _promised(reservation: Reservation, now: datetime, policies: Policies, remind_at: datetime) -> list[Promised]:
    start, end, price = reservation.starts_at, reservation.ends_at, reservation.price_cents
    promised = [
        Promised(K.CONFIRMATION, now + CONFIRMED_WITHIN),
        Promised(K.CAR_THERE, start),
        Promised(K.UNLOCK, start),
        Promised(K.ENERGY, start, policies["low_energy"].value),
        Promised(K.CLEAN, start),
        Promised(K.FEATURES, end),
        Promised(K.BAY_FREE, end),
        Promised(K.RECEIPT, end + RECEIPT_WITHIN),
        Promised(K.PRICE, end, price),
        Promised(K.CHARGED_ONCE, end + LOOKED_AT_AFTER, 0),
    ]
    if remind_at > now:
        promised.append(Promised(K.REMINDER, start))
    return promised


def promises_end(reservation: Reservation, now: datetime, *, ours: bool, no_show: bool, costs: bool) -> None:
    """A booking ends without a trip, within the open transaction: what was promised for the trip is waived.

    Unless the member could not have the car: then that promise is broken, when its time has come; before, nobody has
    waited for it, and it is waived with what stood in its way. The confirmation is still on its way, and what a fee takes
    from the card is still compared with it.
    """
    if ours:
        stood = breaks_it(reservation, now)
        if stood is not None:
            note_not_there(car_was_not_there(reservation, stood, now), reservation, stood)
        else:
            stood = why_not_there(reservation, now)
            settle(kind=K.CAR_THERE, outcome=Outcome.WAIVED, at=now, reservation_id=reservation.id, cause=stood.cause,
                   cause_reservation_id=stood.other_trip, evidence={"at": now.isoformat()})
        asked = first_asked(reservation)
        if asked is not None and (now - asked).total_seconds() > UNLOCK_SECONDS:
            stayed_shut(reservation, asked, now)
    waive_rest(reservation_id=reservation.id, cause=Cause.NO_SHOW if no_show else Cause.CANCELLED, at=now,
               evidence={"at": now.isoformat()}, but=(K.CONFIRMATION, K.CHARGED_ONCE) if costs else (K.CONFIRMATION,))


def why_not_there(reservation: Reservation, now: datetime) -> InTheWay:
    """What kept the member from their car; one that would not open says nothing more than that."""
    unknown = InTheWay(Cause.OUT_OF_SERVICE if reservation.at_risk_since is not None else Cause.CAR)
    return what_stood_in(reservation, now) or unknown


def breaks_it(reservation: Reservation, now: datetime) -> InTheWay | None:
    """What breaks the promise that the car is there when its member gives it up now; None while nothing does.

    A car that can be seen not to be there breaks it from the start on; one that only would not open, or that we had our
    doubts about, once the grace is over.
    """
    if now < reservation.starts_at:
        return None
    seen = what_stood_in(reservation, now)
    policies = policies_at(reservation.booked_at)
    if seen is not None and seen.until is None and not 0 < seen.metres <= policies["return_within"].value:
        return seen
    late = now > reservation.starts_at + timedelta(minutes=policies["late_grace"].value)
    return why_not_there(reservation, now) if late else None


def promised_fee(reservation: Reservation, shown_cents: int, fee_cents: int, now: datetime) -> Promise | None:
    """The fee that was shown was a promise; what the ledger took is what became of it."""
    mint(member_id=reservation.member_id, promised=[Promised(K.CANCEL_FEE, now, shown_cents)],
         reservation_id=reservation.id, at=now)
    kept = fee_cents <= shown_cents
    return settle(kind=K.CANCEL_FEE, outcome=Outcome.KEPT if kept else Outcome.BROKEN, at=now, reservation_id=reservation.id,
                  actual=fee_cents, cause=None if kept else Cause.BILLING,
                  evidence={"shown_cents": shown_cents, "fee_cents": fee_cents})


def credit_for_giving_up(reservation: Reservation, now: datetime) -> Money | None:
    """What cancelling now gives besides costing nothing, because the car is not there; None when nothing, or given already."""
    if breaks_it(reservation, now) is None or not is_open(K.CAR_THERE, reservation.id):
        return None
    return Money(policies_at(reservation.booked_at)["remedy_car_there"].value, reservation.currency)
