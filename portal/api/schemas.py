"""The documents of the API: what may be sent, field by field, and what comes back. Sent bodies are read by them; answers are
written as plain dicts (`as_json.py`), and tests hold those to these."""

from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, validate, validates_schema

from fleet.cars.models import FEATURES, CarClass, Fuel
from fleet.telematics.models import CommandState
from fleet.telematics.port import Action
from portal.account.models import MemberStatus, Plan
from portal.api.parts import (
    FromText,
    Instant,
    LineSchema,
    MoneySchema,
    NearSchema,
    PlacedSchema,
    SpanSchema,
    Strict,
    described,
    one_of,
    text,
    whole,
)
from reservations.booking.models import Status, Waiver
from reservations.fuel.models import PaidBy
from reservations.search.forms import RADIUS_M, WIDEST_M

EXAMPLE_ID = "w4k7q2m9xz"
VIEWS = ("front", "left", "right", "rear")
MARK_MOST = 200  # characters that describe a mark on a car
REPORTS = {"as_listed": (), "damage": ("view", "words"), "skipped": (), "cleanliness": ("cleanliness",), "problem": ("words",),
           "urgent": ("words",)}  # what may be reported, and what belongs to it


class Where(Strict):
    """Where one looks, and when; one of a place (`near`) and a position (`lat`, `lng`)."""

    near = text(1, 200, metadata=described("A place in words: an address, a crossing, a station, a neighborhood.",
                                           example="Logan Square"))
    lat = fields.Float(validate=validate.Range(-90, 90), metadata=described("With lng, instead of near."))
    lng = fields.Float(validate=validate.Range(-180, 180))
    start = Instant(metadata=described("When the trip begins, on a quarter-hour; now when left out."))
    end = Instant(metadata=described("When it ends; two hours later when left out."))
    radius = fields.Float(load_default=RADIUS_M, validate=validate.Range(100, WIDEST_M), metadata=described("In metres."))
    limit = FromText(load_default=20, validate=validate.Range(1, 100))
    after = text(1, 500, metadata=described("The `next` of the page before."))
    car_class = one_of(CarClass, data_key="class", metadata=described("Only cars of this class."))
    fuel = one_of(Fuel)
    seats = FromText(validate=validate.Range(1, 15), metadata=described("As many seats or more."))
    feature = one_of(FEATURES)


class QuoteSchema(Strict):
    total = fields.Nested(MoneySchema, required=True)
    lines = fields.List(fields.Nested(LineSchema), required=True, metadata=described("Their sum is the total."))


class OfferedCarSchema(Strict):
    id = fields.String(required=True, metadata=described("", examples=["acorn"]))
    name = fields.String(required=True)
    car_class = one_of(CarClass, data_key="class", required=True)
    fuel = one_of(Fuel, required=True)
    seats = fields.Integer(required=True)
    features = fields.List(fields.String(), required=True)
    lot = fields.Nested(PlacedSchema, required=True)
    distance_m = fields.Integer(required=True, metadata=described("As the crow flies."))
    availability = one_of(("free", "almost", "taken"), required=True, metadata=described(
        "almost: it can be had at another time within the hour, which `offered` says."))
    offered = fields.Nested(SpanSchema, required=True, allow_none=True, metadata=described(
        "When it can be had; null when taken."))
    quote = fields.Nested(QuoteSchema, required=True, metadata=described("For `offered`, in full."))


class CarsSchema(Strict):
    items = fields.List(fields.Nested(OfferedCarSchema), required=True, metadata=described("Nearest first."))
    next = fields.String(required=True, allow_none=True, metadata=described("Send it as `after` for the next page."))
    near = fields.Nested(NearSchema, required=True, metadata=described("Where we think the place is."))


class Window(Strict):
    since = Instant(data_key="from", metadata=described("Now when left out."))
    until = Instant(data_key="to", metadata=described("A week later when left out; at most 31 days."))


class TakenSchema(Strict):
    items = fields.List(fields.Nested(SpanSchema), required=True, metadata=described("In order of time, without overlap."))
    next = fields.String(required=True, allow_none=True)


# Booking.

