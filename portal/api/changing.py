"""`PATCH /reservations/{id}`: another time, or another car."""

from typing import Any
from uuid import uuid4

from flask import Response

from core.database import transaction
from core.money import Money
from core.time import now
from experience.journey import Step
from fleet.calendar.hold import CarTaken
from portal.api import as_json
from portal.api.document import MachineDoor, refuses
from portal.api.door import machine
from portal.api.errors import IdempotencyConflict
from portal.api.examples import RESERVATION
from portal.api.models import Scope
from portal.api.once import Done, answer_once, keyed
from portal.api.reservations import mine, span_of
from portal.api.schemas import Change, ReservationSchema
from portal.billing.payments.errors import BookingStopped, CardFirst
from reservations.booking.change.change import change
from reservations.booking.change.errors import ChangeDearerThanShown, NothingToChange, TripHasBegun, TripIsOver
from reservations.booking.change.proposal import Wish
from reservations.booking.errors import BadSpan, CarStillOut, MayNotDrive
from reservations.booking.queries import bookable_car, load_locked

bp = MachineDoor("changing", __name__, url_prefix="/api/v1", description="Another time, or another car.")


@bp.route("/reservations/<reservation_id>", methods=["PATCH"])
@machine(Step.BOOK_CHANGE, scope=Scope.BOOK)
@keyed(required=False)
@refuses(CarTaken, CarStillOut, BadSpan, MayNotDrive, CardFirst, BookingStopped, TripIsOver, TripHasBegun, NothingToChange,
         ChangeDearerThanShown, IdempotencyConflict, scope=Scope.BOOK, body=True, about=True)
@bp.response(200, ReservationSchema, example=RESERVATION)
@bp.arguments(Change, example={"end": "2026-11-28T18:45:00-06:00", "max_difference": 1500})
def alter(asked: dict[str, Any], reservation_id: str) -> Response:
    """Change when a booking begins or ends, or its car; what is left out stays.

    The whole new time is priced at the rates of the day it was booked. With `max_difference` it is refused when it adds more
    to the price than that.
    """
    return answer_once(lambda: _altered(asked, reservation_id))


def _altered(asked: dict[str, Any], reservation_id: str) -> Done:
    was = mine(reservation_id)
    with transaction():
        load_locked(was)  # what is left out stays as it is now, whatever somebody else has changed just before
        car = bookable_car(asked["car_id"]) if "car_id" in asked else was.car
        wish = Wish(car, span_of(asked.get("start", was.starts_at), asked.get("end", was.ends_at)))
        most = Money(asked["max_difference"], was.currency) if "max_difference" in asked else None
        change(reservation=was, wish=wish, shown=None, most=most, once=f"api-{uuid4()}", now=now())
        return Done(as_json.reservation(was))
