"""Business accounts: run by people who need not drive, each of whom sees their own business and no other."""

import csv
import io

import pytest
from sqlalchemy import select

from core.audit import AuditRow, broken_links
from core.database import db
from core.money import Money
from portal.account.models import Role, User
from portal.billing.payers.accept import accept_as_new
from portal.billing.payers.admins import admins_of, remove_admin
from portal.billing.payers.cost_centres import add_cost_centre, cost_centres_of
from portal.billing.payers.errors import LastAdmin, NotADriverYet
from portal.billing.payers.invite import invite
from portal.billing.payers.models import AccountAdmin, Invitation, InvitedAs, PayerDriver
from portal.billing.payers.terms import Terms, set_terms
from reservations.booking.cancel import cancel
from tests.factories import NOON, a_car, hours
from tests.portal.business.made import a_business, an_admin
from tests.portal.business.test_drivers import link_of
from tests.reservations.made import booked
from tests.reservations.pages import Browser, browser_of, words_of

pytestmark = pytest.mark.one_database
PAGES = ("", "/trips", "/trips.csv", "/cost-centres", "/invoices", "/admins")


@pytest.fixture
def firm(people):
    """Ana, who is no member, runs Lakeside, for which Ben and Cyd drive."""
    ana = an_admin(people)
    ben, cyd = people.member("Ben Ode", card=None), people.member("Cyd Ruiz", card=None)
    return a_business("Lakeside Ltd", ben, cyd, admins=(ana,)), ana, ben, cyd


def test_an_admin_who_is_no_member_signs_in_to_their_business_and_to_nothing_of_members(app, firm, clock):
    lakeside, ana, _ben, _cyd = firm
    browser = browser_of(app, ana, clock)
    assert browser.get("/business/").location == f"/business/{lakeside.id}"
    for page in PAGES:
        assert browser.get(f"/business/{lakeside.id}{page}").status_code == 200, page
    closed = ("/trips", "/account/drivers", "/office/payers")
    assert [browser.get(page).status_code for page in closed] == [403] * 3
    assert "Find a car" not in browser.get(f"/business/{lakeside.id}").text.split("<main")[0]


def test_another_business_answers_as_one_that_does_not_exist(app, people, firm, clock):
    lakeside, _ana, ben, _cyd = firm
    dan = an_admin(people, "Dan Fox")
    harbor = a_business("Harbor LLC", admins=(dan,))
    theirs = add_cost_centre(payer_id=lakeside.id, name="Sales", code="S1")
    browser, driver = browser_of(app, dan, clock), browser_of(app, ben.user, clock)
    for business in (lakeside.id, 2_000_000_000):
        for page in (*PAGES, f"/drivers/{ben.id}", f"/cost-centres/{theirs.id}", "/invoices/1.pdf", "/invoices/1.csv"):
            assert browser.get(f"/business/{business}{page}").status_code == 404, page
            assert driver.get(f"/business/{business}{page}").status_code == 404, page
        for deed in (f"/drivers/{ben.id}/end", "/cost-centres/demand", f"/admins/{dan.id}/remove", "/cost-centres"):
            assert browser.post(f"/business/{business}{deed}", code="X", name="X", active="y").status_code == 404, deed
    assert browser.get(f"/business/{harbor.id}/drivers/{ben.id}").status_code == 404
    assert browser.get(f"/business/{harbor.id}/cost-centres/{theirs.id}").status_code == 404
    assert len(db.session.scalars(select(PayerDriver)).all()) == 2


def test_finance_invites_the_first_admin_who_makes_an_account_without_a_membership(app, people, clock):
    firm, finance = a_business("Lakeside Ltd"), browser_of(app, people.staff(Role.FINANCE), clock)
    answer = finance.post(f"/office/businesses/{firm.id}/admins", admin="ana@lakeside.example")
    assert answer.status_code == 302
    assert "ana@lakeside.example" in words_of(finance.get(answer.location))
    link, visitor = link_of(app, "ana@lakeside.example"), Browser(app.test_client(), clock)
    assert visitor.fill_in(link, name="Ana Diaz", password="short").status_code == 422
    answer = visitor.fill_in(link, name="Ana Diaz", password="seven quiet herons wade")
    assert answer.location == f"/business/{firm.id}"
    assert "Lakeside Ltd" in words_of(visitor.get(answer.location))
    ana = db.session.scalars(select(User).where(User.email == "ana@lakeside.example")).one()
    assert (ana.member, ana.roles) == (None, frozenset())
    assert Browser(app.test_client(), clock).get(link).status_code == 410


def test_an_address_that_signs_in_already_gets_no_second_account(app, people, clock, firm):
    lakeside, ana, ben, _cyd = firm
    browser_of(app, ana, clock).fill_in(f"/business/{lakeside.id}/admins", email=ben.user.email)
    link, visitor = link_of(app, ben.user.email), Browser(app.test_client(), clock)
    answer = visitor.fill_in(link, name="Ben Ode", password="seven quiet herons wade")
    assert (answer.status_code, "already an account" in words_of(answer)) == (409, True)
    assert browser_of(app, ben.user, clock).fill_in(link).location == f"/business/{lakeside.id}"
    assert "Lakeside Ltd" in words_of(browser_of(app, ben.user, clock).get("/account/"))


def test_a_driver_link_makes_no_account(people, firm):
    lakeside, ana, _ben, _cyd = firm
    made = invite(payer_id=lakeside.id, email="kim@example.net", invited_as=InvitedAs.DRIVER, by=ana, now=NOON)
    with pytest.raises(NotADriverYet):
        accept_as_new(invitation_id=made.id, name="Kim", password="seven quiet herons wade", now=NOON)
    assert db.session.scalars(select(User).where(User.email == "kim@example.net")).all() == []


