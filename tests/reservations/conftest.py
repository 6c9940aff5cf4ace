"""What the tests of bookings and trips share: cars that answer."""

import pytest

from tests.reservations.made import Street, a_street


@pytest.fixture
def street(app, clock) -> Street:
    """Cars in the street that answer at once, and a worker."""
    return a_street(app, clock)