class Wish(Strict):
    """What one would like to have."""

    car_id = text(1, 80, required=True, metadata=described("", example="acorn"))
    start = Instant(required=True, metadata=described("", example="2026-11-28T14:15:00-06:00"))
    end = Instant(required=True, metadata=described("", example="2026-11-28T17:45:00-06:00"))
    waiver = one_of(Waiver, load_default=str(Waiver.INCLUDED), metadata=described(
        "How much you pay at most if the car is damaged."))


class Booking(Wish):
    quote_id = text(1, 80, metadata=described("A quote that has not run out: its price is the price."))
    cost_centre = text(1, 20, metadata=described(
        "The code of one of the cost centres of the business that pays; the driver’s usual one when left out."))


class ReservationCarSchema(Strict):
    id = fields.String(required=True)
    name = fields.String(required=True)
    plate = fields.String(required=True)
    car_class = one_of(CarClass, data_key="class", required=True)
    fuel = one_of(Fuel, required=True)
    lot = fields.Nested(PlacedSchema, required=True)
    bay = fields.Integer(required=True)


class ReservationSchema(Strict):
    id = fields.String(required=True, metadata=described("", examples=[EXAMPLE_ID]))
    status = one_of(Status, required=True)
    car = fields.Nested(ReservationCarSchema, required=True)
    start = Instant(required=True)
    end = Instant(required=True)
    waiver = one_of(Waiver, required=True)
    price = fields.Nested(MoneySchema, required=True)
    booked_at = Instant(required=True)


class ReservationsSchema(Strict):
    items = fields.List(fields.Nested(ReservationSchema), required=True, metadata=described("Latest start first."))
    next = fields.String(required=True, allow_none=True, metadata=described("Send it as `after` for the next page."))


class Page(Strict):
    limit = FromText(load_default=20, validate=validate.Range(1, 100))
    after = text(1, 500, metadata=described("The `next` of the page before."))


class StoredQuoteSchema(QuoteSchema):
    id = fields.String(required=True, metadata=described("For `quote_id` of a booking."))
    expires_at = Instant(required=True)


class ChangeWish(Strict):
    """What a booking should become; what is left out stays."""

    start = Instant()
    end = Instant()
    car_id = text(1, 80)

    @validates_schema
    def says_something(self, data: dict[str, Any], **_more: Any) -> None:
        if not data.keys() & {"start", "end", "car_id"}:
            raise ValidationError(str(_l("Send start, end or car_id: what should be another.")))


class Change(ChangeWish):
    max_difference = whole(-10_000_000, 10_000_000, metadata=described("In cents."))


class ChangeQuoteSchema(QuoteSchema):
    """What a change would make of a booking; `total` and `lines` are of the whole new time."""

    kind = one_of(("extend", "shorten", "move", "swap"), required=True)
    car = fields.Nested(ReservationCarSchema, required=True)
    start = Instant(required=True)
    end = Instant(required=True)
    before = fields.Nested(MoneySchema, required=True, metadata=described("The price as it is now."))
    difference = fields.Nested(MoneySchema, required=True, metadata=described(
        "What the change adds; below zero it takes off. Good for `max_difference`."))
    kept = fields.Nested(MoneySchema, required=True, metadata=described(
        "How much of the total is for time that this change gives back too late."))


class Cancelling(Strict):
    max_fee = FromText(validate=validate.Range(0, 10_000_000), metadata=described("In cents."))


class CancelledSchema(ReservationSchema):
    fee = fields.Nested(MoneySchema, required=True)


# At the car.

class CommandSchema(Strict):
    """Something that was asked of a car. It is done by the car, so the answer comes later: ask again for this one."""

    id = fields.String(required=True)
    action = one_of(Action, required=True)
    state = one_of(CommandState, required=True, metadata=described(
        "waiting until the car has answered, for 8 seconds at most."))
    asked_at = Instant(required=True)
    answered_at = Instant(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True, metadata=described("Why the car refused or did not answer."))


