"""What happened to a car: trips, moves in and out of service, and what its box was told; then what is to come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from core.database import db
from fleet.cars.models import Car, CarMove
from fleet.desk import words
from fleet.service.models import Block
from fleet.telematics.models import CarCommand
from portal.account.models import User
from portal.web import say
from reservations.booking.models import Reservation
from reservations.trip.models import Trip

PAST, AHEAD = 15, 3


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of the timeline: state is done, now or later."""

    at: datetime
    state: str
    time: str
    title: str
    detail: str


def history(car: Car, now: datetime, upcoming: Sequence[Reservation], past: int = PAST) -> list[Stop]:
    """The newest `past` stops, oldest of them first, then who has the car now, then the next bookings."""
    def stop(at: datetime, title: str, detail: str = "", state: str = "done") -> Stop:
        return Stop(at, state, say.moment(at, car.lot.zone), title, detail)

    found = [*_trips(car, past, stop), *_moves(car, past, stop), *_commands(car, past, stop)]
    done = sorted((each for each in found if each.state == "done"), key=lambda each: each.at)[-past:]
    current = [each for each in found if each.state == "now"]
    later = [stop(each.starts_at, _("Booked by %(name)s", name=each.member.name),
                  _("until %(time)s", time=words.when(each.ends_at, each.starts_at, car.lot.zone)), "later")
             for each in upcoming[:AHEAD]]
    return [*done, *current, *later]


Make = Callable[..., Stop]


def _trips(car: Car, past: int, stop: Make) -> list[Stop]:
    stops = []
    query = select(Trip).where(Trip.car_id == car.id).order_by(Trip.started_at.desc()).limit(past)
    for trip in db.session.scalars(query):
        name = trip.reservation.member.name
        if trip.ended_at is None:
            due = words.when(trip.reservation.ends_at, trip.started_at, car.lot.zone)
            stops.append(stop(trip.started_at, _("%(name)s drives", name=name),
                              _("due back %(time)s", time=due), "now"))
            continue
        stops.append(stop(trip.started_at, _("%(name)s drove off", name=name)))
        stops.append(stop(trip.ended_at, _("%(name)s brought it back", name=name),
                          _("%(miles)s miles", miles=say.number(trip.miles)) if trip.miles is not None else ""))
    return stops


def _moves(car: Car, past: int, stop: Make) -> list[Stop]:
    query = (
        select(CarMove, User.name, Block.until)
        .outerjoin(User, User.id == CarMove.by_user_id)
        .outerjoin(Block, (Block.car_id == CarMove.car_id) & (Block.starts_at == CarMove.at))
        .where(CarMove.car_id == car.id).order_by(CarMove.at.desc()).limit(past))
    return [stop(move.at, _("%(before)s → %(after)s", before=words.state_tag(move.before).word,
                            after=words.state_tag(move.after).word), _move_detail(car, move, name, until))
            for move, name, until in db.session.execute(query)]


def _move_detail(car: Car, move: CarMove, name: str | None, until: datetime | None) -> str:
    who = name or _("the service")
    if until is None:
        return _("%(who)s: %(why)s", who=who, why=move.why)
    return _("%(who)s, until %(time)s: %(why)s", who=who, time=words.when(until, move.at, car.lot.zone), why=move.why)


def _commands(car: Car, past: int, stop: Make) -> list[Stop]:
    query = (select(CarCommand, Reservation)
             .outerjoin(Reservation, Reservation.id == CarCommand.reservation_id)
             .where(CarCommand.car_id == car.id).order_by(CarCommand.asked_at.desc()).limit(past))
    return [stop(command.asked_at, _command(command), booking.member.name if booking else "")
            for command, booking in db.session.execute(query)]


def _command(command: CarCommand) -> str:
    action = {"flash": _("Flash the lights"), "horn": _("Sound the horn"), "unlock": _("Unlock"),
              "lock": _("Lock")}[command.action]
    outcome = {"waiting": _("waiting for the car"), "done": _("done"), "refused": _("refused by the car"),
               "silent": _("the car did not answer")}[command.state]
    return _("%(action)s: %(outcome)s", action=action, outcome=outcome)
