"""`PATCH /reservations/{id}`: another time, or another car; and what that would cost."""

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
from portal.api.examples import CHANGE_QUOTE, RESERVATION
from portal.api.models import Scope
from portal.api.once import Done, answer_once, keyed
from portal.api.reservations import mine, span_of
from portal.api.schemas import Change, ChangeQuoteSchema, ChangeWish, ReservationSchema
from portal.billing.payments.errors import BookingStopped, CardFirst
from portal.web.page import me
from reservations.booking.change.change import change
from reservations.booking.change.errors import (
    ChangeDearerThanShown,
    ClassWithoutPrice,
    NothingToChange,
    TripHasBegun,
    TripIsOver,
)
from reservations.booking.change.possible import propose_free
from reservations.booking.change.proposal import Wish
from reservations.booking.errors import BadSpan, CarStillOut, MayNotDrive, YoursAlready
from reservations.booking.models import Reservation
from reservations.booking.queries import bookable_car, load_locked

bp = MachineDoor("changing", __name__, url_prefix="/api/v1", description="Another time, or another car.")


@bp.route("/reservations/<reservation_id>", methods=["PATCH"])
@machine(Step.BOOK_CHANGE, scope=Scope.BOOK)
@keyed(required=False)
@refuses(CarTaken, YoursAlready, CarStillOut, BadSpan, MayNotDrive, CardFirst, BookingStopped, TripIsOver, TripHasBegun,
         NothingToChange, ClassWithoutPrice, ChangeDearerThanShown, IdempotencyConflict, scope=Scope.BOOK, body=True,
         about=True)
@bp.response(200, ReservationSchema, example=RESERVATION)
@bp.arguments(Change, example={"end": "2026-11-28T18:45:00-06:00", "max_difference": 1500})
def alter(asked: dict[str, Any], reservation_id: str) -> Response:
    """Change when a booking begins or ends, or its car; what is left out stays.

    The whole new time is priced at the rates of the day it was booked. With `max_difference` it is refused when it adds more
    to the price than that.
    """
    return answer_once(lambda: _altered(asked, reservation_id))


@bp.route("/reservations/<reservation_id>/change-quote", methods=["POST"])
@machine(scope=Scope.BOOK, exempt="asks what a change would cost; the change itself is the step")
@refuses(CarTaken, YoursAlready, CarStillOut, BadSpan, MayNotDrive, CardFirst, BookingStopped, TripIsOver, TripHasBegun,
         NothingToChange, ClassWithoutPrice, scope=Scope.BOOK, body=True, about=True)
@bp.response(200, ChangeQuoteSchema, example=CHANGE_QUOTE)
@bp.arguments(ChangeWish, example={"end": "2026-11-28T18:45:00-06:00"})
def quote_change(asked: dict[str, Any], reservation_id: str) -> Response:
    """What a change would cost, without making it; what is left out stays.

    It holds neither the price nor the time: send `difference` as `max_difference` of the change.
    """
    booked = mine(reservation_id)
    proposal = propose_free(booked, _wish(asked, booked), now(), looks_id=me().id)
    span, zone = proposal.wish.span, proposal.wish.car.lot.zone
    return as_json.answer({
        **as_json.quote(proposal.quote), "kind": proposal.kind, "car": as_json.car(proposal.wish.car),
        "start": as_json.at(span.start, zone), "end": as_json.at(span.end, zone), "before": as_json.money(proposal.before),
        "difference": as_json.money(proposal.difference), "kept": as_json.money(proposal.kept)})


def _wish(asked: dict[str, Any], booked: Reservation) -> Wish:
    car = bookable_car(asked["car_id"]) if "car_id" in asked else booked.car
    return Wish(car, span_of(asked.get("start", booked.starts_at), asked.get("end", booked.ends_at)))


def _altered(asked: dict[str, Any], reservation_id: str) -> Done:
    was = mine(reservation_id)
    with transaction():
        load_locked(was)  # what is left out stays as it is now, whatever somebody else has changed just before
        wish = _wish(asked, was)
        most = Money(asked["max_difference"], was.currency) if "max_difference" in asked else None
        change(reservation=was, wish=wish, shown=None, most=most, once=f"api-{uuid4()}", now=now())
        return Done(as_json.reservation(was))
