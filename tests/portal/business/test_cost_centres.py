"""A business that demands a cost centre: every way of booking asks for one, not the booking page alone."""

import pytest
from sqlalchemy import select

from core.database import db
from portal.billing.payers.cost_centres import add_cost_centre, change_cost_centre, demand_cost_centre
from portal.billing.payers.models import PayerDriver
from portal.billing.payers.terms import Terms, set_terms
from reservations.booking.cancel import cancel
from reservations.booking.models import Reservation
from reservations.waitlist.join import Wish, join_waitlist
from tests.factories import NOON, a_car
from tests.portal.api.machines import machine_of
from tests.portal.business.made import a_business
from tests.reservations.made import TOMORROW, a_street, booked
from tests.reservations.pages import browser_of

pytestmark = pytest.mark.one_database


@pytest.fixture
def ben(people):
    """He drives for Lakeside and has no usual cost centre."""
    return people.member("Ben Ode", card=None)


@pytest.fixture
def sales(ben):
    """The only one of Lakeside's, which demands one."""
    firm = a_business("Lakeside Ltd", ben)
    made = add_cost_centre(payer_id=firm.id, name="Sales", code="S1")
    demand_cost_centre(payer_id=firm.id, demand=True, at=NOON)
    return made.id


def booked_on(member) -> list[int | None]:
    db.session.rollback()
    return list(db.session.scalars(select(Reservation.cost_centre_id).where(Reservation.member_id == member.id)))


def test_a_series_asks_for_it(app, ben, sales, clock):
    driver = browser_of(app, ben.user, clock)
    days = f"/cars/{a_car().slug}/repeat?start=2026-11-25T12:00&end=2026-11-25T15:00&day=2&until=2026-12-09"
    answer = driver.fill_in(days, cost_centre="")
    assert (answer.status_code, "name a cost centre" in answer.text, booked_on(ben)) == (422, True, [])
    assert driver.fill_in(days, cost_centre=str(sales)).status_code == 302
    assert booked_on(ben) == [sales] * 3


def test_an_offer_of_the_waitlist_asks_for_it(app, ben, sales, people, clock):
    street, theirs = a_street(app, clock), booked(people.member("Cy Park"))
    wait = join_waitlist(member=ben, wish=Wish(TOMORROW, a_car()), once="wait", now=NOON)
    cancel(reservation=theirs, now=NOON)
    street.work()
    driver, page = browser_of(app, ben.user, clock), f"/waitlist/{wait.id}"
    assert f'<option value="{sales}">S1 Sales' in driver.get(page).text
    assert driver.post(f"{page}/accept", waiver="included", cost_centre="").location == page
    assert "name a cost centre" in driver.get(page).text
    assert driver.post(f"{page}/accept", waiver="included", cost_centre=str(sales)).location.startswith("/trips/")
    assert booked_on(ben) == [sales]


def test_a_program_names_it_by_its_code(app, ben, sales, clock):
    machine = machine_of(app, ben, clock)
    wish = {"car_id": a_car().slug, "start": "2026-11-25T12:00:00-06:00", "end": "2026-11-25T15:00:00-06:00"}
    without = machine.ask("POST", "/reservations", wish, key="a")
    assert (without.status_code, without.json["code"]) == (422, "cost_centre_first")
    wrong = machine.ask("POST", "/reservations", wish | {"cost_centre": "S2"}, key="b")
    assert [fault["field"] for fault in wrong.json["errors"]] == ["cost_centre"]
    assert machine.ask("POST", "/reservations", wish | {"cost_centre": "s1"}, key="c").status_code == 201
    assert booked_on(ben) == [sales]


def test_a_program_reads_which_there_are_and_nobody_reads_another_businesses(site, app, ben, sales, people, clock):
    mine = db.session.scalars(select(PayerDriver)).one()
    closed = add_cost_centre(payer_id=mine.payer_id, name="Old", code="A0")
    change_cost_centre(payer_id=mine.payer_id, cost_centre_id=closed.id, name="Old", code="A0", active=False)
    set_terms(payer_id=mine.payer_id, member_id=ben.id, terms=Terms(cost_centre_id=sales))
    cy = people.member("Cy Park", card=None)
    add_cost_centre(payer_id=a_business("Harbor LLC", cy).id, name="Docks", code="D1")
    told = machine_of(site, ben, clock).get("/me/cost-centres").json
    assert told == {"demanded": True, "items": [{"code": "S1", "name": "Sales", "usual": True}]}
    assert machine_of(site, cy, clock).get("/me/cost-centres").json == {
        "demanded": False, "items": [{"code": "D1", "name": "Docks", "usual": False}]}
    assert machine_of(site, people.member("Di Vo"), clock).get("/me/cost-centres").json == {"demanded": False, "items": []}
