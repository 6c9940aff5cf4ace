"""The board's rows as the page shows them: every word and figure formatted."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from fleet.cars import words as car_words
from fleet.desk import words
from fleet.desk.board import Row
from portal.web import say


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table, and of the map: `lat` and `lng` are the lot's while the car stands in its bay."""

    slug: str
    name: str
    plate: str
    body: str
    paint: str
    class_name: str
    tag: words.Tag
    notes: list[str]
    urgent: bool
    who: str
    who_note: str
    next: str
    next_note: str
    lot: str
    where: str
    energy: str
    energy_icon: str
    low: bool
    odometer: str
    lat: float
    lng: float
    pin: str


def line(row: Row, now: datetime) -> Line:
    """A row in words."""
    car, driver, coming = row.car, row.driver, row.next
    place = (car.heard.lat, car.heard.lng) if car.heard and (car.away or driver) else (car.lot_lat, car.lot_lng)
    return Line(
        slug=car.slug, name=car.name, plate=car.plate, body=car.body, paint=car.paint,
        class_name=car_words.class_name(car.car_class), tag=words.state_tag(row.state), notes=_notes(row, now),
        urgent=bool(row.needs), who=driver.name if driver else "",
        who_note=_("due back %(time)s", time=words.when(driver.due_back, now, car.zone)) if driver else "",
        next=words.when(coming.starts_at, now, car.zone) if coming else "", next_note=coming.name if coming else "",
        lot=car.lot_name, where=words.where(car), energy=words.energy(car.energy_percent),
        energy_icon="plug" if car.electric else "fuel", low=row.low, odometer=say.number(round(car.odometer_miles)),
        lat=round(place[0], 5), lng=round(place[1], 5), pin=_pin(row))


def _notes(row: Row, now: datetime) -> list[str]:
    notes = words.need_words(row, now)
    if row.block and row.driver:
        notes.append(_("then %(state)s", state=words.state_tag(row.car.decided).word))
    elif row.block and row.block.until > now:
        notes.append(_("until %(time)s", time=words.when(row.block.until, now, row.car.zone)))
    if row.block:
        notes.append(row.block.why)
    return notes


def _pin(row: Row) -> str:
    """How the map draws it: needs someone, is free, or is taken."""
    if row.needs:
        return "almost"
    return "free" if row.state in ("available", "charging") else "taken"
