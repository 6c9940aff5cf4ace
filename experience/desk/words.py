"""The desk's words for phases, statuses, tags, classes and lengths of time."""

from typing import Any

from babel.numbers import format_percent
from flask_babel import LazyString, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from experience.asks.models import NoteStatus, Tag
from experience.journey import Phase
from fleet.cars.models import CarClass
from fleet.cars.words import class_name
from portal.web.say import duration, number

PHASES: dict[Phase, Any] = {
    Phase.ENTERED: _l("Entered"), Phase.SUCCEEDED: _l("Succeeded"), Phase.REFUSED: _l("Refused"),
    Phase.FAILED: _l("Failed"), Phase.ABANDONED: _l("Abandoned"), Phase.UNDONE: _l("Undone"),
}
STATUSES: dict[NoteStatus, Any] = {
    NoteStatus.NEW: _l("New"), NoteStatus.OPEN: _l("Open"), NoteStatus.ANSWERED: _l("Answered"),
    NoteStatus.CLOSED: _l("Closed"),
}
TAGS: dict[Tag, Any] = {
    Tag.CAR: _l("Car"), Tag.LOT: _l("Lot"), Tag.APP: _l("App"), Tag.PRICE: _l("Price"), Tag.PEOPLE: _l("People"),
    Tag.OTHER: _l("Other"),
}
CLASSES: dict[CarClass, Any] = {car_class: LazyString(class_name, car_class) for car_class in CarClass}


def how_long(milliseconds: float | None) -> str:
    """"12 s", "3 h 30 min"; a dash for nothing measured."""
    if milliseconds is None:
        return "–"
    if milliseconds < 1000:
        return _("under 1 s")
    if milliseconds < 90_000:
        return _("%(seconds)s s", seconds=number(round(milliseconds / 1000)))
    return duration(round(milliseconds / 60_000))


def in_percent(share: float) -> str:
    """"93.2%": one decimal."""
    return str(format_percent(share, format="0.0%", locale=get_locale()))
