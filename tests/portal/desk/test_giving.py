"""Giving back and goodwill: within the limit at once, above it when a second person agrees, never more than the line."""

import pytest
from sqlalchemy import select

from core.audit import AuditRow
from core.database import db
from core.money import Money
from portal.billing.adjustments.give import give_back
from portal.billing.adjustments.limits import alone, left_of
from portal.billing.adjustments.models import Adjustment
from portal.billing.credits.models import Credit
from portal.billing.ledger.check import differences
from portal.billing.ledger.models import LedgerRow
from portal.billing.payments.models import Refund
from tests.reservations.pages import words_of


def adjustments():
    db.session.rollback()
    return [(one.kind, one.amount_cents, one.state, one.by_user_id, one.second_id) for one in db.session.scalars(
        select(Adjustment).order_by(Adjustment.asked_at, Adjustment.id))]


def test_an_amount_within_the_limit_is_given_back_at_once_to_the_card_it_came_from(office):
    payer = office.payer()
    line = office.charged(payer, 3000)
    office.paid(payer, 3000)
    page = f"/office/lines/{line.id}"
    assert "You give up to $100.00 by yourself" in words_of(office.browser.get(page))
    answer = office.browser.fill_in(page, amount="12.50", why="car_fault")
    assert answer.location == page
    assert "$12.50 are given." in office.browser.get(page).text
    assert adjustments() == [("refund", 1250, "given", office.paul.id, None)]
    assert [(refund.amount_cents, refund.why) for refund in db.session.scalars(select(Refund))] == [(1250, "car_fault")]
    assert differences() == []


def test_the_same_form_posted_twice_gives_once(office):
    payer = office.payer()
    page = f"/office/lines/{office.charged(payer, 3000).id}"
    sent = {"csrf_token": office.browser.token(), "once": "the-same-key", "amount": "5.00", "why": "goodwill"}
    for _ in range(2):
        assert office.browser.send(page, method="POST", data=sent).status_code == 302
    assert adjustments() == [("refund", 500, "given", office.paul.id, None)]


def test_above_the_limit_it_waits_and_nothing_moves_yet(office):
    payer = office.payer()
    line = office.charged(payer, 15_000)
    office.browser.fill_in(f"/office/lines/{line.id}", amount="100.01", why="our_mistake")
    assert adjustments() == [("refund", 10_001, "waiting", office.paul.id, None)]
    assert db.session.scalar(select(LedgerRow).where(LedgerRow.corrects_id == line.id)) is None
    assert "a second one has to agree" in office.browser.get(f"/office/lines/{line.id}").text


@pytest.mark.parametrize("last", [Money(4000), Money(4001)])
def test_the_limit_that_is_said_is_the_limit_that_holds(office, last):
    payer = office.payer()
    line = office.charged(payer, 50_000)
    give_back(line=line, amount=Money(6000), why="goodwill", by_user_id=office.paul.id, once="first", now=office.clock())
    said = alone(payer, "refund", office.paul.id, office.clock())
    assert (said.limit, said.left) == (Money(10_000), Money(4000))
    given = give_back(line=line, amount=last, why="goodwill", by_user_id=office.paul.id, once="next", now=office.clock())
    assert (given.state == "given") == (last.cents <= said.left.cents)


def test_what_is_left_of_a_line_counts_what_was_given_and_what_waits(office):
    payer = office.payer()
    line = office.charged(payer, 30_000)
    for once, cents in (("small", 1000), ("large", 20_000)):
        give_back(line=line, amount=Money(cents), why="goodwill", by_user_id=office.paul.id, once=once, now=office.clock())
    assert left_of(line) == Money(9000)
    answer = office.browser.fill_in(f"/office/lines/{line.id}", amount="90.01", why="goodwill")
    assert answer.status_code == 422
    assert "That is more than there is: write $90.00 or less." in words_of(answer)
    assert 'value="90.01"' in answer.text


def test_goodwill_is_credit_and_has_a_limit_of_its_own(office):
    payer = office.payer()
    page = f"/office/payers/{payer.id}/goodwill"
    assert "You give up to $25.00 by yourself" in words_of(office.browser.get(page))
    assert office.browser.fill_in(page, amount="25.00", why="goodwill").status_code == 302
    assert "$0.00 of that is left" in words_of(office.browser.get(page))
    office.browser.fill_in(page, amount="0.01", why="goodwill")
    assert [(kind, cents, state) for kind, cents, state, *_who in adjustments()] == [
        ("goodwill", 2500, "given"), ("goodwill", 1, "waiting")]
    assert [credit.left_cents for credit in db.session.scalars(select(Credit))] == [2500]


def test_giving_leaves_a_trail_with_who_and_on_which_page(office):
    payer = office.payer()
    office.browser.fill_in(f"/office/payers/{payer.id}/goodwill", amount="5.00", why="goodwill")
    adjustment = db.session.scalars(select(Adjustment)).one()
    rows = db.session.scalars(select(AuditRow).where(AuditRow.object == f"adjustments/{adjustment.id}")).all()
    assert {row.actor for row in rows} == {f"user {office.paul.id}"}
    assert {row.why for row in rows} == {f"POST /office/payers/{payer.id}/goodwill"}
    assert office.paul.name in words_of(office.rheas.get(f"/office/adjustments/{adjustment.id}")).partition("Who did what")[2]
    assert db.session.scalars(select(LedgerRow.actor_id)).all() == [office.paul.id]


def test_a_row_that_is_no_charge_cannot_be_given_back(office):
    payer = office.payer()
    office.charged(payer, 3000)
    office.paid(payer, 3000)
    paid = db.session.scalars(select(LedgerRow).where(LedgerRow.code == "paid")).one()
    page = f"/office/lines/{paid.id}"
    assert office.browser.post(page, amount="5.00", why="goodwill", once="0123456789").location == page
    assert "Give back" not in words_of(office.browser.get(page))
    assert adjustments() == []


@pytest.mark.one_database
def test_a_line_says_rule_version_facts_and_what_corrected_it(office):
    payer = office.payer()
    line = office.charged(payer, 3000)
    give_back(line=line, amount=Money(500), why="our_mistake", by_user_id=office.paul.id, once="x", now=office.clock())
    said = words_of(office.browser.get(f"/office/lines/{line.id}"))
    for words in ("low_energy_fee, version 1", "energy percent 12", "Why was I charged $30.00?", "Our mistake",
                  "Owed by payers"):
        assert words in said
    correction = db.session.scalars(select(LedgerRow).where(LedgerRow.corrects_id == line.id)).one()
    assert f"Corrects Row {line.id}" in words_of(office.browser.get(f"/office/lines/{correction.id}"))


def test_a_disputed_line_is_decided_in_its_dispute(office):
    line = office.charged(office.payer(), 3000)
    dispute = office.disputed(line)
    page = f"/office/lines/{line.id}"
    office.browser.post(page, amount="5.00", why="dispute", once="0123456789")
    assert f"/office/disputes/{dispute.id}" in office.browser.get(page).text
    assert adjustments() == []
