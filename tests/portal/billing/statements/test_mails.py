"""What we write about money: each message with a subject on its first line, whole sentences, and no hole left open."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import current_app

from core.money import Money
from core.time import Span
from portal.billing.cards.models import Card
from portal.billing.disputes.models import Dispute, Outcome
from portal.billing.ledger.models import LedgerRow
from portal.billing.notices.models import Notice, NoticeKind
from portal.billing.payers.models import Payer
from portal.billing.payments.models import Payment, Purpose, Refund
from portal.web.say import CITY_ZONE
from tests.factories import NOON

LINK = "http://localhost/account/payments"
CARD = Card(brand="visa", last_four="4242")


@dataclass(frozen=True)
class Ada:
    first_name: str = "Ada"
    name: str = "Ada Okafor"


@dataclass(frozen=True)
class Trip:
    member: Ada
    price: Money
    span: Span
    reference: str


TRIP = Trip(Ada(), Money(3840), Span(NOON, NOON + timedelta(hours=3)), "1d68y82g2n")


def letter(kind: str, **facts) -> tuple[str, str]:
    """Subject and body, as `deliver` splits them."""
    text = current_app.jinja_env.get_template(f"portal/messages/mail/{kind}.txt").render(member=Ada(), link=LINK, **facts)
    subject, body = text.split("\n", 1)
    assert subject.startswith("Subject: ")
    assert "%(" not in text
    assert "None" not in text
    assert "Hello Ada," in body
    return subject.removeprefix("Subject: ").strip(), body.strip() + "\n"


@pytest.mark.one_database
def test_payment_needed(app):
    with app.test_request_context():
        subject, body = letter("payment_needed", reservation=TRIP, car=Ada("Acorn", "Acorn"), zone=CITY_ZONE, lot=None)
    assert subject == "Your card did not hold the price of your trip with Acorn"
    assert "We wanted to hold $38.40" in body
    assert "opens only when the price is held" in body


@pytest.mark.one_database
@pytest.mark.parametrize(("purpose", "verb"), [(Purpose.TRIP, "hold"), (Purpose.BALANCE, "take")])
def test_payment_confirm(app, purpose, verb):
    with app.test_request_context():
        payment = Payment(amount_cents=3840, currency="USD", purpose=purpose, card=CARD)
        subject, body = letter("payment_confirm", payment=payment)
    assert subject == "Your bank wants to see that it is you: $38.40"
    assert f"Your bank lets us {verb} $38.40 only when you have confirmed it.\nCard ending in 4242." in body
    assert f"\n{LINK}\n" in body


@pytest.mark.one_database
@pytest.mark.parametrize(("step", "says"), [
    (1, "We ask 4 more times before booking stops."), (4, "We ask once more before booking stops."),
    (5, "Until it is paid you cannot book.")])
def test_payment_failed(app, step, says):
    payer = Payer(owed_cents=1824, currency="USD", owing_since=NOON)
    with app.test_request_context():
        subject, body = letter("payment_failed", payer=payer, step=step)
    assert subject == "$18.24 could not be taken from your cards"
    assert says in body
    assert ("still open since Tue, Nov 24" in body) is (step > 1)
    payer.booking_stopped_at = NOON
    with app.test_request_context():
        assert letter("payment_failed", payer=payer, step=5)[0] == "Booking has stopped: $18.24 is not paid"
        assert letter("booking_stopped", payer=payer)[0] == "Booking has stopped: $18.24 is not paid"


@pytest.mark.one_database
@pytest.mark.parametrize("card", [CARD, None])
def test_refund_sent(app, card):
    with app.test_request_context():
        subject, body = letter("refund_sent", refund=Refund(amount_cents=675, currency="USD", payment=Payment(card=card)))
    assert subject == "$6.75 is on its way back to you"
    assert ("card ending in 4242" in body) is (card is not None)


@pytest.mark.one_database
@pytest.mark.parametrize(("outcome", "back", "subject"), [
    (Outcome.GIVEN_BACK, 700, "You get $7.00 back"), (Outcome.PARTLY, 300, "You get $3.00 of $7.00 back"),
    (Outcome.STANDS, 0, "We looked into the line you disputed")])
def test_dispute_decided(app, outcome, back, subject):
    line = LedgerRow(code="membership", amount_cents=700, currency="USD", debit_account="receivable",
                     credit_account="membership", facts={"month": "2026-11", "plan": "regular"})
    dispute = Dispute(outcome=outcome, back_cents=back, line=line)
    with app.test_request_context():
        said, body = letter("dispute_decided", dispute=dispute, reply="Because.\nMara")
    assert said == subject
    assert "Membership for November 2026, $7.00." in body
    assert "Because.\nMara" in body
    assert ("goes back to the card it came from" in body) is bool(back)


@pytest.mark.one_database
def test_dispute_decided_about_what_a_business_pays_speaks_of_no_card(app):
    line = LedgerRow(code="membership", amount_cents=700, currency="USD", debit_account="receivable",
                     credit_account="membership", facts={"month": "2026-11", "plan": "regular"})
    dispute = Dispute(outcome=Outcome.GIVEN_BACK, back_cents=700, line=line)
    with app.test_request_context():
        _said, body = letter("dispute_decided", dispute=dispute, reply="Because.", by_invoice=True)
    assert "Your business pays for this trip: it comes off what the business owes" in body
    assert "goes back to the card" not in body


@pytest.mark.one_database
@pytest.mark.parametrize("kind", NoticeKind)
def test_notice_and_what_we_dropped(app, kind):
    fee = 0 if kind is NoticeKind.CLEANING else 500
    notice = Notice(kind=kind, amount_cents=240, fee_cents=fee, currency="USD", answer_until=NOON, facts={"place": "I-90"})
    with app.test_request_context():
        subject, body = letter("notice", notice=notice)
        dropped, why = letter("notice_dropped", notice=notice)
    assert f"{kind}" in subject
    assert "$2.40" in subject
    assert ("our fee of $5.00" in body) is bool(fee)
    assert "Nothing is charged yet. You can answer until Tue, Nov 24, 12:00 PM" in body
    assert dropped == "It costs you nothing: we dropped the $2.40"
    assert f"this {kind}" in why
