"""What a booking promises its member, minted from the price it froze."""

from datetime import datetime, timedelta

from experience.promises.kinds import Cause, Outcome
from experience.promises.kinds import PromiseKind as K
from experience.promises.mint import Promised, mint
from experience.promises.models import Promise
from experience.promises.settle import settle, waive_rest
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policies
from reservations.booking.models import Reservation
from reservations.booking.what_stood_in import InTheWay, what_stood_in
from reservations.trip.settle_promises import UNLOCK_SECONDS, car_was_not_there, first_asked, stayed_shut

CONFIRMED_WITHIN = timedelta(seconds=60)
RECEIPT_WITHIN = timedelta(minutes=15)
LOOKED_AT_AFTER = timedelta(days=1)  # what was charged for a trip is compared with its bill a day after its end


def promise_trip(reservation: Reservation, now: datetime, policies: Policies, remind_at: datetime) -> None:
    """Mint them within the open transaction, in one statement."""
    start, end, price = reservation.starts_at, reservation.ends_at, reservation.price_cents
    promised = [
        Promised(K.CONFIRMATION, now + CONFIRMED_WITHIN),
        Promised(K.CAR_THERE, start),
        Promised(K.UNLOCK, start),
        Promised(K.ENERGY, start, policies["low_energy"].value),
        Promised(K.CLEAN, start),
        Promised(K.BAY_FREE, end),
        Promised(K.RECEIPT, end + RECEIPT_WITHIN),
        Promised(K.PRICE, end, price),
        Promised(K.CHARGED_ONCE, end + LOOKED_AT_AFTER, 0),
    ]
    if remind_at > now:
        promised.append(Promised(K.REMINDER, start))
    mint(member_id=reservation.member_id, promised=promised, reservation_id=reservation.id, at=now)


def promises_end(reservation: Reservation, now: datetime, *, ours: bool, no_show: bool, costs: bool) -> None:
    """A booking ends without a trip, within the open transaction: what was promised for the trip is waived.

    Unless the member could not have the car: then that promise is broken, once its time and the grace are over; before,
    nobody has waited for it, and it is waived with what stood in its way. The confirmation is still on its way, and what
    a fee takes from the card is still compared with it.
    """
    if ours:
        unknown = InTheWay(Cause.OUT_OF_SERVICE if reservation.at_risk_since is not None else Cause.CAR)
        stood = what_stood_in(reservation, now) or unknown
        grace = timedelta(minutes=policies_at(reservation.booked_at)["late_grace"].value)
        if now > reservation.starts_at + grace:
            car_was_not_there(reservation, stood, now)
        else:
            settle(kind=K.CAR_THERE, outcome=Outcome.WAIVED, at=now, reservation_id=reservation.id, cause=stood.cause,
                   cause_reservation_id=stood.other_trip, evidence={"at": now.isoformat()})
        asked = first_asked(reservation)
        if asked is not None and (now - asked).total_seconds() > UNLOCK_SECONDS:
            stayed_shut(reservation, asked, now)
    waive_rest(reservation_id=reservation.id, cause=Cause.NO_SHOW if no_show else Cause.CANCELLED, at=now,
               evidence={"at": now.isoformat()}, but=(K.CONFIRMATION, K.CHARGED_ONCE) if costs else (K.CONFIRMATION,))


def promised_fee(reservation: Reservation, shown_cents: int, fee_cents: int, now: datetime) -> Promise | None:
    """The fee that was shown was a promise; what the ledger took is what became of it."""
    mint(member_id=reservation.member_id, promised=[Promised(K.CANCEL_FEE, now, shown_cents)],
         reservation_id=reservation.id, at=now)
    kept = fee_cents <= shown_cents
    return settle(kind=K.CANCEL_FEE, outcome=Outcome.KEPT if kept else Outcome.BROKEN, at=now, reservation_id=reservation.id,
                  actual=fee_cents, cause=None if kept else Cause.BILLING,
                  evidence={"shown_cents": shown_cents, "fee_cents": fee_cents})
