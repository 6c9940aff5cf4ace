"""`/quotes` and `/reservations`: what a time costs, and booking, looking at and cancelling it."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from flask import Response, url_for
from flask_babel import gettext as _

from core.database import transaction
from core.money import Money
from core.refusal import Refusal
from core.time import Span, now
from experience.journey import Step
from fleet.calendar.hold import CarTaken
from fleet.cars.models import Car
from portal.api import as_json
from portal.api.cursor import next_of, place_of
from portal.api.document import MachineDoor, refuses
from portal.api.door import machine
from portal.api.errors import CarTakenHere, DoesNotHold, IdempotencyConflict
from portal.api.examples import QUOTE, RESERVATION, WISH
from portal.api.models import Scope
from portal.api.once import Done, answer_once, keyed
from portal.api.queries import MyReservations
from portal.api.schemas import (
    Booking,
    CancelledSchema,
    Cancelling,
    Page,
    ReservationSchema,
    ReservationsSchema,
    StoredQuoteSchema,
    Wish,
)
from portal.billing.payers.errors import CostCentreFirst
from portal.billing.payers.on_account import on_account
from portal.billing.payments.errors import BookingStopped, CardFirst
from portal.web.page import me, of_trip
from reservations.booking.book import book
from reservations.booking.cancel import cancel
from reservations.booking.errors import (
    BadSpan,
    CarStillOut,
    DearerThanShown,
    MayNotDrive,
    OfferExpired,
    QuoteUnknown,
    TooLateToCancel,
    YoursAlready,
)
from reservations.booking.models import Reservation, Waiver
from reservations.booking.offer import offer_now
from reservations.booking.queries import bookable_car, my_booking_of, my_reservation
from reservations.booking.store_quote import ToBook, offer_of_quote, store_quote
from reservations.search.find import offers_for
from reservations.search.nearby import LOOKED_AT, NearbyCars

bp = MachineDoor("reservations", __name__, url_prefix="/api/v1", description="Prices, and what a member has booked.")
NEARBY_M, MOST_OTHERS = 2500.0, 5  # what is named when a car is taken


@bp.route("/quotes", methods=["POST"])
@machine(Step.FIND_QUOTE, scope=Scope.BOOK)
@keyed(required=False)
@refuses(BadSpan, IdempotencyConflict, scope=Scope.BOOK, body=True, about=True)
@bp.response(201, StoredQuoteSchema, example=QUOTE)
@bp.arguments(Wish, example=WISH)
def quote(asked: dict[str, Any]) -> Response:
    """What a car costs for a time, in full, kept for a quarter of an hour.

    It holds the price and not the car: whether the car is free is decided by the booking.
    """
    return answer_once(lambda: _quoted(asked))


def _quoted(asked: dict[str, Any]) -> Done:
    car = bookable_car(asked["car_id"])
    span, waiver = span_of(asked["start"], asked["end"]), Waiver(asked["waiver"])
    made = store_quote(member=me(), car=car, span=span, waiver=waiver, now=now())
    return Done({"id": made.id, "total": as_json.money(Money(made.total_cents)),
                 "lines": [as_json.line(one) for one in made.lines],
                 "expires_at": as_json.at(made.expires_at, car.lot.zone)}, 201)


def span_of(start: datetime, end: datetime) -> Span:
    """Raises BadSpan for one that ends before it begins; the rest is judged by the use case."""
    if end <= start:
        raise BadSpan({"end": _("It comes after the start.")})
    return Span(start, end)


@bp.route("/reservations", methods=["POST"])
@machine(Step.BOOK_CONFIRM, scope=Scope.BOOK)
@keyed(required=True)
@refuses(CarTaken, CarStillOut, OfferExpired, QuoteUnknown, BadSpan, MayNotDrive, CardFirst, BookingStopped,
         CostCentreFirst, IdempotencyConflict, scope=Scope.BOOK, body=True, about=True)
@bp.response(201, ReservationSchema, example=RESERVATION)
@bp.arguments(Booking, example=WISH)
def make(asked: dict[str, Any]) -> Response:
    """Book a car: it is the member's from start to end, or it is refused and nothing has happened.

    With `quote_id` the price is that of the quote, whose car, times and waiver are sent again. A car that is taken comes with
    `alternatives`.
    """
    return answer_once(lambda: _booked(asked), required=True, refuse=lambda refusal: _kindly(refusal, asked))


def _booked(asked: dict[str, Any]) -> Done:
    car, span, waiver = bookable_car(asked["car_id"]), span_of(asked["start"], asked["end"]), Waiver(asked["waiver"])
    wish = ToBook(offer_now(car, span, me().plan, now()), waiver)
    if "quote_id" in asked:
        wish = _same_as_quoted(wish, offer_of_quote(asked["quote_id"], member=me(), now=now()))
    made = book(member=me(), car=car, offer=wish.offer, waiver=wish.waiver, once=f"api-{uuid4()}", now=now(),
                cost_centre_id=_cost_centre(asked["cost_centre"]) if "cost_centre" in asked else None)
    return Done(as_json.reservation(made), 201, url_for("reservations.show", reservation_id=made.reference))


def _cost_centre(code: str) -> int:
    """The one with this code that takes trips on the member's account. Raises DoesNotHold."""
    account = on_account(me().id)
    for one in account.cost_centres if account else ():
        if one.code.casefold() == code.casefold():
            return one.id
    raise DoesNotHold({"cost_centre": _("No cost centre with this code takes your trips.")})


