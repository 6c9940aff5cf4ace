"""The booked time that is left when a car comes back early, if somebody else can have it, and what it cost."""

from datetime import datetime

from core.money import Money
from core.time import Span, quarter_at_or_after
from fleet.cars.state import OUT_OF_SERVICE
from fleet.service.queries import open_block_of
from fleet.tariffs.quote import Quote
from reservations.booking.models import Reservation
from reservations.booking.price_again import price_of_span
from reservations.trip.bill import Unused

TIME = ("time", "day", "promo", "young")  # the lines of a quote that are for time, by how their codes begin


def unused_of(reservation: Reservation, ended_at: datetime) -> Unused | None:
    """What the rest of the booked time, from the next quarter-hour on, added to the price; None when nothing is left, or
    nobody can book it, because the car is out of service."""
    left_from = max(quarter_at_or_after(ended_at), reservation.starts_at)
    if left_from >= reservation.ends_at or reservation.car.state in OUT_OF_SERVICE or open_block_of(reservation.car_id):
        return None
    whole = _time_in(price_of_span(reservation, reservation.span))
    used = Span(reservation.starts_at, left_from) if left_from > reservation.starts_at else None
    worth = whole - (_time_in(price_of_span(reservation, used)) if used else 0)
    return Unused(int((reservation.ends_at - left_from).total_seconds() // 60), Money(worth, reservation.currency))


def _time_in(price: Quote) -> int:
    return sum(line.amount.cents for line in price.lines if line.code.split("_")[0] in TIME)
