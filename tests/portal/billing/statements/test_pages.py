"""The statement's pages: a member's own, every line opened to its reason, and the way to say that it is not right."""

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.database import db, transaction
from core.money import Money
from fleet.cars.models import Car
from portal.billing.adjustments.give import give_back
from portal.billing.credits.grant import grant
from portal.billing.credits.models import CreditKind
from portal.billing.disputes.models import Dispute
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import add_business, let_pay, own_payer
from portal.billing.statements.queries import StatementRows
from tests.factories import NOON
from tests.portal.billing.made import payer
from tests.portal.billing.statements.test_pdf import words_of_pdf
from tests.portal.billing.statements.test_queries import charge
from tests.reservations.made import Street, a_street, booked
from tests.reservations.pages import browser_of, without_its_number, words_of

pytestmark = pytest.mark.one_database  # what stands behind the pages has tests of its own, on both


@pytest.fixture
def street(app, clock) -> Street:
    return a_street(app, clock)


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def browser(site, ada, street):
    return browser_of(site, ada.user, street.clock)


@pytest.fixture
def trip(street, ada):
    """A trip that came back late and is paid."""
    made = booked(ada)
    street.unlocked(made)
    street.returned(made, made.ends_at + timedelta(minutes=20))
    street.work()
    return made


def lines_of(trip) -> dict[str, LedgerRow]:
    return {row.code: row for row in db.session.scalars(
        select(LedgerRow).where(LedgerRow.reservation_id == trip.id).order_by(LedgerRow.id))}


def test_the_statement_has_every_row_with_its_balance_and_a_way_to_its_reason(browser, ada, trip):
    answer = browser.get("/account/statement")
    words = words_of(answer)
    assert "Nothing is open." in words
    assert "November 2026" in words
    for row in StatementRows(payer(ada).id, limit=None).all():
        assert f'/account/statement/{row.line.id}"' in answer.text
        assert f"${abs(row.balance.cents) / 100:,.2f}" in words
    assert "Paid with Visa ending 4242" in words


def test_nothing_yet_says_what_will_come(site, people, street):
    words = words_of(browser_of(site, people.member("New One", card=None).user, street.clock).get("/account/statement"))
    assert "Nothing here yet." in words
    assert "Your first trip’s lines come here when it ends" in words


def test_older_lines_are_a_page_further_and_their_balances_count_all_before(site, people, street):
    bo = people.member("Bo Lindqvist", card=None)
    for number in range(45):
        charge(own_payer(bo.id), 100, NOON - timedelta(days=number), f"row-{number}")
    browser = browser_of(site, bo.user, street.clock)
    first = browser.get("/account/statement")
    before = re.search(r"before=(\d+)", first.text)[1]
    second = browser.get("/account/statement", before=before)
    assert [len(re.findall(r'/account/statement/\d+"', page.text)) for page in (first, second)] == [40, 5]
    assert "$45.00" in words_of(first)  # the newest: all of them are open
    assert "$5.00" in words_of(second)
    assert "Older lines" not in words_of(second)


@pytest.mark.parametrize("before", ["x", "-3", "9" * 30, "²", "0"])
def test_a_page_that_makes_no_sense_is_no_failure(browser, before):
    assert browser.get("/account/statement", before=before).status_code == 200


def test_a_line_opened_has_its_rule_its_sum_its_evidence_and_when_it_was_seen_before(browser, trip):
    lines = lines_of(trip)
    quoted = words_of(browser.get(f"/account/statement/{lines['time_weekday'].id}"))
    assert "Why was I charged" in quoted
    assert "Rule Tariff, version 1" in quoted
    assert "You saw it In your quote, when you booked on Tue, Nov 24, 12:00 PM" in quoted
    assert "How this trip was paid" in quoted
    late = words_of(browser.get(f"/account/statement/{lines['extra_time'].id}"))
    assert "Booked until" in late
    assert "You saw it" not in late


def test_every_row_of_an_account_opens(browser, ada, trip, people):
    grant(payer_id=payer(ada).id, kind=CreditKind.SERVICE, amount=Money(500), why="goodwill", once="g", now=NOON)
    give_back(line=lines_of(trip)["extra_time"], amount=Money(100), why="our_doing", by_user_id=people.staff("finance").id,
              once="one", now=NOON)
    rows = db.session.scalars(select(LedgerRow).where(LedgerRow.payer_id == payer(ada).id)).all()
    assert {"given_back", "refunded", "paid", "granted_service"} <= {row.code for row in rows}
    for row in rows:
        answer = browser.get(f"/account/statement/{row.id}")
        assert answer.status_code == 200, row.code
        assert "%(" not in answer.text


def test_a_corrected_line_names_its_correction_and_the_other_way_round(browser, trip, people):
    line = lines_of(trip)["extra_time"]
    give_back(line=line, amount=Money(100), why="our_doing", by_user_id=people.staff("finance").id, once="one", now=NOON)
    correction = db.session.scalars(select(LedgerRow).where(LedgerRow.corrects_id == line.id)).one()
    assert f'/account/statement/{correction.id}"' in browser.get(f"/account/statement/{line.id}").text
    back = browser.get(f"/account/statement/{correction.id}")
    assert f'/account/statement/{line.id}"' in back.text
    assert "Why did I get $1.00 back?" in words_of(back)