def test_somebody_always_runs_the_account_and_whoever_goes_sees_it_no_more(app, people, firm, clock):
    lakeside, ana, _ben, _cyd = firm
    with pytest.raises(LastAdmin):
        remove_admin(payer_id=lakeside.id, user_id=ana.id)
    bo = an_admin(people, "Bo Li")
    db.session.add(AccountAdmin(payer_id=lakeside.id, user_id=bo.id, since=NOON))
    db.session.commit()
    browser = browser_of(app, ana, clock)
    assert browser.post(f"/business/{lakeside.id}/admins/{ana.id}/remove").location == "/business/"
    assert browser.get(f"/business/{lakeside.id}").status_code == 404
    assert [user.id for user, _since in admins_of(lakeside.id)] == [bo.id]
    answer = browser_of(app, bo, clock).post(f"/business/{lakeside.id}/admins/{bo.id}/remove")
    assert (answer.status_code, len(admins_of(lakeside.id))) == (409, 1)


def test_what_an_admin_changes_leaves_audit_rows_with_their_number(app, firm, clock):
    lakeside, ana, ben, cyd = firm
    browser = browser_of(app, ana, clock)
    browser.fill_in(f"/business/{lakeside.id}/cost-centres", name="Sales", code="S1", active="y")
    browser.fill_in(f"/business/{lakeside.id}/drivers/{ben.id}", cover="premium", monthly="120.00", classes=["compact", "van"],
                    from_hour="7", until_hour="19", cost_centre=str(cost_centres_of(lakeside.id)[0].id))
    browser.post(f"/business/{lakeside.id}/drivers/{cyd.id}/end")
    browser.post(f"/business/{lakeside.id}/cost-centres/demand", demand="y")
    rows = db.session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
    assert {row.actor for row in rows} == {f"user {ana.id}"}, "their address would stay for ever"
    assert [row.object.split("/")[0] for row in rows] == ["cost_centres", "payer_drivers", "payer_drivers", "payers"]
    assert rows[1].after["monthly_cents"] == 12_000
    assert (rows[2].after, broken_links()) == ({}, [])
    one = db.session.get_one(PayerDriver, ben.id)
    assert (one.cover, one.classes, one.from_hour, one.until_hour) == ("premium", ["compact", "van"], 7, 19)


def test_the_history_is_of_days_drivers_and_cost_centres_and_its_table_runs_in_no_spreadsheet(app, firm, clock):
    lakeside, ana, ben, cyd = firm
    sales = add_cost_centre(payer_id=lakeside.id, name="=cmd|calc", code="@S1")
    set_terms(payer_id=lakeside.id, member_id=ben.id, terms=Terms(cost_centre_id=sales.id))
    today, gone = booked(ben, span=hours(2, 4)), booked(cyd, a_car(name="Basil"))
    late = booked(cyd, span=hours(24 * 10, 24 * 10 + 2))
    cancel(reservation=gone, now=NOON)
    browser = browser_of(app, ana, clock)

    def references(**asked):
        answer = browser.get(f"/business/{lakeside.id}/trips.csv", **asked)
        return [row["trip"] for row in csv.DictReader(io.StringIO(answer.text))]

    everything = {"first": "2026-11-01", "last": "2026-12-31"}
    assert references(**everything) == [late.reference, gone.reference, today.reference]
    assert references() == [today.reference], "this month so far"
    assert references(first="2026-11-25", last="2026-11-25") == [gone.reference]
    assert references(**everything, driver=ben.id) == references(**everything, centre=sales.id) == [today.reference]
    assert references(first="x", last="9999-99-99", driver="x") == [today.reference]
    row = next(csv.DictReader(io.StringIO(browser.get(f"/business/{lakeside.id}/trips.csv").text)))
    assert (row["cost_centre"], row["cost_centre_name"], row["driver"]) == ("'@S1", "'=cmd|calc", "Ben Ode")
    assert Money(round(float(row["cost"]) * 100)) == today.price
    page = words_of(browser.get(f"/business/{lakeside.id}/trips", **everything))
    assert "3 trips" in page
    assert "Tue, Nov 24, 2:00 PM – 4:00 PM." in page, "the day once, when it is the same one"
    assert today.car.lot.name not in page


def test_a_business_that_demands_one_has_the_booking_page_ask_for_a_cost_centre(app, firm, clock):
    lakeside, ana, ben, _cyd = firm
    centre = add_cost_centre(payer_id=lakeside.id, name="Sales", code="S1")
    browser_of(app, ana, clock).post(f"/business/{lakeside.id}/cost-centres/demand", demand="y")
    driver = browser_of(app, ben.user, clock)
    address = "/cars/acorn/book?start=2026-11-26T12:00-06:00&end=2026-11-26T15:00-06:00"
    answer = driver.fill_in(address, waiver="included", cost_centre="")
    assert (answer.status_code, "name a cost centre" in answer.text) == (422, True)
    assert driver.fill_in(address, waiver="included", cost_centre="999").status_code == 422
    assert driver.fill_in(address, waiver="included", cost_centre=str(centre.id)).status_code == 302


def test_a_driver_leaves_a_business_and_its_admins_invite_them_again(app, firm, clock):
    lakeside, ana, ben, _cyd = firm
    driver, admin = browser_of(app, ben.user, clock), browser_of(app, ana, clock)
    driver.post("/account/drivers/leave")
    assert db.session.get(PayerDriver, ben.id) is None
    assert admin.fill_in(f"/business/{lakeside.id}", email=ben.user.email).status_code == 302
    assert driver.fill_in(link_of(app, ben.user.email)).status_code == 302
    assert db.session.get(PayerDriver, ben.id, populate_existing=True).payer_id == lakeside.id
    assert len(db.session.scalars(select(Invitation)).all()) == 1
