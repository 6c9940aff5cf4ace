"""Reads for the money pages: a payer's rows with their running balance, months, and what belongs to a line."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, case, column, func, or_, select, table

from core.database import UtcDateTime, db
from core.money import Money
from core.refusal import NotFound
from fleet.cars.models import Car
from portal.account.models import User
from portal.billing.disputes.models import Dispute
from portal.billing.ledger.models import CHARGES, Account, LedgerRow, Origin
from portal.billing.payers.models import Payer, PayerDriver
from portal.billing.payers.terms import account_name
from portal.billing.payments.models import Calling, CallState, PageState, Payment, PaymentCall, PaymentPage, Refund
from portal.web.say import CITY_ZONE

TOUCHES = or_(LedgerRow.debit_account == Account.RECEIVABLE, LedgerRow.credit_account == Account.RECEIVABLE)
SIGNED = case((LedgerRow.debit_account == Account.RECEIVABLE, LedgerRow.amount_cents), else_=-LedgerRow.amount_cents)

# Reservations live above billing; of a trip, a statement needs no more than its name.
_trips = table("reservations", column("id"), column("reference"), column("car_id"), column("booked_at", UtcDateTime()),
               column("starts_at", UtcDateTime()))


def payer_of_pages(member_id: int) -> Payer:
    """The member as a payer, to look at: one that was never charged is shown as nothing owed, and not written for that."""
    found = db.session.scalar(select(Payer).where(Payer.member_id == member_id))
    return found or Payer(id=0, kind="personal", member_id=member_id, currency="USD", owed_cents=0, credit_cents=0,
                          dunning_step=0)


def account_for(member_id: int) -> str | None:
    """The name of the business or the member that pays for this member's new trips, if another one does."""
    payer = db.session.scalar(select(Payer).join(PayerDriver, PayerDriver.payer_id == Payer.id)
                              .where(PayerDriver.member_id == member_id))
    return account_name(payer) if payer is not None else None


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A row of the account, and what was owed once it was entered."""

    line: LedgerRow
    balance: Money


@dataclass(frozen=True, slots=True)
class StatementRows:
    """A payer's rows that change what is owed, newest first, `limit` at a time from before the row `before`; or those of a
    stretch of time. The balance counts every row before it, shown or not."""

    payer_id: int
    before: int | None = None
    limit: int | None = 40
    since: datetime | None = None
    until: datetime | None = None

    def select(self) -> Select[Any]:
        running = (select(LedgerRow.id, LedgerRow.at,
                          func.sum(SIGNED).over(order_by=(LedgerRow.at, LedgerRow.id)).label("balance"))
                   .where(LedgerRow.payer_id == self.payer_id, TOUCHES).subquery())
        found = select(LedgerRow, running.c.balance).join(running, running.c.id == LedgerRow.id)
        if self.before is not None:
            edge = (select(LedgerRow.at).where(LedgerRow.id == self.before, LedgerRow.payer_id == self.payer_id)
                    .scalar_subquery())
            found = found.where(or_(running.c.at < edge, and_(running.c.at == edge, running.c.id < self.before)))
        if self.since is not None:
            found = found.where(running.c.at >= self.since)
        if self.until is not None:
            found = found.where(running.c.at < self.until)
        return found.order_by(running.c.at.desc(), running.c.id.desc()).limit(self.limit)

    def all(self) -> list[StatementRow]:
        return [StatementRow(line, Money(int(balance), line.currency)) for line, balance in db.session.execute(self.select())]


@dataclass(frozen=True, slots=True)
class Totals:
    """What a month came to, in cents: what things cost, what credit and corrections took off, what was paid (below zero,
    less what was sent back)."""

    costs: int = 0
    off: int = 0
    paid: int = 0

    @property
    def change(self) -> int:
        return self.costs + self.off + self.paid


KINDS = {**{origin: "costs" for origin in CHARGES}, Origin.CREDIT: "off", Origin.CORRECTION: "off", Origin.PAYMENT: "paid",
         Origin.REFUND: "paid", Origin.BOOKS: "paid"}


@dataclass(frozen=True, slots=True)
class MonthTotals:
    """The totals of whole months by the city's clock, in one read."""

    payer_id: int
    months: tuple[date, ...]
    zone: ZoneInfo = CITY_ZONE

    def all(self) -> dict[date, Totals]:
        if not self.months:
            return {}
        bounds = {month: month_bounds(month, self.zone) for month in self.months}
        number = case(*((and_(LedgerRow.at >= since, LedgerRow.at < until), place)
                        for place, (since, until) in enumerate(bounds.values())), else_=-1)
        rows = db.session.execute(
            select(number.label("number"), LedgerRow.origin, func.sum(SIGNED))
            .where(LedgerRow.payer_id == self.payer_id, TOUCHES,
                   LedgerRow.at >= min(since for since, _ in bounds.values()),
                   LedgerRow.at < max(until for _, until in bounds.values()))
            .group_by("number", LedgerRow.origin))
        sums: dict[int, dict[str, int]] = {place: {} for place in range(-1, len(bounds))}
        for place, origin, cents in rows:
            kind = KINDS[Origin(origin)]
            sums[place][kind] = sums[place].get(kind, 0) + int(cents)
        return {month: Totals(**sums[place]) for place, month in enumerate(bounds)}


