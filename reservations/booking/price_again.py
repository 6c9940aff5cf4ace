"""The price of a booking over another span, or in another class, by what was frozen when it was booked."""

from core.time import Span
from fleet.cars.models import Car
from fleet.tariffs.in_force import policies_at, rates_at, rates_for
from fleet.tariffs.quote import Policies, Quote, quoted_again
from reservations.booking.models import Reservation


def policies_of_booking(reservation: Reservation) -> Policies:
    """The rules that were in force when it was booked, with the taxes and fees of the city where its car lives."""
    return policies_at(reservation.booked_at, reservation.car.lot.city)


def had_a_price(reservation: Reservation, car: Car) -> bool:
    """Whether cars of its class could be booked on the booking's plan when it was made."""
    rates = reservation.quote["rates"]
    return car.car_class == rates["car_class"] or car.car_class in rates_at(reservation.booked_at, rates["plan"])


def price_again(reservation: Reservation, span: Span, car: Car | None = None) -> Quote:
    """The whole price of the span: frozen rates, cover and promo code, and the driver's age when it starts.

    For a car of another class, its rates as they were when it was booked; with the taxes of the city where that car lives.
    Raises NoTariff for a class that had none then: ask had_a_price() first.
    """
    car = car or reservation.car
    kept = reservation.quote
    same_class = car.car_class == kept["rates"]["car_class"]
    rates = None if same_class else rates_for(car.car_class, kept["rates"]["plan"], reservation.booked_at)
    return quoted_again(kept, policies_at(reservation.booked_at, car.lot.city), span, car.lot.zone,
                        born_on=reservation.member.born_on, rates=rates)


def price_of_span(reservation: Reservation, span: Span) -> Quote:
    """The whole price of its own car over another span, by its own rates: those of a car that stands in are of the class that
    was booked first."""
    return quoted_again(reservation.quote, policies_of_booking(reservation), span, reservation.car.lot.zone,
                        born_on=reservation.member.born_on)
