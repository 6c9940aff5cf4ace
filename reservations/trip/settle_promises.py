"""What a trip's own evidence says of its promises: the car's answers, its box, the look inside, the bill."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.database import db
from experience.asks.models import Answer
from experience.journey import Phase, Step
from experience.promises.kinds import Cause, Outcome
from experience.promises.kinds import PromiseKind as K
from experience.promises.models import Promise
from experience.promises.settle import settle, waive_rest
from experience.record.observe import Seen, record
from fleet.cars.where import is_away
from fleet.telematics.models import CarCommand, CommandState
from fleet.telematics.port import Action
from portal.billing.ledger.models import Origin
from reservations.booking.billing import bill_of
from reservations.booking.models import Reservation
from reservations.booking.our_doing import THE_MEMBERS_DOING
from reservations.booking.what_stood_in import InTheWay, handed_over_by, what_stood_in
from reservations.trip.models import Trip
from reservations.trip.queries import checked, heard_of, metres_from_bay

UNLOCK_SECONDS = 300
CLEAN_ENOUGH = 4  # of 5
SETTLED_LATER = (K.RECEIPT, K.CHARGED_ONCE, K.CONFIRMATION, K.REMINDER)  # by the letters, by the bank
ASKED_LATER = (K.BAY_FREE, K.FEATURES)  # by the member, who may be asked on the receipt's page
ARRIVE_CHECK = "arrive_check"


def car_was_there(reservation: Reservation, at: datetime) -> Promise | None:
    """The member opens the car: was it there, in its bay, when their time began? Early is in time. Of a car whose box is
    silent, the member who has said that it is not in its bay knows more than we do."""
    stood, said = what_stood_in(reservation, at), checked(reservation, ARRIVE_CHECK)
    if stood is None and said is not None and not said.value:
        return not_there_by_word(reservation, said, at)
    if stood is None:
        return settle(kind=K.CAR_THERE, outcome=Outcome.KEPT, at=at, reservation_id=reservation.id, actual=0,
                      evidence={"opened_at": at.isoformat(), "metres": round(metres_from_bay(reservation))})
    return car_was_not_there(reservation, stood, at)


def car_was_not_there(reservation: Reservation, stood: InTheWay, at: datetime, *, took: str | None = None) -> Promise | None:
    """Break it, and name the other trip in both journeys when it was one. `took` names the car that stands in for it."""
    late = max(0.0, ((stood.until or at) - reservation.starts_at).total_seconds() / 60)
    broken = settle(
        kind=K.CAR_THERE, outcome=Outcome.BROKEN, at=at, reservation_id=reservation.id, actual=round(late, 1),
        cause=stood.cause, cause_reservation_id=stood.other_trip,
        evidence={"late_minutes": int(late), "metres": stood.metres, "still": stood.until is None and stood.metres == 0,
                  "shut": stood.cause in (Cause.CAR, Cause.STAFF)} | ({"took": took} if took else {}))
    note_effect(broken, Step.RETURN_LATE_CHAIN, Phase.FAILED)
    return broken


def not_there_by_word(reservation: Reservation, said: Answer, at: datetime) -> Promise | None:
    """Break it by the member's own word. What the word gives somebody decides: the break opens a case."""
    return settle(kind=K.CAR_THERE, outcome=Outcome.BROKEN, at=at, reservation_id=reservation.id, cause=Cause.ELSEWHERE,
                  actual=0, evidence={"said_by": "member", "answer_id": str(said.id)})


def note_not_there(broken: Promise | None, reservation: Reservation, stood: InTheWay) -> None:
    """Write into the member's journey that their car was not there, when that has just broken its promise."""
    if broken is None:
        return
    seen = Seen(Step.PICKUP_ARRIVE, reservation.member_id, reservation.id)
    seen.note(car_id=reservation.car_id, car_class=reservation.car.car_class, lot_id=reservation.lot_id)
    seen.settles(broken)
    record(seen, Phase.FAILED, error_code=f"not_there_{stood.cause}")


def it_opened(reservation: Reservation, at: datetime) -> Promise | None:
    """The car opened: within five minutes of the first asking that was not the member's own doing?"""
    asked = first_asked(reservation)
    if asked is None:
        return None
    seconds = round((at - asked).total_seconds(), 1)
    if seconds <= UNLOCK_SECONDS:
        return settle(kind=K.UNLOCK, outcome=Outcome.KEPT, at=at, reservation_id=reservation.id, actual=seconds,
                      evidence={"asked_at": asked.isoformat()})
    return stayed_shut(reservation, asked, at, opened=True)


