"""Reservations: who has which car when, at what frozen price. Occupancies hold the car; this row keeps the story."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from core.money import Money
from core.time import Span
from fleet.cars.models import Car
from fleet.tariffs.quote import Line
from portal.account.models import Member


class Status(StrEnum):
    BOOKED = "booked"
    DRIVING = "driving"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class Waiver(StrEnum):
    INCLUDED = "included"
    PLUS = "plus"
    PREMIUM = "premium"


class Reservation(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A member's hold on a car for a span. The span stays here after the occupancy has gone."""

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="reservation_ends_after_it_starts"),
        CheckConstraint(f"status IN ({', '.join(repr(s.value) for s in Status)})", name="reservation_status_is_known"),
        CheckConstraint(f"waiver IN ({', '.join(repr(w.value) for w in Waiver)})", name="waiver_is_known"),
        CheckConstraint("price_cents >= 0", name="price_is_not_negative"),
        UniqueConstraint("member_id", "once", name="one_reservation_per_form"),
        Index("one_stand_in_for_a_booking", "stands_in_for_id", unique=True),
        CheckConstraint("booked_by_id <> member_id", name="somebody_else_booked_it"),
        Index("ix_reservations_booked_by", "booked_by_id", "starts_at"),
        Index("ix_reservations_member_start", "member_id", "starts_at"),
        Index("ix_reservations_car_start", "car_id", "starts_at"),
        Index("ix_reservations_series", "series_id"),
        Index("ix_reservations_payer_start", "payer_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    booked_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))  # none: the driver themselves
    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str]
    waiver: Mapped[str]
    price_cents: Mapped[int]
    currency: Mapped[str]
    quote: Mapped[dict[str, Any]] = mapped_column(JSON)
    once: Mapped[str]
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    at_risk_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    payer_id: Mapped[int | None] = mapped_column(ForeignKey("payers.id"))  # none: booked before there was money
    stands_in_for_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))  # whose car could not be had
    series_id: Mapped[UUID | None] = mapped_column(ForeignKey("series.id"))
    cost_centre_id: Mapped[int | None] = mapped_column(ForeignKey("cost_centres.id"))
    occupancy_id: Mapped[int | None] = mapped_column(ForeignKey("occupancies.id", ondelete="SET NULL"), unique=True)

    member: Mapped[Member] = relationship(lazy="joined", innerjoin=True, foreign_keys=[member_id])  # who drives
    booked_by: Mapped[Member | None] = relationship(foreign_keys=[booked_by_id])
    car: Mapped[Car] = relationship(lazy="joined", innerjoin=True)

    @property
    def span(self) -> Span:
        return Span(self.starts_at, self.ends_at)

    @property
    def price(self) -> Money:
        return Money(self.price_cents, self.currency)


class StoredQuote(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A price for one car and span, frozen with every line until it expires, of the member who asked for it."""

    __tablename__ = "quotes"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="quote_ends_after_it_starts"),
        CheckConstraint("made_at < expires_at", name="quote_expires_after_it_is_made"),
        Index("ix_quotes_expires", "expires_at"),
        Index("ix_quotes_member", "member_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    plan: Mapped[str]
    waiver: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    quote: Mapped[dict[str, Any]] = mapped_column(JSON)

    @property
    def lines(self) -> list[Line]:
        return [Line.from_json(line) for line in self.quote["lines"]]

    @property
    def total_cents(self) -> int:
        cents: int = self.quote["total_cents"]
        return cents

    @property
    def span(self) -> Span:
        return Span(self.starts_at, self.ends_at)
