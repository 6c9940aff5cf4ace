"""Invoices and businesses as the desk lists them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Select, func, select

from core.database import db
from core.refusal import NotFound
from portal.billing.invoices.models import Invoice
from portal.billing.payers.models import Payer, PayerDriver, PayerKind
from portal.desk.payers import the_payer
from portal.web.listing import Asked, number_of


@dataclass(frozen=True)
class Invoices(Asked):
    """Invoices with the business they are for, by the day they are due."""

    payer: str = ""
    now: datetime = field(kw_only=True)

    GIVEN: ClassVar = frozenset({"now"})
    SHOWS: ClassVar = {
        "unpaid": lambda asked: Invoice.paid_at.is_(None),
        "overdue": lambda asked: Invoice.paid_at.is_(None) & (Invoice.due_at <= asked.now),
        "paid": lambda asked: Invoice.paid_at.is_not(None),
    }
    USUAL: ClassVar = "-issued"
    SORTS: ClassVar = {
        "due": [Invoice.due_at, Invoice.id], "issued": [Invoice.issued_at, Invoice.id],
        "total": [Invoice.total_cents, Invoice.id], "business": [Payer.name, Invoice.id], "number": [Invoice.number],
    }

    def rows(self) -> Select[Any]:
        return select(Invoice, Payer.name).join(Payer, Payer.id == Invoice.payer_id)

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.q:
            found.append(Payer.name.icontains(self.q, autoescape=True) | Invoice.number.icontains(self.q, autoescape=True))
        if (payer := number_of(self.payer)) is not None:
            found.append(Payer.id == payer)
        return found


@dataclass(frozen=True)
class Businesses(Asked):
    """Businesses with how many drive at their cost and what is invoiced and not paid."""

    USUAL: ClassVar = "name"
    SORTS: ClassVar = {"name": [func.lower(Payer.name), Payer.id], "owed": [Payer.owed_cents, Payer.id],
                       "since": [Payer.created_at, Payer.id]}

    def rows(self) -> Select[Any]:
        drivers = select(func.count()).where(PayerDriver.payer_id == Payer.id).scalar_subquery().label("drivers")
        unpaid = select(func.count()).where(Invoice.payer_id == Payer.id, Invoice.paid_at.is_(None)).scalar_subquery()
        return select(Payer, drivers, unpaid.label("unpaid")).where(Payer.kind == PayerKind.BUSINESS)

    def wanted(self) -> list[ColumnElement[bool]]:
        if not self.q:
            return []
        return [Payer.name.icontains(self.q, autoescape=True) | Payer.email.icontains(self.q, autoescape=True)]


def the_invoice(invoice_id: int) -> Invoice:
    """An invoice, for staff. Raises NotFound."""
    found = db.session.get(Invoice, invoice_id)
    if found is None:
        raise NotFound()
    return found


def the_business(payer_id: int) -> Payer:
    """A business, for staff. Raises NotFound, also for somebody who pays for themselves."""
    found = the_payer(payer_id)
    if not found.by_invoice:
        raise NotFound()
    return found


def is_there(name: str) -> bool:
    """Whether there is a business of this name already."""
    return db.session.scalar(select(Payer.id).where(
        Payer.kind == PayerKind.BUSINESS, func.lower(Payer.name) == name.lower()).limit(1)) is not None
