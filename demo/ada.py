"""The trips that are written down: of the member whom newcomers sign in as, some behind her, one tomorrow, none now; and of
neighbours, all behind them."""

from datetime import datetime, timedelta

from core.time import Span
from demo.city import City
from demo.days import SETTLING_IN, local_hour
from demo.looking import Looking
from demo.neighbours import IRIS, RAFAEL, THEO, neighbours
from demo.people import ada
from demo.riders import Rider
from demo.wishes import Purpose, Wish

Trips = tuple[tuple[int, float, int, Purpose], ...]  # days before the end, local hour of the start, minutes, what for
PAST: Trips = (
    (27, 17.5, 120, Purpose.ERRAND), (24, 10.0, 420, Purpose.DAY_OUT), (20, 18.0, 90, Purpose.GROCERIES),
    (17, 9.25, 210, Purpose.VISIT), (13, 17.75, 105, Purpose.ERRAND), (10, 10.5, 480, Purpose.DAY_OUT),
    (6, 18.25, 90, Purpose.GROCERIES), (3, 12.0, 150, Purpose.ERRAND), (2, 17.5, 120, Purpose.GROCERIES),
)
TOMORROW = (-1, 15.0, 180, Purpose.DAY_OUT)
# The last of each falls into a city of three days too, whatever hour it ends at, and before the last of Ada's.
OF_NEIGHBOURS: dict[int, Trips] = {
    RAFAEL: ((19, 10.0, 120, Purpose.GROCERIES), (12, 18.0, 90, Purpose.ERRAND), (7, 9.5, 150, Purpose.ERRAND),
             (2, 9.0, 120, Purpose.ERRAND)),
    IRIS: ((25, 13.0, 150, Purpose.ERRAND), (18, 9.5, 180, Purpose.ERRAND), (11, 14.0, 120, Purpose.ERRAND),
           (5, 10.0, 150, Purpose.ERRAND), (2, 13.0, 150, Purpose.ERRAND)),
    THEO: ((2, 11.0, 90, Purpose.ERRAND),),
}


def plan_ada(city: City, begins: datetime, ends: datetime) -> None:
    """Plan the trips between the two moments, and Ada's of the next day."""
    _plan_trips(city, ada(city.lots), (*PAST, TOMORROW), begins, ends)
    for rider in neighbours(city.lots):
        _plan_trips(city, rider, OF_NEIGHBOURS.get(rider.number, ()), begins, ends)


def _plan_trips(city: City, rider: Rider, trips: Trips, begins: datetime, ends: datetime) -> None:
    for days_ago, hour, minutes, purpose in trips:
        start = local_hour(city, ends, -days_ago, hour)
        looks_at = min(start - timedelta(hours=20), ends - timedelta(hours=3))
        if start > begins + SETTLING_IN:  # and if they would have looked before the city began, they do in its first hour
            span = Span(start, start + timedelta(minutes=minutes))
            Looking(city, Wish(f"{rider.email}/{days_ago}", rider, purpose, rider.home, span, looks_at)).plan_at(
                max(looks_at, begins + timedelta(hours=1)))
