"""What the API says, as plain dicts: the documents in `schemas.py` describe it, and a test holds the two together."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response
from flask_babel import get_locale

from core.money import Money
from fleet.cars.models import Car
from fleet.tariffs.quote import Line, Quote
from fleet.telematics.models import CarCommand
from portal.billing.words import label
from reservations.booking.models import Reservation
from reservations.search.find import Offer


def answer(said: Any, status: int = 200, location: str | None = None) -> Response:
    """The answer in JSON."""
    made = Response(written(said), status, mimetype="application/json")
    if location:
        made.headers["Location"] = location
    return made


def written(said: Any) -> str:
    """The one way in which answers are written, so that one that was kept is the same word for word."""
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def at(moment: datetime, zone: ZoneInfo) -> str:
    """RFC 3339, with the offset of the car's own place."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


def money(amount: Money) -> dict[str, Any]:
    return {"amount": amount.cents, "currency": amount.currency}


def line(one: Any) -> dict[str, Any]:
    """A line of a price or a bill: a code for programs, words for people, the rule that it rests on."""
    return {"code": one.code, "label": _label(one), "amount": money(one.amount)}


def _label(one: Any) -> str:
    if not isinstance(one, Line):
        return label(one)
    return _label_of(one.code, tuple(one.facts.items()), one.amount, one.rule, one.rule_version, str(get_locale()))


@lru_cache(maxsize=4096)
def _label_of(code: str, facts: tuple[tuple[str, Any], ...], amount: Money, rule: str, version: int, _locale: str) -> str:
    """The same few lines are said of every car of a class: their words are put together once."""
    return label(Line(code, amount, rule, version, dict(facts)))


def quote(price: Quote) -> dict[str, Any]:
    return {"total": money(price.total), "lines": [line(one) for one in price.lines]}


def offers(found: list[Offer]) -> list[dict[str, Any]]:
    """Cars for a wish. Those of one class for one time cost the same, and their price is written once."""
    priced: dict[int, dict[str, Any]] = {}
    return [_offer(one, priced) for one in found]


def _offer(one: Offer, priced: dict[int, dict[str, Any]]) -> dict[str, Any]:
    car, availability, zone = one.car, one.availability, one.car.lot.zone
    if id(one.quote) not in priced:
        priced[id(one.quote)] = quote(one.quote)
    offered = availability.span
    return {
        "id": car.slug, "name": car.name, "class": car.car_class, "fuel": car.model.fuel, "seats": car.model.seats,
        "features": car.feature_list, "lot": {"name": car.lot.name, "lat": car.lot.lat, "lng": car.lot.lng},
        "distance_m": round(one.metres), "availability": str(availability.state),
        "offered": {"start": at(offered.start, zone), "end": at(offered.end, zone)} if offered else None,
        "quote": priced[id(one.quote)],
    }


def car(one: Car) -> dict[str, Any]:
    """The car of a booking, as one finds it in the street."""
    return {"id": one.slug, "name": one.name, "plate": one.plate, "class": one.car_class, "fuel": one.model.fuel,
            "lot": {"name": one.lot.name, "lat": one.lot.lat, "lng": one.lot.lng}, "bay": one.bay.number}


def reservation(one: Reservation) -> dict[str, Any]:
    zone = one.car.lot.zone
    return {"id": one.reference, "status": one.status, "car": car(one.car), "start": at(one.starts_at, zone),
            "end": at(one.ends_at, zone), "waiver": one.waiver, "price": money(one.price), "booked_at": at(one.booked_at, zone)}


def command(one: CarCommand, of: Reservation) -> dict[str, Any]:
    """Something that was asked of the car of a booking, and what it answered."""
    zone = of.car.lot.zone
    return {"id": str(one.id), "action": one.action, "state": one.state, "asked_at": at(one.asked_at, zone),
            "answered_at": at(one.answered_at, zone) if one.answered_at else None, "reason": one.reason}
