"""A member's dispute: who has it, until when, what came of it; and nobody else's business."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import db
from core.money import Money
from portal.billing.disputes.decide import decide, take
from portal.billing.disputes.models import Dispute
from portal.billing.disputes.open import open_dispute
from portal.billing.ledger.models import LedgerRow
from tests.factories import NOON
from tests.portal.billing.made import payer
from tests.portal.billing.statements.test_queries import charge
from tests.reservations.pages import browser_of, without_its_number, words_of


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def mara(people):
    return people.staff("finance", "Mara Lind")


@pytest.fixture
def dispute(app, ada) -> Dispute:
    charge(payer(ada), 700, NOON, "line")
    line = db.session.scalars(select(LedgerRow).where(LedgerRow.once == "line")).one()
    return open_dispute(member=ada, line=line, words="I was on the other plan.", seal=app.extensions["adapters"].seal, now=NOON)


@pytest.fixture
def browser(site, ada, clock):
    return browser_of(site, ada.user, clock)


def test_it_says_what_who_and_until_when(browser, dispute, mara):
    at = f"/account/disputes/{dispute.id}"
    words = words_of(browser.get(at))
    assert "Membership for November 2026" in words
    assert "I was on the other plan." in words
    assert "Who decides nobody yet Decided by Fri, Nov 27, 12:00 PM" in words
    take(dispute=dispute, by_user_id=mara.id)
    words = words_of(browser.get(at))
    assert "Who decides Mara Decided by" in words
    assert "Lind" not in words


def test_being_late_is_said(browser, dispute, clock):
    clock.at = NOON + timedelta(days=3, minutes=1)
    assert "We are late with this." in words_of(browser.get(f"/account/disputes/{dispute.id}"))


@pytest.mark.parametrize(("back", "says"), [
    (700, "You got $7.00 back"), (300, "You got $3.00 of $7.00 back"), (0, "The line stands")])
def test_the_outcome_comes_with_its_reply(app, browser, dispute, mara, back, says):
    decide(dispute=dispute, back=Money(back), reply="We looked at your plan.\nMara", seal=app.extensions["adapters"].seal,
           by_user_id=mara.id, now=NOON + timedelta(hours=1))
    words = words_of(browser.get(f"/account/disputes/{dispute.id}"))
    assert says in words
    assert "We looked at your plan." in words
    assert "Withdraw it" not in words
    line = words_of(browser.get(f"/account/statement/{dispute.line_id}"))
    assert "You disputed this line" in line
    assert ("This is not right" in line) is (back < 700)  # of what was given back whole there is nothing left to dispute


def test_a_reply_that_waits_for_a_second_person_is_not_shown_yet(app, browser, ada, mara):
    charge(payer(ada), 50_000, NOON, "large")
    line = db.session.scalars(select(LedgerRow).where(LedgerRow.once == "large")).one()
    seal = app.extensions["adapters"].seal
    dispute = open_dispute(member=ada, line=line, words="That is not mine.", seal=seal, now=NOON)
    assert not decide(dispute=dispute, back=Money(50_000), reply="All of it.", seal=seal, by_user_id=mara.id, now=NOON)
    words = words_of(browser.get(f"/account/disputes/{dispute.id}"))
    assert "All of it." not in words
    assert "We look into it" in words


def test_it_can_be_withdrawn_and_opened_again(browser, dispute):
    at = f"/account/disputes/{dispute.id}"
    assert browser.post(f"{at}/withdraw").headers["Location"] == f"/account/statement/{dispute.line_id}"
    assert "You withdrew your dispute" in words_of(browser.get(at))
    assert browser.post(f"{at}/withdraw").status_code == 409
    again = browser.post(f"/account/statement/{dispute.line_id}/dispute", words="It is wrong after all.")
    assert again.headers["Location"] != at
    assert again.status_code == 302


def test_somebody_elses_dispute_answers_like_one_that_does_not_exist(site, people, clock, dispute):
    stranger = browser_of(site, people.member("Bo Lindqvist").user, clock)
    token = stranger.token()
    for method, tail in (("GET", ""), ("POST", "/withdraw")):
        sent = {"csrf_token": token} if method == "POST" else None
        theirs, nobodys = (without_its_number(stranger.send(f"/account/disputes/{one}{tail}", method=method, data=sent))
                           for one in (dispute.id, "00000000-0000-7000-8000-000000000000"))
        assert theirs == nobodys
        assert theirs[0] == 404
    db.session.refresh(dispute)
    assert dispute.outcome is None
