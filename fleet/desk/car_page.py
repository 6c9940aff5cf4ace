"""Everything a car's page shows: its state, its reading, its week, its story and its known marks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from core.database import db
from fleet.cars import words as car_words
from fleet.cars.models import Car
from fleet.cars.state import OUT_OF_SERVICE, Facts, shown_state
from fleet.cars.where import is_away, metres_apart
from fleet.desk import words
from fleet.desk.history import history
from fleet.desk.touched import BookingsWithin, driving_now
from fleet.desk.week import DAYS, week
from fleet.service.queries import open_block_of
from portal.account.models import User
from portal.web import say
from reservations.booking.models import Reservation
from reservations.trip.queries import known_marks

AHEAD = timedelta(days=366)


def car_page(car: Car, now: datetime) -> dict[str, Any]:
    """The page's facts, in words where they are words."""
    driving, upcoming = driving_now(car.id), BookingsWithin(car.id, now, now + AHEAD).all()
    return {
        "car": car, "at": now, "tag": words.state_tag(_state(car, driving, upcoming, now)), "driving": driving,
        "upcoming": upcoming, "reading": reading(car, now), "week": week(car, now), "days": DAYS,
        "history": history(car, now, upcoming), "marks": _marks(car), "about": about(car),
        "is_out": car.state in OUT_OF_SERVICE, **block_of(car)}


def block_of(car: Car) -> dict[str, Any]:
    """The block that keeps the car out of service, and who made it."""
    block = open_block_of(car.id)
    return {"block": block, "block_by": db.session.get_one(User, block.by_user_id).name if block else "",
            "decided": words.state_tag(car.state)}


def _state(car: Car, driving: Reservation | None, upcoming: Sequence[Reservation], now: datetime) -> str:
    heard = car.reading
    return shown_state(Facts(
        decided=car.state, online=heard is not None and heard.online, plugged_in=heard is not None and heard.plugged_in,
        due_back=driving.ends_at if driving else None, next_start=upcoming[0].starts_at if upcoming else None), now)


def _marks(car: Car) -> list[tuple[str, str]]:
    """What is scratched and not repaired yet, the oldest first: where, and what since when."""
    return [(words.view_name(mark.view), _("%(what)s, since %(day)s", what=mark.what,
                                           day=say.day(mark.since, car.lot.zone))) for mark in known_marks(car.id)]


def reading(car: Car, now: datetime) -> list[tuple[str, str]]:
    """What the box last said, as names and values."""
    heard = car.reading
    home = _("%(lot)s, %(bay)s", lot=car.lot.name, bay=words.bay(car.bay.number, car.bay.level))
    if heard is None:
        return [(_("Home"), home), (_("Heard"), _("Never: the box in this car has not answered yet"))]
    metres = metres_apart(heard.lat, heard.lng, car.bay.lat, car.bay.lng)
    return [
        (_("Home"), home),
        (_("Position"), _("%(distance)s from its bay", distance=say.miles(metres)) if is_away(metres)
         else _("In its bay")),
        (_("Locked"), _("Yes") if heard.locked else _("No")),
        (_("Doors"), ngettext("%(num)d open", "%(num)d open", heard.doors_open) if heard.doors_open else _("All shut")),
        (_("Engine"), _("Running") if heard.engine_on else _("Off")),
        (_("Charge") if car.electric else _("Fuel"), _energy(car)),
        (_("Odometer"), _("%(miles)s miles", miles=say.number(round(heard.odometer_miles)))),
        (_("Heard"), words.when(heard.at, now, car.lot.zone) if heard.online
         else _("%(time)s; no signal since", time=words.when(heard.at, now, car.lot.zone))),
    ]


def _energy(car: Car) -> str:
    percent = words.energy(car.reading.energy_percent if car.reading else None)
    plugged = car.reading is not None and car.reading.plugged_in
    return _("%(percent)s, plugged in", percent=percent) if plugged else percent


def about(car: Car) -> str:
    """"2024 Toyota Corolla, green wagon, 5 seats"."""
    return _("%(year)d %(make)s %(model)s, %(words)s, %(seats)s", year=car.year, make=car.model.make,
             model=car.model.model, words=car_words.in_words(car), seats=car_words.seats(car.model.seats))
