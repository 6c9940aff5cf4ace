"""What all documents of the API are made of: strict schemas, instants, closed lists, money, lines, places and the problem."""

import re
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import RAISE, Schema, ValidationError, fields, validate

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")


class Strict(Schema):
    """Nothing is sent or answered that is not written down."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": _l("There is no such field.")}


class Instant(fields.Field[datetime]):
    """An instant as RFC 3339 writes it, with its offset."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.metadata = {"type": "string", "format": "date-time", **self.metadata}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_more: Any) -> datetime:
        if not isinstance(value, str) or not RFC_3339.fullmatch(value):
            raise ValidationError(_(
                "Write a time with its offset, like 2026-11-28T14:15:00-06:00; in an address, write + as %2B."))
        try:
            read = datetime.fromisoformat(value.upper())
            read.utctimetuple()  # an offset can push year 1 or 9999 over the edge
        except (ValueError, OverflowError) as error:
            raise ValidationError(_("There is no such time.")) from error
        if not 1970 < read.year < 9000:
            raise ValidationError(_("There is no such time."))
        return read


def one_of(values: Any, **more: Any) -> fields.String:
    """A word of a closed list."""
    words = [str(value) for value in values]
    return fields.String(validate=validate.OneOf(words, error=_l("Choose one of: {choices}.")), **more)


def whole(least: int, most: int, **more: Any) -> fields.Integer:
    lies = validate.Range(least, most, error=_l("It lies between {min} and {max}."))
    return fields.Integer(strict=True, validate=lies, **more)


class FromText(fields.Integer):
    """A whole number in an address."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> int | None:
        if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,12}", value):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **more)


def text(least: int, most: int, **more: Any) -> fields.String:
    return fields.String(validate=validate.Length(least, most, error=_l("It has {min} to {max} characters.")), **more)


def described(words: str, **more: Any) -> dict[str, Any]:
    return {"description": words, **more}


# What many of them have.

class MoneySchema(Strict):
    amount = fields.Integer(required=True, metadata=described("In cents (or the currency's own minor unit).", examples=[3840]))
    currency = fields.String(required=True, metadata=described("ISO 4217.", examples=["USD"]))


class LineSchema(Strict):
    code = fields.String(required=True, metadata=described("What the line is, for programs.", examples=["time_weekday"]))
    label = fields.String(required=True, metadata=described("The same for people.", examples=["3 h at $9.50 an hour"]))
    amount = fields.Nested(MoneySchema, required=True, metadata=described("Below zero for what is taken off."))


class PlacedSchema(Strict):
    name = fields.String(required=True)
    lat = fields.Float(required=True)
    lng = fields.Float(required=True)


class SpanSchema(Strict):
    start = Instant(required=True)
    end = Instant(required=True)


class NearSchema(Strict):
    label = fields.String(required=True)
    lat = fields.Float(required=True)
    lng = fields.Float(required=True)
    confidence = fields.Float(required=True, metadata=described("How sure we are that this place is meant, from 0 to 1."))


class FaultSchema(Strict):
    field = fields.String(required=True)
    says = fields.String(required=True)


class Problem(Schema):
    """Every no, as RFC 9457 writes it. `code` stays the same for good; words may change."""

    type = fields.String(required=True, metadata={"format": "uri-reference"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True, metadata=described("What to do next."))
    request_id = fields.String(required=True, metadata=described("The number of this request in our log."))
    errors = fields.List(fields.Nested(FaultSchema), metadata=described("Every field at fault."))
    did_you_mean = fields.List(fields.Nested(NearSchema), metadata=described("With place_not_found."))
    alternatives = fields.List(fields.Nested("OfferedCarSchema"), metadata=described("With car_taken: what is free nearby."))
    reservation_id = fields.String(metadata=described(
        "With car_taken and yours_already: the member's own booking, where it is that which has the car."))
    scope = fields.String(metadata=described("With token_may_not: the scope that is missing."))


# Cars.
