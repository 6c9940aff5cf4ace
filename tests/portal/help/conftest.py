"""Help's tests: two colleagues at the desk."""

import pytest

from portal.account.models import Role
from tests.portal.help.made import Desk
from tests.reservations.made import Street, a_street


@pytest.fixture
def desk(app, clock, people) -> Desk:
    return Desk(app, clock, people.staff(Role.SUPPORT, "Ana Reyes"), people.staff(Role.SUPPORT, "Ben Ochieng"))


@pytest.fixture
def street(app, clock) -> Street:
    """Cars in the street that answer at once, and a worker."""
    return a_street(app, clock)