def stayed_shut(reservation: Reservation, asked: datetime, at: datetime, *, opened: bool = False) -> Promise | None:
    """It did not open within five minutes. The time that was paid for and lost counts from the start of the trip."""
    lost = max(0, int((at - max(asked, reservation.starts_at)).total_seconds() // 60))
    return settle(kind=K.UNLOCK, outcome=Outcome.BROKEN, at=at, reservation_id=reservation.id, cause=Cause.CAR,
                  actual=round((at - asked).total_seconds(), 1),
                  evidence={"asked_at": asked.isoformat(), "opened": opened, "lost_minutes": lost} | _hour(reservation))


def first_asked(reservation: Reservation) -> datetime | None:
    """When the car was first asked to open, and it was the car's turn to do so."""
    for command in db.session.scalars(
            select(CarCommand).where(CarCommand.reservation_id == reservation.id, CarCommand.action == Action.UNLOCK)
            .order_by(CarCommand.asked_at)):
        if command.state != CommandState.REFUSED or command.reason not in THE_MEMBERS_DOING:
            return command.asked_at
    return None


def it_was_fuelled(reservation: Reservation, trip: Trip, at: datetime, least: int) -> Promise | None:
    """What the box says at the first unlock. A car that says nothing leaves it open."""
    if heard_of(reservation) is None:
        return None
    evidence = {"energy_percent": trip.start_energy, "least_percent": least} | _hour(reservation)
    if trip.start_energy >= least:
        return settle(kind=K.ENERGY, outcome=Outcome.KEPT, at=at, reservation_id=reservation.id, actual=trip.start_energy,
                      evidence=evidence)
    before = handed_over_by(reservation, at)
    broken = settle(kind=K.ENERGY, outcome=Outcome.BROKEN, at=at, reservation_id=reservation.id, actual=trip.start_energy,
                    cause=Cause.OTHER_MEMBER if before else Cause.OUR_WORK, cause_reservation_id=before, evidence=evidence)
    note_effect(broken, Step.RETURN_CHECKLIST, Phase.UNDONE)
    return broken


def it_was_clean(reservation: Reservation, cleanliness: int, at: datetime) -> Promise | None:
    """What the member says of the inside."""
    if cleanliness >= CLEAN_ENOUGH:
        return settle(kind=K.CLEAN, outcome=Outcome.KEPT, at=at, reservation_id=reservation.id, actual=cleanliness,
                      evidence={"cleanliness": cleanliness})
    before = handed_over_by(reservation, at)
    broken = settle(kind=K.CLEAN, outcome=Outcome.BROKEN, at=at, reservation_id=reservation.id, actual=cleanliness,
                    cause=Cause.OTHER_MEMBER if before else Cause.OUR_WORK, cause_reservation_id=before,
                    evidence={"cleanliness": cleanliness, "photo": False})
    note_effect(broken, Step.RETURN_CHECKLIST, Phase.UNDONE)
    return broken


def bay_was_taken(reservation: Reservation, at: datetime) -> Promise | None:
    """The member says that somebody stood in their bay."""
    return settle(kind=K.BAY_FREE, outcome=Outcome.BROKEN, at=at, reservation_id=reservation.id, cause=Cause.BLOCKED,
                  evidence={"said_by": "member", "metres": round(metres_from_bay(reservation))})


def trip_ended(reservation: Reservation, at: datetime) -> Promise | None:
    """The bill is written and the car stands somewhere: settle the rest; returns the promise about the price.

    What nothing has shown by now nothing will show: it is waived, and counts neither as kept nor as broken.
    """
    if heard_of(reservation) is not None and not is_away(metres_from_bay(reservation)):
        settle(kind=K.BAY_FREE, outcome=Outcome.KEPT, at=at, reservation_id=reservation.id,
               evidence={"metres": round(metres_from_bay(reservation))})
    price = _bill_is_as_quoted(reservation, at)
    waive_rest(reservation_id=reservation.id, cause=Cause.NO_EVIDENCE, at=at, evidence={"by": "end of trip"},
               but=SETTLED_LATER + ASKED_LATER)
    return price


def _bill_is_as_quoted(reservation: Reservation, at: datetime) -> Promise | None:
    """The bill's lines from the quote add up to the price that was shown; each of the others names its rule."""
    rows = bill_of(reservation)
    quoted = sum(row.amount.cents for row in rows if row.origin == Origin.QUOTE)
    caused = [row for row in rows if row.origin == Origin.AFTER]
    right = quoted == reservation.price_cents and all(row.rule and row.facts for row in caused)
    return settle(kind=K.PRICE, outcome=Outcome.KEPT if right else Outcome.BROKEN, at=at, reservation_id=reservation.id,
                  actual=quoted, cause=None if right else Cause.BILLING,
                  evidence={"quoted_cents": reservation.price_cents, "billed_as_quoted_cents": quoted,
                            "caused_cents": sum(row.amount.cents for row in caused), "rows": [row.id for row in rows]})


def note_effect(broken: Promise | None, step: Step, phase: Phase) -> None:
    """Write into the other trip's journey what it did to this one. Ids only: neither member learns who the other is."""
    if broken is None or broken.cause_reservation_id is None:
        return
    other = db.session.get_one(Reservation, broken.cause_reservation_id)
    seen = Seen(step, other.member_id, other.id)
    seen.note(car_id=other.car_id, car_class=other.car.car_class, lot_id=other.lot_id)
    seen.promise_id, seen.actor = broken.id, "member"
    seen.measured(broken.actual or 0, broken.unit or "", expected=broken.expected)
    assert broken.reservation_id is not None  # another trip broke it for a trip
    seen.affects(broken.reservation_id)
    record(seen, phase, error_code=f"broke_{broken.kind}")


def _hour(reservation: Reservation) -> dict[str, Any]:
    """What an hour of this trip costs, for remedies that give time back."""
    return {"hour_cents": reservation.quote["rates"]["weekday_hour"]}
