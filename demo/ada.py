"""The trips of the member whom newcomers sign in as: some behind her, one tomorrow, none now."""

from datetime import datetime, timedelta

from core.time import Span
from demo.city import City
from demo.days import SETTLING_IN, local_hour
from demo.looking import Looking
from demo.people import ada
from demo.wishes import Purpose, Wish

# Days before the end, local hour of the start, minutes, what for.
PAST = (
    (27, 17.5, 120, Purpose.ERRAND), (24, 10.0, 420, Purpose.DAY_OUT), (20, 18.0, 90, Purpose.GROCERIES),
    (17, 9.25, 210, Purpose.VISIT), (13, 17.75, 105, Purpose.ERRAND), (10, 10.5, 480, Purpose.DAY_OUT),
    (6, 18.25, 90, Purpose.GROCERIES), (3, 12.0, 150, Purpose.ERRAND), (2, 17.5, 120, Purpose.GROCERIES),
)
TOMORROW = (-1, 15.0, 180, Purpose.DAY_OUT)


def plan_ada(city: City, begins: datetime, ends: datetime) -> None:
    """Plan her trips between the two moments, and the one of the next day."""
    for days_ago, hour, minutes, purpose in (*PAST, TOMORROW):
        start = local_hour(city, ends, -days_ago, hour)
        looks_at = min(start - timedelta(hours=20), ends - timedelta(hours=3))
        if start > begins + SETTLING_IN:  # and if she would have looked before the city began, she does in its first hour
            rider = ada(city.lots)
            span = Span(start, start + timedelta(minutes=minutes))
            Looking(city, Wish(f"ada/{days_ago}", rider, purpose, rider.home, span, looks_at)).plan_at(
                max(looks_at, begins + timedelta(hours=1)))
