"""The processor's books beside ours: day by day, line by line, and the balance."""

from sqlalchemy import select

from core.database import db, transaction
from core.money import Money
from core.outbox import OutboxRow
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, Origin
from portal.desk.books import Days, Movements, balance
from portal.desk.rows import trial_balance
from tests.factories import hours
from tests.reservations.pages import words_of


def days(**asked):
    return [(row.day, row.lines, row.theirs, row.ours, row.difference, row.fees, row.payouts, row.different)
            for row in db.session.execute(Days(**asked).select())]


def test_a_day_adds_up_what_they_have_and_what_we_have_and_payouts_stand_apart(office):
    office.moved(3000, 3000, fee=30)
    office.moved(500, None, fee=10)
    office.moved(-2000, -2000, kind="payout")
    office.clock.at = hours(6.5, 7).start  # evening in Chicago, the next day in UTC
    office.moved(-700, -600, kind="refund")
    assert days() == [("2026-11-25", 1, -700, -600, -100, 0, 0, 1), ("2026-11-24", 3, 3500, 3000, 500, 40, -2000, 1)]
    assert days(sort="day")[0][0] == "2026-11-24"
    assert days(show="differences") == [("2026-11-25", 1, -700, -600, -100, 0, 0, 1), ("2026-11-24", 1, 500, 0, 500, 10, 0, 1)]
    assert Days().count() == 2


def test_a_day_opens_into_its_lines_and_differences_stand_alone(office):
    same, unknown = office.moved(3000, 3000), office.moved(500, None)
    office.clock.forward(days=1)
    wrong = office.moved(-700, -600, kind="refund")

    def listed(**asked):
        return [row[0].id for row in db.session.execute(Movements(**asked).select())]

    assert listed(sort="theirs") == [wrong.id, unknown.id, same.id]
    assert set(listed(day="2026-11-24")) == {same.id, unknown.id}
    assert set(listed(show="differences")) == {unknown.id, wrong.id}
    assert listed(q=same.id) == [same.id]
    assert len(listed(day="2026-99-99")) == 3
    page = words_of(office.browser.send("/office/movements?show=differences"))
    assert "not in ours" in page
    assert "−$1.00" in page


def test_the_balance_is_the_account_against_the_lines_less_fees(office):
    payer = office.payer()
    office.charged(payer, 3000)
    office.paid(payer, 3000)
    office.moved(3000, 3000, fee=117)
    assert (balance().ours, balance().theirs, balance().difference) == (Money(3000), Money(2883), Money(-117))
    with transaction():
        enter([Transfer(Account.PROCESSOR_FEES, Account.PROCESSOR, Money(117), Origin.BOOKS, "processor_fee", "processor", 1,
                        "fee", office.clock())])
    assert balance().difference == Money(0)


def test_reading_the_books_again_is_a_job_once_a_minute(office):
    for _ in range(2):
        assert office.browser.post("/office/reconciliation/read").location == "/office/reconciliation"
    assert len(db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "reconcile")).all()) == 1
    office.clock.forward(minutes=1)
    office.browser.post("/office/reconciliation/read")
    assert len(db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "reconcile")).all()) == 2


def test_the_trial_balance_adds_up_to_nothing_and_opens_into_its_rows(office):
    payer = office.payer()
    office.charged(payer, 3000)
    office.paid(payer, 1000)
    sums = {each.account: each.balance.cents for each in trial_balance()}
    assert sums == {"receivable": 2000, "fees": -3000, "processor": 1000}
    assert sum(sums.values()) == 0
    page = office.browser.get("/office/ledger").text
    assert "/office/ledger/rows?account=receivable" in page
    assert "The ledger is whole." in page
    assert "1 to 2 of 2" in words_of(office.browser.get("/office/ledger/rows", account="receivable"))
