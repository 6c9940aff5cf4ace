"""Which class of car may stand in for another: its equal, or better for every use of it."""

from fleet.cars.models import CarClass

# A van and a wheelchair-accessible car are booked for what only they can do: nothing else stands in.
STANDS_IN: dict[CarClass, frozenset[CarClass]] = {
    CarClass.ECONOMY: frozenset({CarClass.ECONOMY, CarClass.COMPACT, CarClass.WAGON, CarClass.SUV, CarClass.PREMIUM}),
    CarClass.COMPACT: frozenset({CarClass.COMPACT, CarClass.WAGON, CarClass.SUV, CarClass.PREMIUM}),
    CarClass.WAGON: frozenset({CarClass.WAGON, CarClass.SUV}),
    CarClass.SUV: frozenset({CarClass.SUV}),
    CarClass.VAN: frozenset({CarClass.VAN}),
    CarClass.PREMIUM: frozenset({CarClass.PREMIUM}),
    CarClass.EV: frozenset({CarClass.EV, CarClass.PREMIUM}),
    CarClass.ACCESSIBLE: frozenset({CarClass.ACCESSIBLE}),
}


def classes_for(wanted: str) -> tuple[str, ...]:
    """The classes of which a car may stand in for one of the wanted class; it needs at least as many seats besides."""
    return tuple(sorted(STANDS_IN[CarClass(wanted)]))
