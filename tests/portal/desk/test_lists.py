"""The desk's lists: open to finance alone, found, sorted, paged and exported, each count with its rows behind it."""

import csv
import io

import pytest
from sqlalchemy import event, select

from core.database import db, transaction
from core.money import Money
from core.outbox import OutboxRow
from portal.account.models import Member, Role
from portal.billing.adjustments.give import give_credit
from portal.billing.dunning.remind import nobody_pays
from portal.billing.invoices.issue import issue_invoices
from portal.billing.invoices.models import Invoice
from portal.billing.notices.answer import contest
from portal.billing.notices.models import NoticeKind
from portal.billing.notices.send import send_notice
from portal.billing.payers.payer_of import add_business, let_pay, locked
from portal.billing.payments.models import Purpose
from portal.desk.needs import needs
from portal.desk.payers import Payers
from portal.desk.rows import PayerRows, Rows
from portal.web.listing import SIZE
from portal.web.say import CITY_ZONE
from tests.factories import hours
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of

LISTS = ["/office/", "/office/payers", "/office/disputes?show=all", "/office/adjustments?show=all", "/office/notices?show=all",
         *(f"/office/failures?list={name}" for name in ("owing", "declined", "confirm", "calls", "refunds")),
         "/office/chargebacks", "/office/reconciliation", "/office/movements", "/office/ledger", "/office/ledger/rows",
         "/office/invoices", "/office/businesses"]
EXPORTS = ["/office/payers.csv", "/office/disputes.csv?show=all", "/office/adjustments.csv?show=all",
           "/office/notices.csv?show=all",
           *(f"/office/failures.csv?list={name}" for name in ("owing", "declined", "confirm", "calls", "refunds")),
           "/office/chargebacks.csv", "/office/reconciliation.csv", "/office/movements.csv", "/office/ledger.csv",
           "/office/ledger/rows.csv", "/office/invoices.csv"]


def happened(office, name, number=0):
    """Something on every list, about one payer more."""
    payer = office.payer(name)
    member = db.session.get(Member, payer.member_id)
    line = office.charged(payer, 3000)
    office.disputed(line)
    office.declined(payer, 3000)
    with transaction():
        nobody_pays(locked(payer.id), office.clock())
    give_credit(payer=payer, amount=Money(9000), why="goodwill", by_user_id=office.paul.id, once=name, now=office.clock())
    trip = booked(member, span=hours(24 + 2 * number, 25 + 2 * number), now=office.clock())
    notice = send_notice(payer_id=trip.payer_id, member_id=member.id, reservation_id=trip.id,
                         kind=NoticeKind.TOLL, amount=Money(500),
                         facts={"what": "toll"}, by_user_id=office.paul.id, once=f"notice-{trip.id}", now=office.clock())
    contest(notice=notice, words="No.", seal=office.app.extensions["adapters"].seal, now=office.clock())
    other = office.payer(f"{name} too")
    office.charged(other, 4000)
    office.charged_back(office.paid(other, 4000))
    office.moved(4000, 4000, fee=40)
    office.moved(700, None)
    business = add_business(name=f"{name} LLC", email="accounts@example.com", at=office.clock())
    let_pay(payer_id=business.id, member_id=other.member_id, at=office.clock())
    office.charged(business, 5000)
    return payer


@pytest.mark.one_database
def test_the_desk_is_open_to_finance_and_admin_alone(office):
    roles = (Role.FLEET, Role.CX, Role.SUPPORT, Role.REVIEWER)
    others = [browser_of(office.app, user, office.clock) for user in (
        office.people.member(card=None).user, *(office.people.staff(role) for role in roles))]
    admin = browser_of(office.app, office.people.staff(Role.ADMIN), office.clock)
    for path in (*LISTS, *EXPORTS):
        assert [browser.send(path).status_code for browser in others] == [403] * 4 + [200 if path == "/office/" else 403], path
        assert admin.send(path).status_code == 200, path
    assert office.app.test_client().get("/office/").location.startswith("/sign-in")


@pytest.mark.one_database
def test_finance_starts_at_its_desk_and_finds_back_to_it(office):
    page = office.browser.get("/office/payers").text
    assert 'class="mark" href="/office/"' in page
    assert 'href="/office/payers" aria-current="page"' in page
    assert 'href="/office/">Back to your desk' in office.browser.get("/office/nowhere").text.replace("<span>", "")


def test_every_list_and_export_opens_with_something_in_it(office):
    happened(office, "Ada Okafor")
    office.clock.forward(days=20)
    issue_invoices(office.clock(), CITY_ZONE)
    for path in (*LISTS, *EXPORTS):
        assert office.browser.send(path).status_code == 200, path


