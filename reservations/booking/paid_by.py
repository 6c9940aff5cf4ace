"""What a booking's bill was paid with: credit first, then the card."""

from dataclasses import dataclass

from sqlalchemy import func, select

from core.database import db
from core.money import Money, total
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payers.terms import account_name
from portal.billing.payments.models import Payment
from reservations.booking.billing import bill_of, given_back_of, payer_of_trip
from reservations.booking.models import Reservation


@dataclass(frozen=True, slots=True)
class PaidBy:
    """Credit that was used, what each card has paid, and what a card (or a business, by its invoice) still pays."""

    credit: Money
    payments: list[Payment]
    rest: Money
    by_invoice: bool
    account: str | None = None  # the other member who pays: their cards are not the driver's to see


def paid_by(reservation: Reservation) -> PaidBy:
    """How the bill was paid, as it stands now."""
    currency = reservation.currency
    credit = Money(int(db.session.scalar(select(func.coalesce(func.sum(LedgerRow.amount_cents), 0)).where(
        LedgerRow.reservation_id == reservation.id, LedgerRow.origin == Origin.CREDIT,
        LedgerRow.debit_account == Account.MEMBER_CREDIT, LedgerRow.credit_account == Account.RECEIVABLE)) or 0), currency)
    payments = list(db.session.scalars(select(Payment).where(
        Payment.reservation_id == reservation.id, Payment.captured_cents > 0).order_by(Payment.asked_at, Payment.id)))
    billed = total([row.amount for row in bill_of(reservation)], currency).cents - given_back_of(reservation).cents
    rest = billed - credit.cents - sum(one.captured_cents for one in payments)
    payer = payer_of_trip(reservation)
    return PaidBy(credit, payments, Money(max(0, rest), currency), payer.by_invoice,
                  account_name(payer) if payer.member_id not in (None, reservation.member_id) else None)
