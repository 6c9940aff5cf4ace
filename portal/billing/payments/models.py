"""Payments on cards, refunds, the processor's pages and events, and every call that we make to it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from core.money import Money
from portal.billing.cards.models import Card


class State(StrEnum):
    """What has become of a payment. From WANTED on; RELEASED, CAPTURED and DECLINED are its ends."""

    WANTED = "wanted"  # asked for; no answer yet
    CONFIRM = "confirm"  # waits for the member at their bank
    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    DECLINED = "declined"


OPEN = (State.WANTED, State.CONFIRM, State.HELD)


class Purpose(StrEnum):
    TRIP = "trip"  # held at the booking, taken at the return
    BALANCE = "balance"  # what is owed: differences, memberships, debts


class Payment(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One payment on one card: a hold that is captured or released, or a charge."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in State)})", name="payment_state_is_known"),
        CheckConstraint(f"purpose IN ({', '.join(repr(p.value) for p in Purpose)})", name="purpose_is_known"),
        CheckConstraint("amount_cents > 0", name="a_payment_moves_something"),
        CheckConstraint("captured_cents BETWEEN 0 AND amount_cents", name="no_more_is_captured_than_was_held"),
        CheckConstraint("refunded_cents BETWEEN 0 AND captured_cents", name="no_more_is_refunded_than_was_captured"),
        Index("ix_payments_payer", "payer_id", "asked_at"),
        Index("ix_payments_reservation", "reservation_id"),
        Index("ix_payments_holds", "hold_ends_at", sqlite_where=text("state = 'held'"),
              postgresql_where=text("state = 'held'")),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"))
    card_id: Mapped[UUID | None] = mapped_column(ForeignKey("cards.id"))
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    purpose: Mapped[str]
    state: Mapped[str]
    amount_cents: Mapped[int]
    captured_cents: Mapped[int] = mapped_column(default=0)
    refunded_cents: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str]
    processor_id: Mapped[str | None] = mapped_column(unique=True)
    hold_ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    declined_why: Mapped[str | None]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    once: Mapped[str] = mapped_column(unique=True)

    card: Mapped[Card | None] = relationship(lazy="joined")

    @property
    def amount(self) -> Money:
        return Money(self.amount_cents, self.currency)

    @property
    def captured(self) -> Money:
        return Money(self.captured_cents, self.currency)

    @property
    def left_to_refund(self) -> Money:
        return Money(self.captured_cents - self.refunded_cents, self.currency)


class RefundState(StrEnum):
    WANTED = "wanted"
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Refund(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Money that goes back to the card it came from. It counts on the payment from the moment it is wanted."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in RefundState)})", name="refund_state_is_known"),
        CheckConstraint("amount_cents > 0", name="a_refund_moves_something"),
        Index("ix_refunds_payment", "payment_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    amount_cents: Mapped[int]
    currency: Mapped[str]
    why: Mapped[str]
    state: Mapped[str]
    processor_id: Mapped[str | None] = mapped_column(unique=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    once: Mapped[str] = mapped_column(unique=True)

    payment: Mapped[Payment] = relationship(lazy="joined", innerjoin=True)

    @property
    def amount(self) -> Money:
        return Money(self.amount_cents, self.currency)


class PageKind(StrEnum):
    CARD = "card"  # give a card to keep
    PAY = "pay"  # pay what is owed
    CONFIRM = "confirm"  # pass the bank's check for a payment that waits


class PageState(StrEnum):
    WANTED = "wanted"
    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"
    FAILED = "failed"


class PaymentPage(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A page of the processor's that a member goes to. `payment_id`: what is paid there."""

    __tablename__ = "payment_pages"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(k.value) for k in PageKind)})", name="page_kind_is_known"),
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in PageState)})", name="page_state_is_known"),
        Index("ix_payment_pages_payer", "payer_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"))
    kind: Mapped[str]
    state: Mapped[str]
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payments.id"))
    processor_id: Mapped[str | None] = mapped_column(unique=True)
    url: Mapped[str | None]
    back_to: Mapped[str]  # a path of ours, where the member goes on afterwards
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Calling(StrEnum):
    """What a call asks of the processor."""

    HOLD = "hold"
    CHARGE = "charge"
    CAPTURE = "capture"
    RELEASE = "release"
    REFUND = "refund"
    OPEN_PAGE = "open_page"
    LOOK_AT_PAGE = "look_at_page"
    FORGET_CARD = "forget_card"
    ANSWER_CHARGEBACK = "answer_chargeback"


class CallState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"  # the processor or the bank said no
    GIVEN_UP = "given_up"  # never answered, and it is certain that nothing happened


class PaymentCall(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A call to the processor, written before it is made. Its id is its idempotency key; `about` is what it concerns."""

    __tablename__ = "payment_calls"
    __table_args__ = (
        CheckConstraint(f"calling IN ({', '.join(repr(c.value) for c in Calling)})", name="calling_is_known"),
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in CallState)})", name="call_state_is_known"),
        Index("ix_payment_calls_about", "about"),
        Index("ix_payment_calls_waiting", "asked_at", sqlite_where=text("state = 'waiting'"),
              postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    calling: Mapped[str]
    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"))
    about: Mapped[UUID] = mapped_column(Uuid)
    amount_cents: Mapped[int | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def key(self) -> str:
        return str(self.id)


class PaymentEvent(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A webhook that was verified, kept so that it can be taken in again, without the people in it. Its id is the
    processor's."""

    __tablename__ = "payment_events"
    __table_args__ = (Index("ix_payment_events_received", "received_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    object_id: Mapped[str]
    object_kind: Mapped[str]
    payment_id: Mapped[str | None]  # the processor's
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class Chargeback(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A payment that the cardholder's bank took back while it looks into it, with the evidence we hand in."""

    __tablename__ = "chargebacks"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="a_chargeback_takes_something"),
        CheckConstraint("state IN ('needs_response', 'under_review', 'won', 'lost')", name="chargeback_state_is_known"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"), index=True)
    processor_id: Mapped[str] = mapped_column(unique=True)
    amount_cents: Mapped[int]
    currency: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str]
    evidence_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, info={"private": True})
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    payment: Mapped[Payment] = relationship(lazy="joined", innerjoin=True)


class ProcessorMovement(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A line of the processor's own books, as it was read there; `ours_cents` is what our ledger has for it."""

    __tablename__ = "processor_movements"
    __table_args__ = (
        CheckConstraint("fee_cents >= 0", name="a_fee_is_not_negative"),
        Index("ix_processor_movements_at", "at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    amount_cents: Mapped[int]  # signed from our side
    fee_cents: Mapped[int]
    currency: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    about: Mapped[str | None]
    ours_cents: Mapped[int | None]  # none: we know nothing of it
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
