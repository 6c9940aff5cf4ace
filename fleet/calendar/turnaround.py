"""How long a car stands after a trip before the next one may begin."""

from datetime import timedelta

from core.time import Span
from fleet.cars.models import Car
from fleet.tariffs.quote import Policies

QUARTER, MOST = 15, 1440  # minutes
LONGEST_TURNAROUND = timedelta(minutes=MOST)  # how far behind a wish what is taken can still be in its way


def turnaround_of(car: Car, policies: Policies) -> timedelta:
    """The turnaround after each trip of a car: its lot's, or the time to charge when that is longer.

    Whole quarter-hours for charging, because trips begin on them.
    """
    return timedelta(minutes=max(car.lot.turnaround_minutes, _minutes_to_charge(car, policies)))


def with_turnaround(car: Car, trip: Span, policies: Policies) -> Span:
    """The time for which a trip takes the car: its own, and the turnaround after it."""
    return Span(trip.start, trip.end + turnaround_of(car, policies))


def _minutes_to_charge(car: Car, policies: Policies) -> int:
    """Minutes at the bay's charger to regain the range of a usual trip (`turnaround_range`, miles), at `charger_power`
    watts of which some are lost on the way; none for a car without a battery to plug in, or a bay without a charger.
    """
    model = car.model
    if not car.electric or model.battery_kwh is None or not car.bay.charger or not policies["charger_power"].value:
        return 0
    lost = 1 + policies["charging_loss"].value / 100
    watt_hours = min(policies["turnaround_range"].value / model.range_miles, 1) * model.battery_kwh * 1000 * lost
    minutes = watt_hours * 60 / policies["charger_power"].value
    return min(int(-(-minutes // QUARTER)) * QUARTER, MOST)
