"""Money that moves in tests: the embedded Stripe, its webhooks, and what the ledger says of it all."""

from flask import Flask
from sqlalchemy import select

from core.database import db
from portal.account.models import Member
from portal.billing.ledger.check import differences
from portal.billing.ledger.models import Account, LedgerRow
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import own_payer
from portal.billing.payments.models import Payment
from reservations.booking.models import Reservation


def payments_for(reservation: Reservation) -> list[tuple[str, int, int]]:
    """State, cents asked for and cents taken of each payment for a booking, oldest first."""
    db.session.rollback()
    return [(one.state, one.amount_cents, one.captured_cents) for one in db.session.scalars(
        select(Payment).where(Payment.reservation_id == reservation.id).order_by(Payment.asked_at, Payment.id)
        .execution_options(populate_existing=True))]


def payer(member: Member) -> Payer:
    """The member as a payer, as they stand now."""
    db.session.rollback()
    found = own_payer(member.id)
    db.session.refresh(found)
    return found


def balance(account: Account) -> int:
    """Cents on an account: what came in less what went out."""
    rows = db.session.scalars(select(LedgerRow)).all()
    return (sum(row.amount_cents for row in rows if row.debit_account == account)
            - sum(row.amount_cents for row in rows if row.credit_account == account))


def at_stripe(app: Flask) -> int:
    """Cents that the embedded Stripe has taken and not given back."""
    payments = app.extensions["adapters"].payments
    intents = list(payments.client.v1.payment_intents.list({"limit": 100}).auto_paging_iter())
    refunds = list(payments.client.v1.refunds.list({"limit": 100}).auto_paging_iter())
    return (sum(one.amount_received for one in intents)
            - sum(one.amount for one in refunds if one.status in ("succeeded", "pending")))


def the_books_are_right(app: Flask) -> None:
    """Every balance follows from its rows, and Stripe has what our books say."""
    assert differences() == []
    assert balance(Account.PROCESSOR) + balance(Account.PROCESSOR_FEES) + balance(Account.BANK) == at_stripe(app)