def _same_as_quoted(wish: ToBook, quoted: ToBook) -> ToBook:
    """The quote's, when it is about what is asked. Raises DoesNotHold, naming what differs."""
    differs = {name: _("The quote is about another one.") for name, mine, theirs in (
        ("car_id", wish.offer.car_id, quoted.offer.car_id), ("start", wish.offer.span.start, quoted.offer.span.start),
        ("end", wish.offer.span.end, quoted.offer.span.end), ("waiver", wish.waiver, quoted.waiver)) if mine != theirs}
    if differs:
        raise DoesNotHold(differs)
    return quoted


def _kindly(refusal: Refusal, asked: dict[str, Any]) -> Refusal:
    """A car that is taken comes with others that are not."""
    if not isinstance(refusal, CarTaken | CarStillOut):
        return refusal
    car, span = bookable_car(asked["car_id"]), span_of(asked["start"], asked["end"])
    own = my_booking_of(me(), car, span)
    return CarTakenHere(refusal, as_json.offers(_free_nearby(car, span)), YoursAlready(own) if own else None)


def _free_nearby(car: Car, span: Span) -> list[Any]:
    near = offers_for(NearbyCars(car.lat, car.lng, NEARBY_M, most=LOOKED_AT).all(), span, me().plan, now(), me().for_price)
    return [offer for offer in near if offer.can_be_had and offer.car.id != car.id][:MOST_OTHERS]


@bp.route("/reservations", methods=["GET"])
@machine(Step.MANAGE_HISTORY, scope=Scope.READ)
@refuses(scope=Scope.READ, query=True)
@bp.response(200, ReservationsSchema)
@bp.arguments(Page, location="query")
def listed(asked: dict[str, Any]) -> Response:
    """All that the member has booked, the latest start first."""
    place = place_of("reservations", asked.get("after"))
    after = (datetime.fromisoformat(place[0]), place[1]) if place else None
    found = MyReservations(me().id, asked["limit"] + 1, after).all()
    page = found[:asked["limit"]]
    more = next_of("reservations", [page[-1].starts_at.isoformat(), page[-1].id]) if len(found) > len(page) else None
    return as_json.answer({"items": [as_json.reservation(one) for one in page], "next": more})


@bp.route("/reservations/<reservation_id>", methods=["GET"])
@machine(Step.MANAGE_HISTORY, scope=Scope.READ)
@refuses(scope=Scope.READ, about=True)
@bp.response(200, ReservationSchema, example=RESERVATION)
def show(reservation_id: str) -> Response:
    """One of the member's bookings."""
    return as_json.answer(as_json.reservation(mine(reservation_id)))


def mine(reservation_id: str) -> Reservation:
    """The member's own booking. Raises NotFound, also for somebody else's."""
    found = my_reservation(me(), reservation_id)
    of_trip(found.id)
    return found


@bp.route("/reservations/<reservation_id>", methods=["DELETE"])
@machine(Step.BOOK_CANCEL, scope=Scope.BOOK)
@keyed(required=False)
@refuses(TooLateToCancel, DearerThanShown, IdempotencyConflict, scope=Scope.BOOK, query=True, about=True)
@bp.response(200, CancelledSchema)
@bp.arguments(Cancelling, location="query")
def give_up(asked: dict[str, Any], reservation_id: str) -> Response:
    """Cancel a booking; a second time it answers the same. `fee` is what it costs.

    With `max_fee` it is refused when it costs more than that.
    """
    return answer_once(lambda: _given_up(asked, reservation_id))


def _given_up(asked: dict[str, Any], reservation_id: str) -> Done:
    booked = mine(reservation_id)
    most = Money(asked["max_fee"], booked.currency) if "max_fee" in asked else None
    fee = cancel(reservation=booked, now=now(), most=most)
    with transaction():  # as it stands after it
        return Done({**as_json.reservation(mine(reservation_id)), "fee": as_json.money(fee)})
