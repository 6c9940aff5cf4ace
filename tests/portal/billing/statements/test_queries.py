"""A statement counts every row, in the order of time, and its months add up."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.money import Money
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import own_payer
from portal.billing.payments.refund import correct
from portal.billing.statements.queries import (
    MonthTotals,
    StatementRows,
    Totals,
    balance_at,
    corrections_of,
    month_bounds,
    month_of,
    payer_of_pages,
)
from tests.factories import NOON


def charge(payer: Payer, cents: int, at: datetime, once: str, *, code: str = "membership", origin: Origin = Origin.MEMBERSHIP,
           taken: bool = False) -> None:
    """A row on the payer's account: onto it, or off it."""
    ends = (Account.PROCESSOR, Account.RECEIVABLE) if taken else (Account.RECEIVABLE, Account.MEMBERSHIP)
    with transaction():
        enter([Transfer(*ends, Money(cents), Origin.PAYMENT if taken else origin, "paid" if taken else code, "row", 1, once, at,
                        payer_id=payer.id, member_id=payer.member_id,
                        facts={"brand": "visa", "last_four": "4242"} if taken else {"month": "2026-11", "plan": "regular"})])


@pytest.fixture
def payer(app, people) -> Payer:
    return own_payer(people.member(card=None).id)


def counted(payer: Payer) -> list[tuple[int, int]]:
    """Every row of the payer that touches what is owed, oldest first, with the sum so far: counted again by hand."""
    rows = [row for row in db.session.scalars(select(LedgerRow)).all()
            if row.payer_id == payer.id and Account.RECEIVABLE in (row.debit_account, row.credit_account)]
    so_far, found = 0, []
    for row in sorted(rows, key=lambda row: (row.at, row.id)):
        so_far += row.amount_cents if row.debit_account == Account.RECEIVABLE else -row.amount_cents
        found.append((row.id, so_far))
    return found


def many(payer: Payer, number: int) -> None:
    for one in range(number):  # not in the order in which they are entered: a row may be of an earlier moment
        charge(payer, 100 + 7 * one, NOON - timedelta(days=(one * 5) % 11), f"row-{one}", taken=one % 3 == 2)


def test_the_running_balance_is_what_an_independent_count_says(payer):
    many(payer, 23)
    rows = StatementRows(payer.id).all()
    assert [(row.line.id, row.balance.cents) for row in rows][::-1] == counted(payer)
    db.session.refresh(payer)
    assert rows[0].balance.cents == payer.owed_cents


def test_pages_follow_on_each_other_without_a_gap_and_keep_their_balances(payer):
    many(payer, 23)
    found, before = [], None
    while page := StatementRows(payer.id, before, 5).all():
        assert len(page) <= 5
        found += [(row.line.id, row.balance.cents) for row in page]
        before = page[-1].line.id
    assert found[::-1] == counted(payer)


def test_somebody_elses_rows_and_rows_between_our_own_books_are_not_in_it(payer, people):
    many(payer, 3)
    other = own_payer(people.member("Bo Lindqvist", card=None).id)
    charge(other, 999, NOON, "another")
    with transaction():
        enter([Transfer(Account.PROCESSOR_FEES, Account.PROCESSOR, Money(59), Origin.BOOKS, "processor_fee", "processor", 1,
                        "fee", NOON, payer_id=payer.id)])
    assert len(StatementRows(payer.id).all()) == 3
    theirs = StatementRows(other.id).all()[0].line.id
    assert StatementRows(payer.id, before=theirs).all() == []


def test_a_stretch_of_time_begins_with_the_balance_of_what_was_before(payer):
    charge(payer, 700, NOON - timedelta(days=40), "old")
    charge(payer, 300, NOON, "new")
    (row,) = StatementRows(payer.id, since=NOON, until=NOON + timedelta(days=1)).all()
    assert (row.line.amount.cents, row.balance.cents) == (300, 1000)
    assert balance_at(payer.id, NOON) == 700


def test_a_month_is_the_citys_also_over_a_clock_change_and_the_new_year():
    assert month_of(datetime(2026, 11, 1, 4, 59, tzinfo=UTC)) == date(2026, 10, 1)  # still Halloween in Chicago
    assert month_of(datetime(2026, 11, 1, 5, 0, tzinfo=UTC)) == date(2026, 11, 1)
    since, until = month_bounds(date(2026, 11, 1))
    assert (until - since, until.astimezone(UTC) - since.astimezone(UTC)) == (timedelta(days=30), timedelta(days=30, hours=1))
    assert month_bounds(date(2026, 12, 1))[1].date() == date(2027, 1, 1)


def test_the_totals_of_a_month_are_all_of_it_and_add_up_to_its_change(payer):
    november, october = date(2026, 11, 1), date(2026, 10, 1)
    charge(payer, 700, month_bounds(november)[0] - timedelta(seconds=1), "october")
    charge(payer, 900, month_bounds(november)[0], "november")
    charge(payer, 500, NOON, "payment", taken=True)
    line = db.session.scalars(select(LedgerRow).where(LedgerRow.once == "november")).one()
    correct(line=line, amount=Money(200), why="goodwill", rule="refund_alone", rule_version=1, once="c", now=NOON)
    totals = MonthTotals(payer.id, (november, october)).all()
    assert totals == {october: Totals(costs=700), november: Totals(costs=900, off=-200, paid=-500)}
    db.session.refresh(payer)
    assert sum(one.change for one in totals.values()) == payer.owed_cents
    assert MonthTotals(payer.id, ()).all() == {}
    assert [row.amount.cents for row in corrections_of(line.id)] == [-200]


def test_looking_at_an_account_that_was_never_charged_makes_no_payer(app, people):
    ada = people.member(card=None)
    assert (payer_of_pages(ada.id).owed_cents, StatementRows(payer_of_pages(ada.id).id).all()) == (0, [])
    assert db.session.scalars(select(Payer)).all() == []
