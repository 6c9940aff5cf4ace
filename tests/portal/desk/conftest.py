"""The finance desk's tests: two people of the role, and cars that answer."""

import pytest

from portal.account.models import Role
from tests.portal.desk.made import Office
from tests.reservations.made import Street, a_street
from tests.reservations.pages import browser_of


@pytest.fixture
def office(app, clock, people) -> Office:
    """The desk with two people of the finance role, each in a browser of their own."""
    paul, rhea = people.staff(Role.FINANCE, "Paul Lindqvist"), people.staff(Role.FINANCE, "Rhea Kapoor")
    return Office(app, clock, people, paul, rhea, browser_of(app, paul, clock), browser_of(app, rhea, clock))


@pytest.fixture
def street(app, clock) -> Street:
    """Cars in the street that answer at once, and a worker."""
    return a_street(app, clock)
