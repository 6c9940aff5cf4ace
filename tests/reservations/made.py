"""Bookings and trips made through the real use cases, with the embedded cars."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from flask import Flask
from sqlalchemy import select

from core.database import db
from core.time import Span
from experience.record.models import Event
from fleet.cars.models import Car
from fleet.telematics.embedded import EmbeddedTelematics
from fleet.telematics.listen import setups, take_readings
from fleet.telematics.player.cars import Garage
from fleet.telematics.port import Action
from portal.account.models import Member
from portal.worker import do_due
from reservations.booking.book import book
from reservations.booking.models import Reservation, Waiver
from reservations.booking.offer import FrozenOffer
from reservations.trip.ask_car import ask_car
from reservations.trip.check import check_car
from reservations.trip.models import CheckStage
from reservations.trip.queries import last_command
from reservations.trip.return_car import return_car
from tests.factories import NOON, Clock, a_car, hours

_numbers = count(1)
TOMORROW = hours(24, 27)


def offered(car: Car, member: Member, span: Span = TOMORROW, at: datetime = NOON) -> FrozenOffer:
    """The offer that the booking page would freeze."""
    return FrozenOffer(car.id, span, member.plan, at)


def booked(member: Member, car: Car | None = None, span: Span = TOMORROW, *, waiver: Waiver = Waiver.INCLUDED,
           once: str | None = None, now: datetime = NOON) -> Reservation:
    """A booking of the first car, made at noon for tomorrow at noon, unless said otherwise."""
    car = car or a_car()
    return book(member=member, car=car, offer=offered(car, member, span, now), waiver=waiver,
                once=once or f"form-{next(_numbers)}", now=now)


def steps(*phases: str) -> list[tuple[str, str, str | None]]:
    """What the event log says, in order: step, phase and reason."""
    found = select(Event.step, Event.phase, Event.error_code).order_by(Event.recorded_at, Event.id)
    if phases:
        found = found.where(Event.phase.in_(phases))
    return [(step, phase, code) for step, phase, code in db.session.execute(found)]


@dataclass
class Street:
    """The cars in the street, and a worker that does what is due."""

    site: Flask
    garage: Garage
    clock: Clock

    def work(self) -> None:
        """Do everything that is due, and hear what the cars say."""
        do_due(self.site)
        take_readings(self.site.extensions["adapters"].cars)
        db.session.rollback()

    def drives(self, reservation: Reservation, miles: float, minutes: float) -> None:
        """The car goes round the city; the clock goes on."""
        self.clock.forward(minutes=minutes)
        self.garage.drive(reservation.car.vin, miles=miles, minutes=minutes, at=self.clock())
        self.work()

    def fills(self, reservation: Reservation, percent: int) -> None:
        """Somebody stands at the pump."""
        self.garage.refuel(reservation.car.vin, to_percent=percent, at=self.clock())
        self.work()

    def unlocked(self, reservation: Reservation) -> Reservation:
        """Go to the start, look round the car and unlock it: the trip begins."""
        self.clock.at = max(self.clock.at, reservation.starts_at)
        check_car(reservation=reservation, stage=CheckStage.OUTSIDE, now=self.clock())
        ask_car(reservation=reservation, action=Action.UNLOCK, now=self.clock())
        self.work()
        return reservation

    def returned(self, reservation: Reservation, at: datetime | None = None) -> Reservation:
        """Bring it back at the booked end, or at another moment, and lock it: the trip ends."""
        self.clock.at = at or reservation.ends_at
        return_car(reservation=reservation, odometer=9_000_000, energy=100, now=self.clock())
        self.work()
        return reservation


def a_street(site: Flask, clock: Clock) -> Street:
    """Embedded telematics with the first cars of the city, behind the site's adapters."""
    cars = EmbeddedTelematics(Garage(), clock)
    site.extensions["adapters"] = replace(site.extensions["adapters"], cars=cars)
    first = {a_car().vin, a_car(car_class="economy").vin, a_car(name="Acorn").vin, a_car(name="Basil").vin}
    cars.install(setups(first))
    street = Street(site, cars.garage, clock)
    street.work()
    return street


def said_of_car(reservation: Reservation) -> tuple[str, str | None]:
    """What became of the last thing asked of the car."""
    command = last_command(reservation)
    assert command is not None
    return command.state, command.reason
