"""Where a trip stands: the one next thing to do, and the stops before and after it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from fleet.cars.state import OUT_OF_SERVICE
from fleet.cars.where import is_away
from fleet.cars.words import level_name
from fleet.tariffs.in_force import policies_at
from fleet.telematics.models import CommandState
from portal.web import say
from reservations.booking.models import Reservation, Status
from reservations.trip.ask_car import is_out, previous_end
from reservations.trip.models import CheckStage
from reservations.trip.queries import NextDriver, checks_of, last_command, metres_from_bay, trip_of
from reservations.trip.rules import FINDING_OPENS, is_over, opens_at


class Next(StrEnum):
    """The next thing to do."""

    WAIT = "wait"
    WALK = "walk"
    HELD_UP = "held_up"
    DRIVE = "drive"
    LATE = "late"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop on the trip's line."""

    state: str
    title: str
    detail: str = ""
    time: str = ""


@dataclass(frozen=True, slots=True)
class TripScene:
    """What the trip's page says first."""

    next: Next
    title: str
    text: str
    opens: datetime
    today: bool
    may_find: bool
    waiting: bool
    in_its_bay: bool
    follows_at: datetime | None
    stops: list[Stop]


def scene_of(reservation: Reservation, now: datetime) -> TripScene:
    """Where the trip stands at this moment."""
    zone = reservation.car.lot.zone
    opens = opens_at(reservation, policies_at(now), previous_end(reservation))
    follows = NextDriver(reservation).starts_at()
    what = _next(reservation, now, opens)
    title, text = _words(what, reservation, opens, follows, now)
    command = last_command(reservation)
    return TripScene(
        what, title, text, opens, today=_same_day(opens, now, zone),
        may_find=now >= opens - FINDING_OPENS,
        waiting=command is not None and command.state == CommandState.WAITING,
        in_its_bay=not is_away(metres_from_bay(reservation)), follows_at=follows,
        stops=_stops(reservation, what, _by(reservation)),
    )


def _next(reservation: Reservation, now: datetime, opens: datetime) -> Next:
    if reservation.status == Status.DRIVING:
        return Next.LATE if now > reservation.ends_at else Next.DRIVE
    if reservation.status != Status.BOOKED or is_over(reservation, now):
        return Next.ENDED
    if now < opens:
        return Next.WAIT
    return Next.HELD_UP if reservation.car.state in OUT_OF_SERVICE or is_out(reservation) else Next.WALK


def _words(what: Next, reservation: Reservation, opens: datetime, follows: datetime | None,
           now: datetime) -> tuple[str, str]:
    car, zone = reservation.car, reservation.car.lot.zone
    bay = car.bay.number
    if what is Next.WAIT:
        return (_yours(reservation, now),
                _("You can go in from %(time)s. Bay %(bay)s at %(lot)s.", bay=bay, lot=car.lot.name,
                  time=say.clock(opens, zone) if _same_day(opens, reservation.starts_at, zone) else say.moment(opens, zone)))
    if what is Next.WALK:
        return (_("Walk to bay %(bay)s", bay=bay),
                _("You can go in now: %(lot)s, %(level)s.", lot=car.lot.name, level=level_name(car.bay.level)))
    if what is Next.HELD_UP and car.state in OUT_OF_SERVICE:
        return (_("%(car)s is out of service", car=car.name),
                _("We are sorry. Take another car nearby; cancelling this booking costs nothing."))
    if what is Next.HELD_UP:
        return (_("%(car)s is not back yet", car=car.name),
                _("The driver before you is late. We are after it; you can also take another car."))
    if what is Next.LATE:
        waits = (_("Someone is waiting for it from %(time)s.", time=say.clock(follows, zone)) if follows
                 else _("Nobody is waiting: the normal price goes on."))
        return (_("Bring %(car)s back to bay %(bay)s", car=car.name, bay=bay),
                _("Your time was over at %(time)s. %(waits)s", time=say.clock(reservation.ends_at, zone), waits=waits))
    if what is Next.DRIVE:
        return (_("Back in bay %(bay)s by %(time)s", bay=bay, time=_by(reservation)),
                _("%(car)s is yours. Fuel is included: the card is in the glove box.", car=car.name)
                if not car.electric else
                _("%(car)s is yours. Charging is included: the card is in the glove box.", car=car.name))
    if reservation.status == Status.BOOKED:
        return (_("The time you booked is over"), _("%(car)s was not opened in it. Book it again, or find another car nearby.",
                                                    car=car.name))
    return (_("This trip is over"), "")


def _yours(reservation: Reservation, now: datetime) -> str:
    """From when it is the member's: by the clock alone when that is today."""
    car, starts, zone = reservation.car, reservation.starts_at, reservation.car.lot.zone
    if _same_day(starts, now, zone):
        return _("%(car)s is yours at %(time)s", car=car.name, time=say.clock(starts, zone))
    return _("%(car)s is yours on %(time)s", car=car.name, time=say.moment(starts, zone))


def _same_day(one: datetime, other: datetime, zone: ZoneInfo) -> bool:
    return one.astimezone(zone).date() == other.astimezone(zone).date()


def _by(reservation: Reservation) -> str:
    zone, ends = reservation.car.lot.zone, reservation.ends_at
    return say.clock(ends, zone) if _same_day(ends, reservation.starts_at, zone) else say.moment(ends, zone)


def _stops(reservation: Reservation, what: Next, until: str) -> list[Stop]:
    car = reservation.car
    driving = what in (Next.DRIVE, Next.LATE)
    looked = CheckStage.OUTSIDE in checks_of(reservation)
    trip = trip_of(reservation)
    return [
        Stop("done" if driving else "now", _("Walk to bay %(bay)s", bay=car.bay.number),
             _("%(lot)s, %(level)s. %(how)s", lot=car.lot.name, level=level_name(car.bay.level),
               how=car.lot.how_to_get_in)),
        Stop("done" if driving or looked else "later", _("Look round it, under a minute, then unlock"),
             time=say.clock(trip.started_at, car.lot.zone) if trip else ""),
        Stop("now" if driving else "later", _("Drive")),
        Stop("later", _("Back in bay %(bay)s by %(time)s", bay=car.bay.number, time=until)),
    ]