def test_what_needs_somebody_counts_the_rows_that_its_link_lists(office):
    happened(office, "Ada Okafor")
    happened(office, "Daniel Osei", 1)
    office.clock.forward(days=20)
    issue_invoices(office.clock(), CITY_ZONE)
    office.clock.forward(days=20)
    with office.app.test_request_context():
        found = needs(office.clock(), office.paul.id)
    counts = {need.label: need.count for need in found}
    assert counts["Disputes to decide"] == counts["Invoices past their date"] == counts["Waiting for a second person"] == 2
    assert counts["Last night’s check of the ledger found differences"] == 0
    for need in found:
        if need.count and "ledger#" not in need.href:
            assert f"of {need.count}" in words_of(office.browser.send(need.href)), need
    page = words_of(office.browser.get("/office/"))
    assert "2 overdue; the oldest was due" in page
    assert "2 of them yours: not by you" in page
    assert "2 of them yours" not in words_of(office.rheas.get("/office/"))


@pytest.mark.one_database
def test_a_desk_with_nothing_to_do_says_so(office):
    assert "Nothing needs you now" in words_of(office.browser.get("/office/"))


class Statements:
    """Counts what is sent to the database inside the block."""

    def __enter__(self):
        self.count = 0
        event.listen(db.engine, "before_cursor_execute", self._seen)
        return self

    def __exit__(self, *_error):
        event.remove(db.engine, "before_cursor_execute", self._seen)

    def _seen(self, *_args):
        self.count += 1


def questions(office, paths):
    asked = {}
    for path in paths:
        office.browser.send(path)  # what is remembered between requests is there now
        with Statements() as statements:
            assert office.browser.send(path).status_code == 200
        asked[path] = statements.count
    return asked


@pytest.mark.one_database
def test_the_number_of_questions_does_not_grow_with_the_rows(office):
    first = happened(office, "Ada Okafor")
    paths = [*LISTS, *EXPORTS, f"/office/payers/{first.id}", f"/office/payers/{first.id}/rows.csv"]
    office.clock.forward(days=20)
    issue_invoices(office.clock(), CITY_ZONE)
    few = questions(office, paths)
    for number in range(6):
        happened(office, f"Member {number}", number + 300)
        office.charged(first, 100)
        office.wanted(first, 100, purpose=Purpose.BALANCE)
    office.clock.forward(days=20)
    issue_invoices(office.clock(), CITY_ZONE)
    assert questions(office, paths) == few


def names(**asked):
    question = Payers(**asked)
    found = [row.payer_name for row in db.session.execute(question.select())]
    assert question.count() == len(found)
    return found


def test_payers_are_found_by_name_address_and_the_last_four_of_a_card(office):
    ada, dan = office.payer("Ada Okafor", card="1881"), office.payer("Daniel Osei", card="0005")
    office.charged(ada, 500)
    add_business(name="Blue % Line", email="pay@blue.example", at=office.clock())
    with transaction():
        locked(dan.id).booking_stopped_at = office.clock()
        db.session.flush()
    assert names() == ["Ada Okafor", "Blue % Line", "Daniel Osei"]
    assert names(q="oka") == names(q="1881") == names(show="owing") == ["Ada Okafor"]
    assert names(q="BLUE.EXAMPLE") == names(q="%") == names(show="business") == ["Blue % Line"]
    assert names(show="stopped") == names(q="0005") == ["Daniel Osei"]
    assert names(q="_") == names(q="nobody") == []
    assert names(sort="-owed")[0] == "Ada Okafor"
    assert names(sort="-name") == names()[::-1]


def test_rows_of_a_payer_run_to_what_they_owe_now(office):
    payer = office.payer()
    for cents in (1000, 2000, 3000):
        office.charged(payer, cents)
    office.paid(payer, 2500)
    give_credit(payer=payer, amount=Money(900), why="goodwill", by_user_id=office.paul.id, once="x", now=office.clock())
    rows = db.session.execute(PayerRows(payer_id=payer.id).select()).all()
    assert [row.owed_after for row in rows] == [3500, 3500, 6000, 3000, 1000]
    db.session.refresh(payer)
    assert rows[0].owed_after == payer.owed_cents
    oldest_first = db.session.execute(PayerRows(payer_id=payer.id, sort="id").select()).all()
    assert [row.owed_after for row in oldest_first] == [1000, 3000, 6000, 3500, 3500]


