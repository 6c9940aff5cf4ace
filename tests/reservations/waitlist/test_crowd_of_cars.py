"""Where thousands of cars would do, a wait looks at no more of them than a search does."""

from itertools import pairwise

import pytest

from fleet.cars.where import metres_apart
from reservations.search.nearby import LOOKED_AT
from reservations.waitlist.models import Wait
from reservations.waitlist.queries import cars_for
from tests.reservations.search.test_crowd import CITY_HALL, CROWD, RADIUS_M, crowd, rows_read

__all__ = ["crowd"]  # the fixture


@pytest.mark.usefixtures("crowd")
def test_of_thousands_of_cars_that_would_do_the_nearest_are_looked_at():
    with rows_read() as counts:
        found = cars_for(Wait(lat=CITY_HALL[0], lng=CITY_HALL[1], within_m=int(RADIUS_M)))
    assert (len(found), sum(counts) < CROWD / 3) == (LOOKED_AT, True)
    assert all(a <= b + 0.01 for a, b in pairwise(metres_apart(*CITY_HALL, car.lat, car.lng) for car in found))
