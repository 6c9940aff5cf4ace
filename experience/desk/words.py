"""The desk's words for phases, statuses, tags, classes and lengths of time."""

from typing import Any

from babel.numbers import format_percent
from flask_babel import LazyString, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from experience.asks.models import NoteStatus, Tag
from experience.insight.models import LookupReason
from experience.journey import PHASE_LABELS, Phase
from fleet.cars.models import CarClass
from fleet.cars.words import class_name
from portal.web.say import duration, number

PHASES: dict[Phase, Any] = PHASE_LABELS
STATUSES: dict[NoteStatus, Any] = {
    NoteStatus.NEW: _l("New"), NoteStatus.OPEN: _l("Open"), NoteStatus.ANSWERED: _l("Answered"),
    NoteStatus.CLOSED: _l("Closed"),
}
TAGS: dict[Tag, Any] = {
    Tag.CAR: _l("Car"), Tag.LOT: _l("Lot"), Tag.APP: _l("App"), Tag.PRICE: _l("Price"), Tag.PEOPLE: _l("People"),
    Tag.OTHER: _l("Other"),
}
LOOKUP_REASONS: dict[LookupReason, Any] = {
    LookupReason.ANSWER: _l("To answer or call them"), LookupReason.SAFETY: _l("Somebody may be in danger"),
    LookupReason.MONEY: _l("To put money right"), LookupReason.MISTAKE: _l("To clear up a mistake in the data"),
    LookupReason.ASKED: _l("They asked us to"),
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


def as_measured(value: float | None, unit: str) -> str:
    """A figure in the unit of its measure: "12.5%", "2 min", "4.2", a score as "+31"."""
    if value is None:
        return "–"
    if unit == "percent":
        return in_percent(value)
    if unit == "seconds":
        return how_long(value * 1000) if value >= 1 else _("%(seconds)s s", seconds=number(round(value, 1)))
    if unit == "score":
        return f"{value * 100:+.0f}".replace("-", "\N{MINUS SIGN}")
    return number(round(value, 2))