class Return(Strict):
    odometer = whole(0, 9_999_999, required=True, metadata=described("Whole miles, as on the dashboard."))
    energy = whole(0, 100, required=True, metadata=described("Percent of the tank or the battery."))
    in_its_bay = fields.Boolean(truthy={True}, falsy={False}, load_default=False, metadata=described(
        "That it does stand in its bay, though its box says otherwise (not_in_its_bay)."))
    bay_taken = fields.Boolean(truthy={True}, falsy={False}, load_default=False, metadata=described(
        "That somebody stands in its bay."))
    without_lock = fields.Boolean(truthy={True}, falsy={False}, load_default=False, metadata=described(
        "End the trip though the car did not lock. Only after it was asked to and did not answer."))


class Fill(Strict):
    paid_by = one_of(PaidBy, required=True, metadata=described("The card in the car, or the member, who has a receipt."))
    station = text(2, 80, required=True)
    amount = fields.Nested("PaidSchema", required=True)
    volume_thousandths = whole(10, 200_000, required=True, metadata=described(
        "Thousandths of a gallon, or of a kilowatt-hour."))


class PaidSchema(Strict):
    amount = whole(1, 50_000, required=True, metadata=described("In cents."))
    currency = one_of(("USD",), required=True)


class FuelStopSchema(Strict):
    at = Instant(required=True)
    paid_by = one_of(PaidBy, required=True)
    station = fields.String(required=True)
    amount = fields.Nested(MoneySchema, required=True)
    volume_thousandths = fields.Integer(required=True)


class Report(Strict):
    """What a member found. `as_listed`, `damage` and `skipped` are the look around the car before it is unlocked."""

    kind = one_of(REPORTS, required=True)
    view = one_of(VIEWS, metadata=described("With damage: the side."))
    words = text(3, 2000, metadata=described("With damage (200 characters at most), problem and urgent: what there is."))
    cleanliness = whole(1, 5, metadata=described("With cleanliness: 5 is spotless, 1 unusable."))

    @validates_schema
    def says_enough(self, data: dict[str, Any], **_more: Any) -> None:
        needs = REPORTS.get(data.get("kind", ""), ())
        faults = {name: [_l("It belongs to this kind of report.")] for name in needs if name not in data}
        faults |= {name: [_l("It does not belong to this kind of report.")] for name in data
                   if name != "kind" and name not in needs}
        if data.get("kind") == "damage" and len(data.get("words", "")) > MARK_MOST:
            faults["words"] = [_l("Say it in 200 characters at most.")]
        if faults:
            raise ValidationError(faults)


class ReportedSchema(Strict):
    kind = one_of(REPORTS, required=True)
    at = Instant(required=True)
    conversation = fields.String(required=True, allow_none=True, metadata=described("Of a problem: where we answer."))


# The member.

class MeSchema(Strict):
    name = fields.String(required=True)
    email = fields.String(required=True)
    plan = one_of(Plan, required=True)
    status = one_of(MemberStatus, required=True)
    may_drive = fields.Boolean(required=True)
    member_since = fields.Date(required=True)
    owed = fields.Nested(MoneySchema, required=True)
    credit = fields.Nested(MoneySchema, required=True)


class CostCentreSchema(Strict):
    code = fields.String(required=True, metadata=described("What `cost_centre` of a booking takes."))
    name = fields.String(required=True)
    usual = fields.Boolean(required=True, metadata=described("Whether it is the driver’s when a booking names none."))


class CostCentresSchema(Strict):
    demanded = fields.Boolean(required=True, metadata=described(
        "Whether the business takes no booking without one: send one then, unless one is the usual one."))
    items = fields.List(fields.Nested(CostCentreSchema), required=True, metadata=described("Those that take trips, by code."))


class StatementRowSchema(Strict):
    id = fields.String(required=True)
    at = Instant(required=True)
    code = fields.String(required=True)
    label = fields.String(required=True)
    amount = fields.Nested(MoneySchema, required=True, metadata=described("Above zero is owed more, below zero less."))
    balance = fields.Nested(MoneySchema, required=True, metadata=described("What was owed after it."))
    reservation_id = fields.String(required=True, allow_none=True)


class StatementSchema(Strict):
    items = fields.List(fields.Nested(StatementRowSchema), required=True, metadata=described("Newest first."))
    next = fields.String(required=True, allow_none=True)
