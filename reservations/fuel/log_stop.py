"""A fuel stop: with the car's card, or on the member's own money with a receipt that is refunded on the bill."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from core.database import db, transaction
from core.money import Money
from core.refusal import Refusal
from experience.journey import Step
from experience.record.observe import observe
from fleet.cars.models import CarReading
from fleet.tariffs.in_force import policies_at
from reservations.booking.models import Reservation, Status
from reservations.fuel.models import FuelStop, PaidBy
from reservations.trip.errors import NotDriving
from reservations.trip.queries import trip_of


class OverCardLimit(Refusal):
    code, status = "over_card_limit", 422
    says = _l("That is more than the card in the car pays at once ($75).")
    remedy = _l("Was the rest on your own money? Log it as a second stop with a receipt.")


class CardUsedUp(Refusal):
    code, status = "card_used_up", 409
    says = _l("The card in the car works twice a day, and both are used.")
    remedy = _l("Pay yourself, keep the receipt and log it as a receipt: it is refunded on this trip’s bill.")


@dataclass(frozen=True, slots=True)
class Fill:
    """What the pump said: where, how much money, and thousandths of a gallon (or of a kilowatt-hour)."""

    station: str
    amount: Money
    volume_thousandths: int
    paid_by: PaidBy


def log_stop(*, reservation: Reservation, fill: Fill, once: str, now: datetime) -> FuelStop:
    """Log a fuel stop of the running trip. Raises NotDriving, OverCardLimit or CardUsedUp; once is once."""
    with observe(Step.DRIVE_REFUEL, member=reservation.member, trip=reservation) as seen, transaction():
        again = db.session.scalar(
            select(FuelStop).where(FuelStop.reservation_id == reservation.id, FuelStop.once == once))
        if again is not None:
            seen.was_repeated()
            return again
        if reservation.status != Status.DRIVING:
            raise NotDriving()
        before = _energy_before(reservation)
        seen.note(car_id=reservation.car_id, lot_id=reservation.lot_id, amount_cents=fill.amount.cents,
                  volume_milligallons=fill.volume_thousandths, energy_percent=before, paid_by=str(fill.paid_by))
        if fill.paid_by is PaidBy.CARD:
            _check_card(reservation, fill, now)
        stop = FuelStop(reservation_id=reservation.id, at=now, paid_by=fill.paid_by, station=fill.station,
                        amount_cents=fill.amount.cents, currency=fill.amount.currency,
                        volume_thousandths=fill.volume_thousandths, energy_before=before, once=once)
        db.session.add(stop)
        db.session.flush()
    return stop


def _energy_before(reservation: Reservation) -> int:
    """Percent before the pump: the stop may be logged with the tank full already. A filling belongs to one stop."""
    reading, trip = db.session.get(CarReading, reservation.car_id), trip_of(reservation)
    if reading is None or trip is None:
        return reservation.car.launch_energy
    return reading.energy_before_filling(max([trip.started_at, *(stop.at for stop in stops_of(reservation))]))


def _check_card(reservation: Reservation, fill: Fill, now: datetime) -> None:
    policies = policies_at(now)
    if fill.amount.cents > policies["card_limit"].value:
        raise OverCardLimit()
    used = db.session.scalars(
        select(FuelStop.id).where(FuelStop.reservation_id == reservation.id, FuelStop.paid_by == PaidBy.CARD,
                                  FuelStop.at > now - timedelta(hours=24))).all()
    if len(used) >= policies["card_uses"].value:
        raise CardUsedUp()


def stops_of(reservation: Reservation) -> list[FuelStop]:
    """The trip's fuel stops in order."""
    return list(db.session.scalars(
        select(FuelStop).where(FuelStop.reservation_id == reservation.id).order_by(FuelStop.at)))
