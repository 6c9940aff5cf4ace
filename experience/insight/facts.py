"""What anything may be compared by: each fact declared once, with how it is found and what its values are called."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from babel.dates import get_day_names
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from experience.insight.surroundings import Surroundings, TripKnown
from fleet.cars.models import CarClass
from fleet.cars.words import class_name


@dataclass(slots=True)
class Row:
    """One value of a measure, and what is known around it; `who` is whose it is, a member's or a visitor's."""

    who: Hashable
    value: float
    at: datetime
    trip: Hashable = None
    car_id: int | None = None
    lot_id: int | None = None
    plan: str | None = None


Find = Callable[[Row, Surroundings], str | None]
Words = Callable[[str, Surroundings], str]


@dataclass(frozen=True, slots=True)
class Fact:
    """`find` gives a value as text, or none; `words` says it; `order` lists the values of a short list in order."""

    key: str
    label: Any
    find: Find
    words: Words
    order: tuple[str, ...] = ()


def _trip(row: Row, around: Surroundings) -> TripKnown | None:
    return around.trips.get(row.trip)


def _lot_id(row: Row, around: Surroundings) -> int | None:
    trip = _trip(row, around)
    return row.lot_id if row.lot_id is not None else trip.lot_id if trip else None


def _car_id(row: Row, around: Surroundings) -> int | None:
    trip = _trip(row, around)
    return row.car_id if row.car_id is not None else trip.car_id if trip else None


def _lot(row: Row, around: Surroundings) -> str | None:
    lot_id = _lot_id(row, around)
    return str(lot_id) if lot_id in around.lots else None


def _car(row: Row, around: Surroundings) -> str | None:
    car_id = _car_id(row, around)
    return str(car_id) if car_id in around.cars else None


def _of_car(name: str) -> Find:
    def find(row: Row, around: Surroundings) -> str | None:
        car = around.cars.get(_car_id(row, around) or 0)
        return str(getattr(car, name)) if car else None
    return find


def _of_lot(name: str) -> Find:
    def find(row: Row, around: Surroundings) -> str | None:
        lot = around.lots.get(_lot_id(row, around) or 0)
        return str(getattr(lot, name)) if lot else None
    return find


def _plan(row: Row, around: Surroundings) -> str | None:
    if row.plan:
        return row.plan
    member = around.members.get(row.who)
    return member.plan if member else None


TENURES = {"new": timedelta(days=30), "settling": timedelta(days=182), "settled": timedelta(days=730), "old": timedelta.max}
LEADS = {"now": timedelta(hours=1), "today": timedelta(hours=12), "ahead": timedelta(days=2), "week": timedelta(days=7),
         "early": timedelta.max}
HOURS = {"night": 6, "morning": 10, "midday": 14, "afternoon": 18, "evening": 24}  # up to that hour


def _up_to(limits: dict[str, timedelta], gap: timedelta) -> str:
    return next(name for name, limit in limits.items() if gap < limit)


def _tenure(row: Row, around: Surroundings) -> str | None:
    member = around.members.get(row.who)
    return _up_to(TENURES, row.at - member.joined_at) if member else None


def _lead(row: Row, around: Surroundings) -> str | None:
    trip = _trip(row, around)
    return _up_to(LEADS, trip.starts_at - trip.booked_at) if trip else None


def _weekday(row: Row, around: Surroundings) -> str | None:
    return str(row.at.astimezone(around.zone(_lot_id(row, around))).weekday())


def _hour(row: Row, around: Surroundings) -> str | None:
    hour = row.at.astimezone(around.zone(_lot_id(row, around))).hour
    return next(name for name, limit in HOURS.items() if hour < limit)


# What values are called.

def _lot_name(value: str, around: Surroundings) -> str:
    lot = around.lots.get(int(value))
    return lot.name if lot else value


def _car_name(value: str, around: Surroundings) -> str:
    car = around.cars.get(int(value))
    return car.name if car else value


def _class_name(value: str, _around: Surroundings) -> str:
    return str(class_name(CarClass(value))) if value in set(CarClass) else value


def _as_it_is(value: str, _around: Surroundings) -> str:
    return value


def _day_name(value: str, _around: Surroundings) -> str:
    return str(get_day_names("wide", locale=get_locale())[int(value)])


def _listed(**names: Any) -> Words:
    return lambda value, _around: str(names.get(value, value))


def _hours(value: str, _around: Surroundings) -> str:
    names = list(HOURS)
    at = names.index(value)
    return _("%(start)s to %(end)s h", start=HOURS[names[at - 1]] if at else 0, end=HOURS[value])


FACTS: dict[str, Fact] = {fact.key: fact for fact in (
    Fact("lot", _l("Lot"), _lot, _lot_name),
    Fact("car", _l("Car"), _car, _car_name),
    Fact("car_class", _l("Class"), _of_car("car_class"), _class_name, tuple(map(str, CarClass))),
    Fact("model", _l("Model"), _of_car("model"), _as_it_is),
    Fact("fuel", _l("Fuel"), _of_car("fuel"), _listed(gasoline=_l("Gasoline"), hybrid=_l("Hybrid"), electric=_l("Electric"))),
    Fact("area", _l("Neighbourhood"), _of_lot("area"), _as_it_is),
    Fact("access", _l("Way in"), _of_lot("access"), _listed(
        street=_l("On the street"), garage=_l("Garage"), gated=_l("Gate"), keybox=_l("Key box"))),
    Fact("plan", _l("Plan"), _plan, _listed(payg=_l("Pay as you go"), regular=_l("Regular"))),
    Fact("tenure", _l("Member for"), _tenure, _listed(
        new=_l("Under a month"), settling=_l("1 to 6 months"), settled=_l("6 months to 2 years"), old=_l("Over 2 years")),
        tuple(TENURES)),
    Fact("weekday", _l("Weekday"), _weekday, _day_name, tuple(map(str, range(7)))),
    Fact("hour", _l("Time of day"), _hour, _hours, tuple(HOURS)),
    Fact("lead", _l("Booked ahead"), _lead, _listed(
        now=_l("Under an hour"), today=_l("1 to 12 hours"), ahead=_l("12 hours to 2 days"), week=_l("2 to 7 days"),
        early=_l("Over a week")), tuple(LEADS)),
)}
