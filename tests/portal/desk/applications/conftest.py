"""The reviewers' tests: two people of the role, each in a browser of their own."""

import pytest

from portal.account.models import Role
from tests.portal.desk.applications.made import Reviews
from tests.reservations.pages import browser_of


@pytest.fixture
def reviews(app, clock, people) -> Reviews:
    ines, otto = people.staff(Role.REVIEWER, "Ines Duarte"), people.staff(Role.REVIEWER, "Otto Weiss")
    return Reviews(app, clock, people, ines, otto, browser_of(app, ines, clock), browser_of(app, otto, clock))
