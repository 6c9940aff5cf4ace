"""The receipt says what the bill was paid with: credit first, then the card."""

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.money import Money
from portal.billing.credits.grant import grant
from portal.billing.credits.models import CreditKind
from portal.billing.payers.payer_of import own_payer
from portal.messages.models import Message
from reservations.trip.models import Trip
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of

pytestmark = pytest.mark.one_database


def test_the_receipt_and_its_mail_say_what_credit_and_what_the_card_paid(street, people):
    ada = people.member()
    with transaction():
        grant(payer_id=own_payer(ada.id).id, kind=CreditKind.SERVICE, amount=Money(700), why="goodwill", once="seven",
              now=street.clock())
    trip = street.returned(street.unlocked(booked(ada)))
    total = db.session.get_one(Trip, trip.id).total_cents
    street.work()
    page = words_of(browser_of(street.site, ada.user, street.clock).get(f"/trips/{trip.reference}/receipt"))
    assert "Your credit $7.00" in page
    assert f"Visa ending 4242 ${(total - 700) / 100:.2f}" in page
    assert "Still to come" not in page
    sealed = db.session.scalars(select(Message.body_sealed).where(Message.kind == "receipt")).one()
    mail = street.site.extensions["adapters"].seal.open(sealed)
    assert "Paid with your credit: $7.00" in mail
    assert f"your card: ${(total - 700) / 100:.2f}" in mail or f"by card: ${(total - 700) / 100:.2f}" in mail
