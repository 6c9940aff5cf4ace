"""A fuel stop: with the car's card, or on the member's own money with a receipt that is refunded on the bill."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select

from core.database import db, transaction
from core.money import Money
from core.refusal import Refusal
from experience.journey import Step
from experience.record.observe import observe
from fleet.cars.models import CarReading
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policies
from portal.web import say
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import load_locked
from reservations.fuel.models import FuelStop, PaidBy
from reservations.trip.errors import NotDriving
from reservations.trip.queries import heard_of, trip_of
from reservations.trip.rules import farthest


class OverCardLimit(Refusal):
    code, status = "over_card_limit", 422
    remedy = _l("Was the rest on your own money? Log it as a second stop with a receipt.")

    def __init__(self, most: Money) -> None:
        super().__init__(most_cents=most.cents)
        self.says = _("That is more than the card in the car pays at once (%(most)s).", most=say.money(most))


class CardUsedUp(Refusal):
    code, status = "card_used_up", 409
    remedy = _l("Pay yourself, keep the receipt and log it as a receipt: it is refunded on this trip’s bill.")

    def __init__(self, uses: int) -> None:
        super().__init__(uses=uses)
        self.says = ngettext("The card in the car works once a day, and it was used.",
                             "The card in the car works %(num)d times a day, and all are used.", uses)


class ReceiptTooDear(Refusal):
    code, status = "receipt_too_dear", 422

    def __init__(self, most: Money) -> None:
        super().__init__(most_cents=most.cents)
        self.says = _("That is more than so much can cost: at most %(most)s.", most=say.money(most))
        self.remedy = _("Compare both figures with the receipt. If they are right, tell us below, and keep the receipt.")


class MoreThanFits(Refusal):
    code, status = "more_than_fits", 422

    def __init__(self, most: str) -> None:
        super().__init__()
        self.says = _("With that, this car would have taken more on this trip than it can: %(most)s were left.", most=most)
        self.remedy = _("Compare the figure with the receipt; what went into something else is not refunded.")


@dataclass(frozen=True, slots=True)
class Fill:
    """What the pump said: where, how much money, and thousandths of a gallon (or of a kilowatt-hour)."""

    station: str
    amount: Money
    volume_thousandths: int
    paid_by: PaidBy


def log_stop(*, reservation: Reservation, fill: Fill, once: str, now: datetime) -> FuelStop:
    """Log a fuel stop of the running trip. Raises NotDriving, OverCardLimit, CardUsedUp, or ReceiptTooDear and
    MoreThanFits for what a member paid; once is once.
    """
    with observe(Step.DRIVE_REFUEL, member=reservation.member, trip=reservation) as seen, transaction():
        load_locked(reservation)
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
        else:
            _check_receipt(reservation, fill, now)
        stop = FuelStop(reservation_id=reservation.id, at=now, paid_by=fill.paid_by, station=fill.station,
                        amount_cents=fill.amount.cents, currency=fill.amount.currency,
                        volume_thousandths=fill.volume_thousandths, energy_before=before, once=once)
        db.session.add(stop)
        db.session.flush()
        seen.about("fuel_stop", stop.id, "logged")
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
        raise OverCardLimit(Money(policies["card_limit"].value, fill.amount.currency))
    used = db.session.scalars(
        select(FuelStop.id).where(FuelStop.reservation_id == reservation.id, FuelStop.paid_by == PaidBy.CARD,
                                  FuelStop.at > now - timedelta(hours=24))).all()
    if len(used) >= policies["card_uses"].value:
        raise CardUsedUp(policies["card_uses"].value)


def _check_receipt(reservation: Reservation, fill: Fill, now: datetime) -> None:
    """A receipt is refunded up to what its volume can cost anywhere (the policies say about twice the dearest pump and
    charger in the country), and with all stops of the trip no more than the car can have taken.
    """
    car, policies = reservation.car, policies_at(now)
    most = Money(policies["dearest_kwh" if car.electric else "dearest_gallon"].value, fill.amount.currency).times(
        Fraction(fill.volume_thousandths, 1000))
    if fill.amount.cents > most.cents:
        raise ReceiptTooDear(most)
    left = _room(reservation, policies, now)
    if left is not None and fill.volume_thousandths > left * 1000:
        raise MoreThanFits(_("%(volume)s kWh", volume=say.number(left)) if car.electric
                           else _("%(volume)s gallons", volume=say.number(left)))


def _room(reservation: Reservation, policies: Policies, now: datetime) -> float | None:
    """Gallons (kilowatt-hours) that the car can still have taken on this trip: what was missing at the start, what it has
    burnt since, and the gauge's slack. A charger also counts what is lost on the way. None where the model is not known.
    """
    car, trip = reservation.car, trip_of(reservation)
    takes = car.model.battery_kwh if car.electric else car.model.tank_gallons
    if takes is None or trip is None:
        return None
    heard = heard_of(reservation)
    miles = heard.odometer_miles - trip.start_odometer if heard else farthest(trip.started_at, now)
    share = 1 - trip.start_energy / 100 + miles / car.model.range_miles + policies["gauge_slack"].value / 100
    loss = 1 + policies["charging_loss"].value / 100 if car.electric else 1.0
    return max(0.0, takes * share * loss - sum(stop.volume_thousandths for stop in stops_of(reservation)) / 1000)


def stops_of(reservation: Reservation) -> list[FuelStop]:
    """The trip's fuel stops in order."""
    return list(db.session.scalars(
        select(FuelStop).where(FuelStop.reservation_id == reservation.id).order_by(FuelStop.at)))
