"""What went wrong with money and still needs somebody: declined, owing, waiting, unanswered, not arrived."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import aliased

from core.database import db
from core.refusal import NotFound
from portal.billing.cards.models import Card
from portal.billing.payers.models import Payer
from portal.billing.payments.carry_out import LATE
from portal.billing.payments.models import CallState, Payment, PaymentCall, Purpose, Refund, RefundState, State
from portal.desk.who import payer_email, payer_name, with_name, with_payer
from portal.web.listing import Asked, number_of
from reservations.booking.models import Reservation, Status

LOOK_BACK = timedelta(days=30)
REFUND_DAYS = timedelta(days=5)  # what we promise: journey step pay.refund

Later = aliased(Payment)
_paid_later = select(Later.id).where(
    Later.payer_id == Payment.payer_id, Later.asked_at >= Payment.asked_at, Later.id != Payment.id,
    Later.state.in_((State.HELD, State.CAPTURED)))


@dataclass(frozen=True)
class Failing(Asked):
    """A list about payers that can be searched by name and address, or narrowed to one."""

    payer: str = ""
    now: datetime = field(kw_only=True)

    GIVEN: ClassVar = frozenset({"now"})

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.q:
            found.append(payer_name.icontains(self.q, autoescape=True) | payer_email.icontains(self.q, autoescape=True))
        if (payer := number_of(self.payer)) is not None:
            found.append(Payer.id == payer)
        return found


@dataclass(frozen=True)
class Declined(Failing):
    """Payments of the last 30 days that were declined, with nothing after them that paid the same."""

    USUAL: ClassVar = "-asked"
    SORTS: ClassVar = {"asked": [Payment.asked_at, Payment.id], "amount": [Payment.amount_cents, Payment.id],
                       "payer": [payer_name, Payment.id], "why": [Payment.declined_why, Payment.id]}

    def rows(self) -> Select[Any]:
        query = (select(Payment, payer_name, Payer.id.label("payer_id"), Reservation.reference)
                 .outerjoin(Reservation, Reservation.id == Payment.reservation_id))
        return with_payer(query, Payment.payer_id)

    def wanted(self) -> list[ColumnElement[bool]]:
        trip = and_(Payment.purpose == Purpose.TRIP, Reservation.status.in_((Status.BOOKED, Status.DRIVING)),
                    ~_paid_later.where(Later.reservation_id == Payment.reservation_id).exists())
        balance = and_(Payment.purpose == Purpose.BALANCE, Payer.owed_cents > 0,
                       ~_paid_later.where(Later.purpose == Purpose.BALANCE).exists())
        return [*super().wanted(), Payment.state == State.DECLINED, Payment.asked_at > self.now - LOOK_BACK, or_(trip, balance)]


@dataclass(frozen=True)
class Owing(Failing):
    """Payers whom no card pays for: since when, how often they were asked, whether booking is stopped."""

    SHOWS: ClassVar = {"stopped": lambda asked: Payer.booking_stopped_at.is_not(None)}
    USUAL: ClassVar = "since"
    SORTS: ClassVar = {"since": [Payer.owing_since, Payer.id], "owed": [Payer.owed_cents, Payer.id],
                       "step": [Payer.dunning_step, Payer.id], "payer": [payer_name, Payer.id]}

    def rows(self) -> Select[Any]:
        return with_name(select(Payer, payer_name, payer_email).select_from(Payer))

    def wanted(self) -> list[ColumnElement[bool]]:
        return [*super().wanted(), Payer.owing_since.is_not(None)]


@dataclass(frozen=True)
class Confirming(Failing):
    """Payments that wait for their member at the bank."""

    USUAL: ClassVar = "asked"
    SORTS: ClassVar = {"asked": [Payment.asked_at, Payment.id], "amount": [Payment.amount_cents, Payment.id],
                       "payer": [payer_name, Payment.id]}

    def rows(self) -> Select[Any]:
        query = (select(Payment, payer_name, Payer.id.label("payer_id"), Reservation.reference)
                 .outerjoin(Reservation, Reservation.id == Payment.reservation_id))
        return with_payer(query, Payment.payer_id)

    def wanted(self) -> list[ColumnElement[bool]]:
        return [*super().wanted(), Payment.state == State.CONFIRM]


@dataclass(frozen=True)
class Calls(Failing):
    """Calls to the processor that have had no answer for longer than ten minutes."""

    USUAL: ClassVar = "asked"
    SORTS: ClassVar = {"asked": [PaymentCall.asked_at, PaymentCall.id], "calling": [PaymentCall.calling, PaymentCall.id],
                       "payer": [payer_name, PaymentCall.id]}

    def rows(self) -> Select[Any]:
        return with_payer(select(PaymentCall, payer_name, Payer.id.label("payer_id")), PaymentCall.payer_id)

    def wanted(self) -> list[ColumnElement[bool]]:
        return [*super().wanted(), PaymentCall.state == CallState.WAITING, PaymentCall.asked_at < self.now - LATE]


@dataclass(frozen=True)
class Refunds(Failing):
    """Refunds that failed while we owe the money still, and those on their way for longer than the promised five days."""

    USUAL: ClassVar = "asked"
    SORTS: ClassVar = {"asked": [Refund.asked_at, Refund.id], "amount": [Refund.amount_cents, Refund.id],
                       "payer": [payer_name, Refund.id], "state": [Refund.state, Refund.id]}

    def rows(self) -> Select[Any]:
        query = (select(Refund, payer_name, Payer.id.label("payer_id"), Payer.owed_cents, Card.brand, Card.last_four)
                 .join(Payment, Payment.id == Refund.payment_id).outerjoin(Card, Card.id == Payment.card_id))
        return with_payer(query, Payment.payer_id)

    def wanted(self) -> list[ColumnElement[bool]]:
        failed = and_(Refund.state == RefundState.FAILED, Payer.owed_cents < 0)
        late = and_(Refund.state.in_((RefundState.WANTED, RefundState.PENDING)), Refund.asked_at < self.now - REFUND_DAYS)
        return [*super().wanted(), or_(failed, late)]


LISTS: dict[str, type[Failing]] = {
    "owing": Owing, "declined": Declined, "confirm": Confirming, "calls": Calls, "refunds": Refunds}


def the_refund(refund_id: UUID) -> Refund:
    """A refund, for staff. Raises NotFound."""
    found = db.session.get(Refund, refund_id)
    if found is None:
        raise NotFound()
    return found
