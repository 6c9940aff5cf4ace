"""The processor's books and ours, invoices, chargebacks, and that no card number is anywhere."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

import config
from core.database import db, transaction
from portal.billing.commands import ledger, payments
from portal.billing.invoices.issue import mark_paid, rows_of
from portal.billing.invoices.models import Invoice
from portal.billing.ledger.check import differences
from portal.billing.ledger.models import Account
from portal.billing.payers.payer_of import add_business, let_pay
from portal.billing.payments.chargebacks import hand_in
from portal.billing.payments.events import keep_event
from portal.billing.payments.models import Chargeback, ProcessorMovement
from portal.billing.payments.reconcile import reconcile
from tests.portal.billing.made import balance, the_books_are_right
from tests.reservations.made import Street, a_street, booked
from tests.reservations.pages import browser_of

pytestmark = pytest.mark.one_database


@pytest.fixture
def street(app, clock) -> Street:
    return a_street(app, clock)


def paid_trip(street: Street, member):
    trip = booked(member)
    street.unlocked(trip)
    street.returned(trip, trip.ends_at)
    street.work()
    return trip


def test_every_line_of_the_processors_books_is_in_ours_with_its_fee(app, people, street):
    paid_trip(street, people.member())
    street.clock.forward(hours=1)
    assert reconcile(app.extensions["adapters"].payments) == 0
    (movement,) = db.session.scalars(select(ProcessorMovement)).all()
    assert (movement.kind, movement.ours_cents) == ("charge", movement.amount_cents)
    assert balance(Account.PROCESSOR_FEES) == movement.fee_cents > 0
    assert reconcile(app.extensions["adapters"].payments) == 0  # read again, nothing is booked twice
    assert balance(Account.PROCESSOR_FEES) == movement.fee_cents
    the_books_are_right(app)


def test_a_charge_that_our_books_do_not_know_is_a_difference(app, people, street):
    member = people.member()
    paid_trip(street, member)
    api = app.extensions["adapters"].payments.client.v1
    held = api.payment_intents.list({"limit": 1}).data[0]
    api.payment_intents.create({"amount": 900, "currency": "usd", "customer": held.customer, "confirm": True,
                                "payment_method": held.payment_method, "off_session": True,
                                "allowed_payment_method_types": ["card"]})
    street.clock.forward(hours=1)
    assert reconcile(app.extensions["adapters"].payments) == 1
    said = app.test_cli_runner().invoke(payments, ["reconcile"])
    assert (said.exit_code, "1 lines of Stripe" in said.output) == (1, True)


def test_the_nightly_check_finds_a_balance_that_does_not_follow_from_its_rows(app, people, street):
    paid_trip(street, people.member())
    runner = app.test_cli_runner()
    assert runner.invoke(ledger, ["check"]).output == "The ledger balances.\n"
    with transaction():
        db.session.execute(text("UPDATE payers SET owed_cents = owed_cents + 1"))
        db.session.execute(text("UPDATE trips SET total_cents = total_cents + 1"))
    assert sorted(one.what for one in differences()) == ["what a payer owes", "what a trip cost"]
    assert runner.invoke(ledger, ["check"]).exit_code == 1


def test_a_month_of_a_business_becomes_one_invoice_that_is_its_rows(app, people, street):
    ada = people.member(card=None)
    firm = add_business(name="Lake Design", email="bills@lake.example", at=street.clock())
    let_pay(payer_id=firm.id, member_id=ada.id, at=street.clock())
    trip = paid_trip(street, ada)
    street.clock.at += timedelta(days=9)  # December
    for _ in range(2):
        street.work()
    invoice = db.session.scalars(select(Invoice)).one()
    assert (invoice.number, invoice.total_cents) == (f"202611-{firm.id:04d}", trip.price_cents)
    assert sum(row.amount.cents for row in rows_of(firm.id, invoice.after_row, invoice.last_row)) == invoice.total_cents
    for _ in range(2):
        mark_paid(invoice=invoice, paid_on=street.clock(), now=street.clock())
    db.session.refresh(firm)
    assert firm.owed_cents == 0  # the membership is Ada's own
    assert differences() == []


def test_a_chargeback_takes_the_money_away_and_evidence_brings_it_back(app, people, street):
    trip = paid_trip(street, people.member(card="pm_card_createDispute"))
    street.clock.forward(hours=1)
    _hear_webhooks(app)
    street.work()
    found = db.session.scalars(select(Chargeback)).one()
    assert (found.state, found.amount_cents) == ("needs_response", trip.price_cents)
    assert balance(Account.CHARGED_BACK) == trip.price_cents
    hand_in(chargeback_id=found.id, evidence={"uncategorized_text": "winning_evidence"}, now=street.clock())
    street.work()
    street.clock.forward(days=80)
    _hear_webhooks(app)
    street.work()
    db.session.refresh(found)
    assert found.state == "won"
    assert (balance(Account.CHARGED_BACK), balance(Account.LOSS)) == (0, 0)


def _hear_webhooks(app) -> None:
    stripe, port = app.extensions["adapters"].stripe, app.extensions["adapters"].payments
    for event_id, body, signature in stripe.due_webhooks(1000):
        keep_event(port.read_event(body, signature))
        stripe.acknowledge(event_id)


LONG = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])")


def _is_card_number(digits: str) -> bool:
    """By the check digit that every card number has (Luhn), and the brands' first digits."""
    numbers = [int(one) for one in digits if one.isdigit()]
    doubled = [number * 2 - 9 * (number > 4) if place % 2 else number for place, number in enumerate(reversed(numbers))]
    return numbers[0] in (3, 4, 5, 6) and sum(doubled) % 10 == 0


def test_no_card_number_is_in_the_code_or_on_the_pages_or_in_what_is_kept(app, people, street, capsys):
    assert _is_card_number("4242" * 4)  # the check itself can fail
    ada = people.member()
    paid_trip(street, ada)
    folders = ("portal", "reservations", "templates", "static/js", "demo", "docs", "tests/portal")
    for folder in folders:
        for path in (config.ROOT / folder).rglob("*.*"):
            if path.suffix in (".py", ".html", ".js", ".md", ".txt"):
                assert not [found for found in LONG.findall(path.read_text()) if _is_card_number(found)], path
    kept = [str(row) for table in ("cards", "payments", "payment_calls", "payment_pages", "payment_events", "outbox", "ledger")
            for row in db.session.execute(text(f"SELECT * FROM {table}"))]  # noqa: S608 - constants
    said = "".join(kept) + "".join(capsys.readouterr())
    assert not [found for found in LONG.findall(said) if _is_card_number(found)]
    html = browser_of(app, ada.user, street.clock).get("/account/payments").text
    assert 'autocomplete="cc-' not in html
    assert 'name="card' not in html