def month_of(at: datetime, zone: ZoneInfo = CITY_ZONE) -> date:
    """The month of a moment, by the city's clock, as its first day."""
    return at.astimezone(zone).date().replace(day=1)


def month_bounds(month: date, zone: ZoneInfo = CITY_ZONE) -> tuple[datetime, datetime]:
    """The moments between which a month lies."""
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return datetime(month.year, month.month, 1, tzinfo=zone), datetime(after.year, after.month, 1, tzinfo=zone)


def balance_at(payer_id: int, at: datetime) -> int:
    """Cents that were owed at a moment, before what was entered at it."""
    return int(db.session.scalar(select(func.coalesce(func.sum(SIGNED), 0)).where(
        LedgerRow.payer_id == payer_id, TOUCHES, LedgerRow.at < at)) or 0)


@dataclass(frozen=True, slots=True)
class TripNamed:
    """A trip as a statement names it."""

    reference: str
    car: str
    starts_at: datetime
    booked_at: datetime


def trip_named(reservation_id: int | None) -> TripNamed | None:
    """A trip by the reservation's id, if there is one."""
    return _trips_by_id({reservation_id}).get(reservation_id) if reservation_id is not None else None


class OfTrip(Protocol):
    """What may be of a trip: a row, a payment."""

    @property
    def reservation_id(self) -> int | None: ...


def trips_of(lines: Iterable[OfTrip]) -> dict[int, TripNamed]:
    """The trips that these rows are of, by the reservation's id."""
    return _trips_by_id({line.reservation_id for line in lines if line.reservation_id is not None})


def _trips_by_id(ids: Collection[int]) -> dict[int, TripNamed]:
    if not ids:
        return {}
    rows = db.session.execute(
        select(_trips.c.id, _trips.c.reference, Car.name, _trips.c.starts_at, _trips.c.booked_at)
        .join(Car, Car.id == _trips.c.car_id).where(_trips.c.id.in_(ids)))
    return {row[0]: TripNamed(*row[1:]) for row in rows}


def corrections_of(line_id: int) -> list[LedgerRow]:
    """The rows that correct a line, oldest first."""
    return list(db.session.scalars(select(LedgerRow).where(LedgerRow.corrects_id == line_id).order_by(LedgerRow.id)))


def payments_of_trip(payer_id: int, reservation_id: int) -> list[Payment]:
    """What this payer was asked to pay for a trip, oldest first."""
    return list(db.session.scalars(
        select(Payment).where(Payment.payer_id == payer_id, Payment.reservation_id == reservation_id)
        .order_by(Payment.asked_at)))


def my_dispute_of(member_id: int, line_id: int) -> Dispute | None:
    """The member's newest dispute of a line."""
    return db.session.scalars(select(Dispute).where(Dispute.line_id == line_id, Dispute.member_id == member_id)
                              .order_by(Dispute.opened_at.desc()).limit(1)).first()


def first_name_of(user_id: int | None) -> str | None:
    """How a member of staff is called by members."""
    user = db.session.get(User, user_id) if user_id is not None else None
    return user.name.split()[0] if user else None


@dataclass(frozen=True, slots=True)
class LastPayments:
    """A payer's newest payments and refunds, newest first."""

    payer_id: int
    limit: int = 10

    def all(self) -> list[Payment | Refund]:
        paid = db.session.scalars(select(Payment).where(Payment.payer_id == self.payer_id)
                                  .order_by(Payment.asked_at.desc(), Payment.id.desc()).limit(self.limit))
        back = db.session.scalars(select(Refund).join(Payment, Payment.id == Refund.payment_id)
                                  .where(Payment.payer_id == self.payer_id)
                                  .order_by(Refund.asked_at.desc(), Refund.id.desc()).limit(self.limit))
        both: list[Payment | Refund] = [*paid, *back]
        return sorted(both, key=lambda one: (one.asked_at, one.id), reverse=True)[:self.limit]


def pages_under_way(payer_id: int) -> list[tuple[PaymentPage, Money]]:
    """The processor's pages on which this payer has begun to pay, and how much, newest first."""
    rows = db.session.execute(
        select(PaymentPage, Payment.amount_cents, Payment.currency).join(Payment, Payment.id == PaymentPage.payment_id)
        .where(PaymentPage.payer_id == payer_id, PaymentPage.state.in_((PageState.WANTED, PageState.OPEN)))
        .order_by(PaymentPage.asked_at.desc()))
    return [(page, Money(cents, currency)) for page, cents, currency in rows]


def last_call(about: Any, calling: Calling) -> PaymentCall | None:
    """The newest call to the processor of a kind about something."""
    return db.session.scalars(select(PaymentCall).where(PaymentCall.about == about, PaymentCall.calling == calling)
                              .order_by(PaymentCall.asked_at.desc(), PaymentCall.id.desc()).limit(1)).first()


def is_waiting(call: PaymentCall | None) -> bool:
    """Whether the processor has still to answer."""
    return call is not None and call.state == CallState.WAITING


def my_payment(member_id: int, payment_id: Any, states: Collection[str] = ()) -> Payment:
    """The member's own payment. Raises NotFound, also for somebody else's."""
    found = db.session.scalar(select(Payment).join(Payer, Payer.id == Payment.payer_id).where(
        Payment.id == payment_id, Payer.member_id == member_id))
    if found is None or (states and found.state not in states):
        raise NotFound()
    return found
