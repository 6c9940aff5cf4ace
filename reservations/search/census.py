"""How crowded it is with cars somewhere: a count per cell of a twentieth of a degree, so that a search begins with a circle
that probably suffices. It is a guess that only costs time when it is wrong, so it may be ten minutes old.
"""

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from time import monotonic

from sqlalchemy import Integer, bindparam, cast, func, select

from core.database import db
from fleet.cars.models import Car, CarState

CELLS = 20  # to the degree: 5.6 km from south to north
TILE = 10  # cells to a side of what is counted in one read
TRUSTED_SECONDS = 600

# One database cuts off where the other rounds: half a cell, in a guess.
_ROW, _COLUMN = cast((Car.lat + 90) * CELLS, Integer), cast((Car.lng + 180) * CELLS, Integer)
_IN_TILE = select(Car.car_class, _ROW, _COLUMN, func.count()).where(
    Car.lat >= bindparam("south"), Car.lat < bindparam("north"), Car.lng >= bindparam("west"), Car.lng < bindparam("east"),
    Car.state != CarState.RETIRED).group_by(Car.car_class, _ROW, _COLUMN)
Cell = tuple[int, int]


def cars_per_km2(lat: float, lng: float, car_classes: Sequence[str]) -> float:
    """Cars of the classes, or of any, in the cell of a place and the eight around it, to the square kilometre."""
    cell, database, while_ = (math.floor((lat + 90) * CELLS), math.floor((lng + 180) * CELLS)), db.engine.url.database, int(
        monotonic() // TRUSTED_SECONDS)
    side = 111.1 / CELLS
    return _around(cell, tuple(car_classes), database, while_) / (9 * side * side * max(0.1, math.cos(math.radians(lat))))


@lru_cache(maxsize=16_384)
def _around(cell: Cell, car_classes: tuple[str, ...], database: str | None, while_: int) -> int:
    count = 0
    for row, column in product(range(cell[0] - 1, cell[0] + 2), range(cell[1] - 1, cell[1] + 2)):
        counts = _count_tile(row // TILE, column // TILE, database, while_)
        count += sum(counts[(row, column), car_class] for car_class in car_classes or ("",))
    return count


@lru_cache(maxsize=512)
def _count_tile(row: int, column: int, _database: str | None, _while: int) -> Counter[tuple[Cell, str]]:
    """Each cell's cars by class, and of all classes under ""."""
    degrees = TILE / CELLS
    counts: Counter[tuple[Cell, str]] = Counter()
    for car_class, at_row, at_column, cars in db.session.execute(_IN_TILE, {
            "south": row * degrees - 90, "north": (row + 1) * degrees - 90,
            "west": column * degrees - 180, "east": (column + 1) * degrees - 180}):
        counts[(at_row, at_column), car_class] += cars
        counts[(at_row, at_column), ""] += cars
    return counts
