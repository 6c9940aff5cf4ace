"""What members answer with one tap, as evidence: a "no" breaks the promise it is about; a "yes" keeps it where nothing shows
more than their word."""

from datetime import datetime

from experience.asks.answer import may_change
from experience.asks.models import Answer
from experience.promises.kinds import Cause, Outcome
from experience.promises.kinds import PromiseKind as K
from experience.promises.models import Promise
from experience.promises.settle import settle
from reservations.booking.models import Reservation
from reservations.booking.what_stood_in import what_stood_in
from reservations.trip.queries import checked, heard_of
from reservations.trip.settle_promises import ARRIVE_CHECK, car_was_not_there, not_there_by_word, note_not_there

CHECKS = {ARRIVE_CHECK: K.CAR_THERE, "bay_check": K.BAY_FREE, "features_check": K.FEATURES}
BREAKS = {K.BAY_FREE: Cause.BLOCKED, K.FEATURES: Cause.OUR_WORK}


def settle_by_word(promise: Promise, reservation: Reservation, now: datetime) -> bool:
    """Settle it by the member's answer; whether that was done. At the car the first tap counts at once, because the member
    goes on; afterwards an answer counts when it can no longer be changed."""
    kind = K(promise.kind)
    said = checked(reservation, next(check for check, about in CHECKS.items() if about is kind))
    if said is None:
        return False
    if kind is K.CAR_THERE:
        return _at_the_car(reservation, said, now)
    if may_change(said, now):
        return False
    return settle(kind=kind, outcome=Outcome.KEPT if said.value else Outcome.BROKEN, at=now, reservation_id=reservation.id,
                  cause=None if said.value else BREAKS[kind],
                  evidence={"said_by": "member", "answer_id": str(said.id)}) is not None


def _at_the_car(reservation: Reservation, said: Answer, now: datetime) -> bool:
    stood = what_stood_in(reservation, now)
    if said.value:
        return stood is None and heard_of(reservation) is None and settle(
            kind=K.CAR_THERE, outcome=Outcome.KEPT, at=now, reservation_id=reservation.id, actual=0,
            evidence={"said_by": "member", "there": True, "answer_id": str(said.id)}) is not None
    if stood is None:
        return not_there_by_word(reservation, said, now) is not None
    broken = car_was_not_there(reservation, stood, now)
    note_not_there(broken, reservation, stood)
    return broken is not None