def test_somebody_elses_lines_answer_like_ones_that_do_not_exist(site, street, people, trip):
    stranger = browser_of(site, people.member("Bo Lindqvist", card=None).user, street.clock)
    token = stranger.token()
    for method, tail in (("GET", ""), ("POST", "/dispute")):
        sent = {"csrf_token": token, "words": "It is not mine."} if method == "POST" else None
        theirs, nobodys = (without_its_number(stranger.send(f"/account/statement/{number}{tail}", method=method, data=sent))
                           for number in (lines_of(trip)["time_weekday"].id, 2_147_483_000))
        assert theirs == nobodys
        assert theirs[0] == 404
    assert "time" not in stranger.get("/account/statement.csv").text.split("\r\n", 1)[1]
    assert db.session.scalars(select(Dispute)).all() == []
    assert db.session.scalars(select(Payer).where(Payer.member_id != trip.member_id)).all() == []  # looking makes no payer


def test_rows_between_our_own_books_are_nobodys_page(site, ada, browser, trip):
    with transaction():
        enter([Transfer(Account.CHARGED_BACK, Account.PROCESSOR, Money(100), Origin.BOOKS, "charged_back", "chargeback", 1,
                        "cb", NOON, payer_id=payer(ada).id)])
    row = db.session.scalars(select(LedgerRow).where(LedgerRow.once == "cb")).one()
    assert browser.get(f"/account/statement/{row.id}").status_code == 404


def test_a_driver_sees_the_lines_of_a_trip_that_their_business_pays(site, street, people):
    ada, business = people.member(), add_business(name="Acme", email="bills@acme.example", at=NOON)
    let_pay(payer_id=business.id, member_id=ada.id, at=NOON)
    made = booked(ada)
    street.unlocked(made)
    street.returned(made)
    browser = browser_of(site, ada.user, street.clock)
    assert browser.get(f"/account/statement/{lines_of(made)['time_weekday'].id}").status_code == 200
    assert "Acme pays for your trips" in words_of(browser.get("/account/statement"))


def test_a_line_is_disputed_in_words_once(browser, site, trip):
    line = lines_of(trip)["extra_time"]
    at = f"/account/statement/{line.id}"
    empty = browser.post(f"{at}/dispute", words="  ")
    assert empty.status_code == 422
    assert "Say in a sentence what is not right." in words_of(empty)
    answer = browser.post(f"{at}/dispute", words="The lot was full.")
    dispute = db.session.scalars(select(Dispute)).one()
    assert answer.headers["Location"] == f"/account/disputes/{dispute.id}"
    assert site.extensions["adapters"].seal.open(dispute.words_sealed) == "The lot was full."
    again = browser.post(f"{at}/dispute", words="The lot was full.")
    assert again.status_code == 409
    assert "You have disputed this line already." in words_of(again)
    words = words_of(browser.get(at))
    assert "We decide by" in words
    assert "This is not right" not in words
    assert "Disputed" in words_of(browser.get("/account/statement"))


def test_what_gives_something_cannot_be_disputed(browser, ada, trip):
    paid = db.session.scalars(select(LedgerRow).where(LedgerRow.code == "paid")).first()
    assert "This is not right" not in words_of(browser.get(f"/account/statement/{paid.id}"))
    assert browser.post(f"/account/statement/{paid.id}/dispute", words="Too much.").status_code == 409


def test_the_table_is_the_same_account_oldest_first(browser, ada, trip):
    answer = browser.get("/account/statement.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="roundtrip-statement.csv"'
    head, *rows = csv.reader(io.StringIO(answer.text))
    assert head[:3] == ["date", "line", "what"]
    mine = StatementRows(payer(ada).id, limit=None).all()[::-1]
    assert [(int(row[1]), round(float(row[6]) * 100), round(float(row[7]) * 100)) for row in rows] == [
        (row.line.id, row.line.amount.cents, row.balance.cents) for row in mine]
    assert rows[0][4] == trip.reference
    assert list(csv.reader(io.StringIO(browser.get("/account/statement.csv", month="2026-10").text)))[1:] == []


def test_no_cell_of_the_table_is_a_formula(browser, trip):
    with transaction():
        db.session.execute(update(Car).where(Car.id == trip.car_id).values(name='=HYPERLINK("http://evil.example")'))
    rows = list(csv.reader(io.StringIO(browser.get("/account/statement.csv").text)))[1:]
    assert any(row[5].startswith("'=HYPERLINK") for row in rows)
    assert not any(cell.startswith(("=", "+", "@", "\t")) for row in rows for cell in row)


def test_the_paper_has_the_months_total(browser, ada, trip):
    answer = browser.get("/account/statement.pdf")
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="roundtrip-statement-2026-11.pdf"'
    words = words_of_pdf(answer.data)
    costs = sum(row.line.amount.cents for row in StatementRows(payer(ada).id, limit=None).all()
                if row.line.origin in ("quote", "after"))
    assert f"Costs ${costs / 100:,.2f}" in words
    assert f"Paid, less what was sent back –${costs / 100:,.2f}" in words
    assert "Nothing was charged and nothing was paid in this month." in words_of_pdf(
        browser.get("/account/statement.pdf", month="2026-10").data)


@pytest.mark.parametrize("month", ["2026-13", "november", "0000-01", "2026-1", "9999-12", "2026-11-02"])
@pytest.mark.parametrize("kind", ["csv", "pdf"])
def test_what_is_no_month_is_no_address(browser, kind, month):
    assert browser.get(f"/account/statement.{kind}", month=month).status_code == 404
