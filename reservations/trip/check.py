"""The condition check: outside before unlocking, inside just after. Reporting is safe and takes under a minute."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.database import db, transaction
from experience.journey import Step
from experience.promises.kinds import Cause, PromiseKind
from experience.promises.models import Promise
from experience.record.observe import Seen, observe, pid_of
from fleet.damage.models import Mark
from fleet.telematics.port import Action
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import load_locked
from reservations.booking.what_stood_in import handed_over_by
from reservations.trip.ask_car import in_the_way
from reservations.trip.errors import CheckStands, UnderWay
from reservations.trip.found_inside import may_change
from reservations.trip.models import CheckStage, ConditionCheck
from reservations.trip.queries import checks_of
from reservations.trip.settle_promises import CLEAN_ENOUGH


@dataclass(frozen=True, slots=True)
class NewMark:
    """Something that was not listed: on which view, and what."""

    view: str
    what: str


def check_car(*, reservation: Reservation, stage: CheckStage, now: datetime, marks: tuple[NewMark, ...] = (),
              cleanliness: int | None = None, skipped: bool = False) -> ConditionCheck:
    """Write down how the car was found. Checking a stage again adds the marks that are new; a skip undoes no look.

    How clean it is may be changed for a few minutes, and settles its promise after them. Raises CheckStands then.
    Raises UnderWay for the outside of a car that was opened since: its check is the evidence of how it was taken over.
    Raises TooEarly, TimeOver, TripOver or StillOutWithAnother: who may not open the car has not seen it.
    """
    with observe(Step.PICKUP_CHECK, member=reservation.member, trip=reservation) as seen, transaction():
        load_locked(reservation)
        if stage is CheckStage.OUTSIDE and reservation.status == Status.DRIVING:
            raise UnderWay()
        refusal = in_the_way(reservation, Action.UNLOCK, now, checked=True)
        if refusal is not None:
            raise refusal
        check = checks_of(reservation).get(stage)
        if check is not None and check.cleanliness is not None and cleanliness is not None and not may_change(check, now):
            raise CheckStands()
        if check is None:
            check = ConditionCheck(reservation_id=reservation.id, stage=stage, at=now, skipped=skipped,
                                   nothing_new=not skipped and not marks)
            db.session.add(check)
        elif not skipped:
            seen_before = not check.skipped and not check.nothing_new
            check.at, check.skipped, check.nothing_new = now, False, not marks and not seen_before
        check.cleanliness = cleanliness if cleanliness is not None else check.cleanliness
        for mark in _unlisted(reservation, marks):
            db.session.add(Mark(car_id=reservation.car_id, view=mark.view, what=mark.what, since=now,
                                found_by_reservation_id=reservation.id))
        db.session.flush()
        seen.about("check", check.id, str(stage))
        seen.note(car_id=reservation.car_id, car_class=reservation.car.car_class, lot_id=reservation.lot_id,
                  marks=len(marks), **({"cleanliness": cleanliness} if cleanliness else {}))
        if cleanliness is not None:
            seen.measured(cleanliness, "of 5", expected=4)
            _is_about_the_promise(seen, reservation, cleanliness, now)
    return check


def _is_about_the_promise(seen: Seen, reservation: Reservation, cleanliness: int, now: datetime) -> None:
    """Name the promise that this word will settle, and the trip that left the car like this."""
    seen.promise_id = db.session.scalar(select(Promise.id).where(
        Promise.reservation_id == reservation.id, Promise.kind == PromiseKind.CLEAN.value, Promise.subject.is_(None),
        Promise.cause.is_distinct_from(Cause.CHANGED.value)))
    before = handed_over_by(reservation, now) if cleanliness < CLEAN_ENOUGH else None
    if seen.promise_id is not None and before is not None:
        seen.actor = "other_member"
        seen.about("trip", pid_of("trip", before), "cause")


def _unlisted(reservation: Reservation, marks: tuple[NewMark, ...]) -> list[NewMark]:
    """Those that this reservation has not told yet: a form that is sent twice tells of one mark."""
    if not marks:
        return []
    told = {(mark.view, _plain(mark.what)) for mark in db.session.scalars(
        select(Mark).where(Mark.found_by_reservation_id == reservation.id))}
    return list({(mark.view, _plain(mark.what)): mark for mark in marks if (mark.view, _plain(mark.what)) not in told}.values())


def _plain(what: str) -> str:
    return " ".join(what.split()).casefold()