def test_a_day_of_the_ledger_is_the_citys(office):
    payer = office.payer()
    office.clock.at = hours(11.5, 12).start  # half past eleven at night in Chicago, the next day in UTC
    office.charged(payer, 1000)
    office.clock.forward(hours=1)
    office.charged(payer, 2000)
    assert [row.LedgerRow.amount_cents for row in db.session.execute(Rows(day="2026-11-24").select())] == [1000]
    assert [row.LedgerRow.amount_cents for row in db.session.execute(Rows(day="2026-11-25").select())] == [2000]
    assert Rows(day="no day").count() == Rows(account="no account", origin="none", payer="x").count() == 2
    assert Rows(account="fees", code="low_fuel", origin="after", payer=str(payer.id)).count() == 2
    assert Rows(account="bank").count() == 0


@pytest.mark.one_database
def test_long_lists_have_pages_and_wild_addresses_are_the_first(office):
    payer = office.payer()
    for cents in range(1, SIZE + 8):
        office.charged(payer, cents)
    first, last = (office.browser.send(f"/office/ledger/rows?page={page}") for page in (1, 2))
    assert f"1 to {SIZE} of {SIZE + 7}" in words_of(first)
    assert f"{SIZE + 1} to {SIZE + 7} of {SIZE + 7}" in words_of(last)
    for wild in ("page=-1", "page=99999999999", "page=x", "sort=colour", "show=moon", "payer=9999999999", "day=2026-13-45"):
        assert office.browser.send(f"/office/ledger/rows?{wild}").status_code == 200
    assert office.browser.get("/office/payers/2147483648").status_code == 404
    assert office.browser.get("/office/payers/99999").status_code == 404
    assert office.browser.get("/office/lines/99999").status_code == 404
    assert office.browser.get("/office/disputes/00000000-0000-7000-8000-000000000000").status_code == 404


@pytest.mark.one_database
def test_exports_read_back_without_private_words_and_with_dangerous_names_neutralised(office):
    office.charged(office.payer('=HYPERLINK("x")'), 1234)
    office.disputed(office.charged(office.payer(), 3000), "Secret words")
    rows = list(csv.DictReader(io.StringIO(office.browser.get("/office/payers.csv").text)))
    assert {row["name"]: row["owed_cents"] for row in rows} == {"'=HYPERLINK(\"x\")": "1234", "Ada Okafor": "3000"}
    disputes = office.browser.get("/office/disputes.csv")
    assert len(list(csv.DictReader(io.StringIO(disputes.text)))) == 1
    assert "Secret" not in disputes.text
    assert "gAAAA" not in disputes.text
    assert disputes.headers["Content-Disposition"] == 'attachment; filename="disputes.csv"'


@pytest.mark.one_database
def test_a_page_shows_last_four_digits_and_no_id_of_a_card(office):
    payer = office.payer(card="1881")
    page = office.browser.get(f"/office/payers/{payer.id}").text
    assert "1881" in page
    assert "pm_" not in page


@pytest.mark.one_database
def test_an_invoice_is_opened_paid_once_and_printed(office):
    business = add_business(name="Blue Line LLC", email="pay@example.com", at=office.clock())
    office.charged(business, 5000)
    office.clock.forward(days=10)
    issue_invoices(office.clock(), CITY_ZONE)
    invoice = db.session.query(Invoice).one()
    page = f"/office/invoices/{invoice.id}"
    assert "Total $50.00" in words_of(office.browser.get(page))
    for day, said in (("2026-11-01", "from the invoice’s own to today"), ("2027-01-01", "to today"), ("x", "like 2026-11-28")):
        answer = office.browser.fill_in(page, paid_on=day)
        assert answer.status_code == 422
        assert said in words_of(answer)
    assert office.browser.fill_in(page, paid_on="2026-12-04").status_code == 302
    assert "Paid" in words_of(office.browser.get(page))
    db.session.expire_all()
    assert business.owed_cents == 0
    assert office.browser.get(f"{page}.pdf").data.startswith(b"%PDF")


def test_a_business_is_added_once_and_its_drivers_come_and_go(office):
    member = office.people.member("Bo Li", card=None)
    made = office.browser.fill_in("/office/businesses", name="Blue Line  LLC", email="Pay@Example.com")
    page = made.location
    assert "There is a business of this name already." in words_of(
        office.browser.fill_in("/office/businesses", name="blue line llc", email="pay@example.com"))
    assert "No member signs in with this address." in words_of(office.browser.fill_in(page, email="nobody@example.com"))
    assert office.browser.fill_in(page, email=member.user.email.upper()).location == page
    assert "Bo Li" in words_of(office.browser.get(page))
    assert db.session.scalars(select(OutboxRow.member_id).where(OutboxRow.kind == "on_account")).all() == [member.id]
    assert office.browser.post(f"{page}/drivers/{member.id}/stop").location == page
    assert "Nobody yet" in words_of(office.browser.get(page))
    assert office.browser.get(f"/office/businesses/{office.payer().id}").status_code == 404
