"""The desk's words: what a state is called and looks like, why a car needs someone, and when something is."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from fleet.cars import words
from fleet.cars.needs import Need
from fleet.cars.queries import CarNow
from fleet.cars.state import ShownState
from fleet.desk.board import Row
from portal.web import say


@dataclass(frozen=True, slots=True)
class Tag:
    """A state as a tag shows it: kind (colour), word and icon."""

    kind: str
    word: str
    icon: str


def state_tag(state: str) -> Tag:
    """The tag of a shown state, or of a state that staff decided."""
    return {
        "late": Tag("bad", _("Late"), "clock"),
        "damaged": Tag("bad", _("Damaged"), "damage"),
        "offline": Tag("bad", _("Offline"), "warning"),
        "maintenance": Tag("warn", _("Maintenance"), "wrench"),
        "cleaning": Tag("warn", _("Cleaning"), "star"),
        "transport": Tag("warn", _("In transport"), "swap"),
        "in_use": Tag("info", _("In use"), "key"),
        "booked": Tag("info", _("Booked"), "calendar"),
        "charging": Tag("info", _("Charging"), "plug"),
        "available": Tag("ok", _("Available"), "check"),
        "retired": Tag("", _("Retired"), "close"),
    }[state]


def all_states() -> list[tuple[str, str]]:
    """Every state with its word, for the filter."""
    return [(str(state), state_tag(state).word) for state in ShownState]


def booking_status(status: str) -> str:
    return {"booked": _("Booked"), "driving": _("Driving"), "returned": _("Returned"), "cancelled": _("Cancelled"),
            "no_show": _("Nobody came")}[status]


def view_name(view: str) -> str:
    """A side of the car."""
    return {"front": _("Front"), "left": _("Left"), "right": _("Right"), "rear": _("Rear"),
            "interior": _("Inside"), "dashboard": _("Dashboard")}[view]


def need_words(row: Row, now: datetime) -> list[str]:
    """Why this car needs someone now, a few words each, most urgent first."""
    return [_need(need, row, now) for need in row.needs]


def _need(need: Need, row: Row, now: datetime) -> str:
    if need is Need.LATE and row.driver:
        return _("Late %(time)s", time=say.duration(int((now - row.driver.due_back).total_seconds() // 60)))
    if need is Need.AT_RISK:
        return str(ngettext("%(num)d booking at risk", "%(num)d bookings at risk", row.at_risk))
    if need is Need.OVERDUE:
        return overdue(row, now)
    if need is Need.OFFLINE:
        return silence(row.car, now)
    if need is Need.LOW_AND_NEXT and row.next:
        return _("Fill it before %(time)s", time=when(row.next.starts_at, now, row.car.zone))
    return {Need.OPEN: _("Unlocked, nobody drives"), Need.AWAY: _("Not in its bay")}.get(need, "")


def overdue(row: Row, now: datetime) -> str:
    """A block past its time, or a state without a block."""
    if row.block is None:
        return _("Out of service without an end")
    return _("Was due back %(time)s", time=when(row.block.until, now, row.car.zone))


def silence(car: CarNow, now: datetime) -> str:
    """Since when a car's box says nothing."""
    if car.heard is None:
        return _("Never heard")
    return _("No signal since %(time)s", time=when(car.heard.at, now, car.zone))


def where(car: CarNow) -> str:
    """How far the car is from its bay, or that it is in it."""
    if car.heard is None:
        return _("Not heard; its bay is %(bay)d", bay=car.bay_number)
    if car.away:
        return _("%(distance)s from its bay", distance=say.miles(car.metres_from_bay or 0.0))
    return bay(car.bay_number, car.bay_level)


def bay(number: int, level: str) -> str:
    """"Bay 4", with the level where there is one."""
    if level in ("", "street"):
        return _("Bay %(bay)d", bay=number)
    return _("Bay %(bay)d, %(level)s", bay=number, level=words.level_name(level))


def when(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """"6:00 PM" today, "Sun, Nov 29, 10:00 AM" on other days."""
    same_day = at.astimezone(zone).date() == now.astimezone(zone).date()
    return say.clock(at, zone) if same_day else say.moment(at, zone)


def energy(percent: int | None) -> str:
    return "–" if percent is None else say.percent(percent)
