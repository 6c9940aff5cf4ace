"""Issuing invoices: each business's rows of a month, once the month is over."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from core.database import db, transaction
from core.money import Money
from core.outbox import post
from fleet.tariffs.in_force import policies_at
from portal.billing.invoices.models import Invoice
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payers.models import Payer, PayerKind
from portal.billing.payers.payer_of import locked


def month_before(now: datetime, zone: ZoneInfo) -> date:
    """The first day of the last month that is over, by the city's clock."""
    return (now.astimezone(zone).date().replace(day=1) - timedelta(days=1)).replace(day=1)


def issue_invoices(now: datetime, zone: ZoneInfo) -> int:
    """Invoice every business for the month that is over, once; how many there were. A month without rows has none."""
    month = month_before(now, zone)
    ends = datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=zone)
    done = select(Invoice.payer_id).where(Invoice.month == month)
    waiting = db.session.scalars(select(Payer.id).where(
        Payer.kind == PayerKind.BUSINESS, Payer.id.not_in(done), Payer.owed_cents > 0)).all()
    return sum(_issue(payer_id, month, ends, now) for payer_id in waiting)


def _issue(payer_id: int, month: date, ends: datetime, now: datetime) -> bool:
    with transaction():
        payer = locked(payer_id)
        if db.session.scalar(select(Invoice.id).where(Invoice.payer_id == payer.id, Invoice.month == month)) is not None:
            return False
        after = db.session.scalar(select(func.coalesce(func.max(Invoice.last_row), 0)).where(Invoice.payer_id == payer.id)) or 0
        last = db.session.scalar(select(func.max(LedgerRow.id)).where(
            LedgerRow.payer_id == payer.id, LedgerRow.at < ends, LedgerRow.id > after))
        if last is None:
            return False
        total = sum(row.amount.cents for row in rows_of(payer.id, after, last))
        if total <= 0:
            return False  # what is given back goes into the next one
        invoice = Invoice(
            number=f"{month:%Y%m}-{payer.id:04d}", payer_id=payer.id, month=month, after_row=after, last_row=last,
            total_cents=total, currency=payer.currency, issued_at=now,
            due_at=now + timedelta(days=policies_at(now)["invoice_due"].value))
        db.session.add(invoice)
        db.session.flush()
        post("invoice", due=now, once=f"invoice-{invoice.id}", invoice_id=invoice.id)
    return True


def rows_of(payer_id: int, after_row: int, last_row: int) -> list[LedgerRow]:
    """The rows of an invoice that change what the business owes, in order; payments are not among them."""
    return list(db.session.scalars(
        select(LedgerRow).where(LedgerRow.payer_id == payer_id, LedgerRow.id > after_row, LedgerRow.id <= last_row,
                                LedgerRow.origin != Origin.PAYMENT,
                                (LedgerRow.debit_account == Account.RECEIVABLE)
                                | (LedgerRow.credit_account == Account.RECEIVABLE))
        .order_by(LedgerRow.id)))


def mark_paid(*, invoice: Invoice, paid_on: datetime, now: datetime) -> None:
    """A transfer has come to our bank for this invoice; a second time changes nothing."""
    with transaction():
        payer = locked(invoice.payer_id)
        db.session.refresh(invoice, with_for_update={"of": Invoice})
        if invoice.paid_at is not None:
            return
        invoice.paid_at = paid_on
        db.session.flush()
        if invoice.total_cents > 0:
            enter([Transfer(Account.BANK, Account.RECEIVABLE, Money(invoice.total_cents, invoice.currency), Origin.PAYMENT,
                            "paid_by_transfer", "invoice_due", 1, f"invoice-{invoice.id}", now, payer_id=payer.id,
                            facts={"number": invoice.number})])
