"""The condition check: outside before unlocking, inside just after. Reporting is safe and takes under a minute."""

from dataclasses import dataclass
from datetime import datetime

from core.database import db, transaction
from experience.journey import Step
from experience.record.observe import observe
from fleet.damage.models import Mark
from fleet.telematics.port import Action
from reservations.booking.models import Reservation
from reservations.trip.ask_car import in_the_way
from reservations.trip.models import CheckStage, ConditionCheck
from reservations.trip.queries import checks_of


@dataclass(frozen=True, slots=True)
class NewMark:
    """Something that was not listed: on which view, and what."""

    view: str
    what: str


def check_car(*, reservation: Reservation, stage: CheckStage, now: datetime, marks: tuple[NewMark, ...] = (),
              cleanliness: int | None = None, skipped: bool = False) -> ConditionCheck:
    """Write down how the car was found. Checking a stage again adds marks and changes the rest.

    Raises TooEarly, TimeOver, TripOver or StillOutWithAnother: who may not open the car has not seen it.
    """
    with observe(Step.PICKUP_CHECK, member=reservation.member, trip=reservation) as seen, transaction():
        refusal = in_the_way(reservation, Action.UNLOCK, now, checked=True)
        if refusal is not None:
            raise refusal
        check = checks_of(reservation).get(stage)
        if check is None:
            check = ConditionCheck(reservation_id=reservation.id, stage=stage)
            db.session.add(check)
        check.at, check.skipped, check.nothing_new = now, skipped, not marks and not skipped
        check.cleanliness = cleanliness if cleanliness is not None else check.cleanliness
        for mark in marks:
            db.session.add(Mark(car_id=reservation.car_id, view=mark.view, what=mark.what, since=now,
                                found_by_reservation_id=reservation.id))
        db.session.flush()
        seen.note(car_id=reservation.car_id, car_class=reservation.car.car_class, lot_id=reservation.lot_id,
                  marks=len(marks), **({"cleanliness": cleanliness} if cleanliness else {}))
        if cleanliness is not None:
            seen.measured(cleanliness, "of 5", expected=4)
    return check
