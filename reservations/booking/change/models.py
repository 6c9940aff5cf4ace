"""Changes of a booking, each with what was before and after, and the quarter-hours that were given back late."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from core.money import Money
from core.time import Span


class Why(StrEnum):
    """Why a booking was changed."""

    WISH = "wish"  # its member wanted it
    MOVED_BY_US = "moved_by_us"  # we asked, and its member agreed
    WAITLIST = "waitlist"  # something became free that its member waited for


class ReservationChange(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One change, never changed itself. `once` is its form's; prices are in full, and the difference is what it added."""

    __tablename__ = "reservation_changes"
    __table_args__ = (
        CheckConstraint("difference_cents = after_price_cents - before_price_cents", name="a_change_adds_up"),
        CheckConstraint("before_car_id <> after_car_id OR before_starts_at <> after_starts_at "
                        "OR before_ends_at <> after_ends_at", name="a_change_changes_something"),
        CheckConstraint("after_starts_at < after_ends_at", name="a_change_ends_after_it_starts"),
        CheckConstraint(f"why IN ({', '.join(repr(w.value) for w in Why)})", name="change_reason_is_known"),
        CheckConstraint("actor IN ('member', 'staff', 'system')", name="change_actor_is_known"),
        CheckConstraint("(actor = 'staff') = (actor_id IS NOT NULL)", name="who_of_us_changed_it_is_named"),
        UniqueConstraint("reservation_id", "once", name="one_change_per_form"),
        Index("ix_reservation_changes_at", "reservation_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    why: Mapped[str]
    actor: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    before_car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"))
    before_lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"))
    before_starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    before_ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    before_price_cents: Mapped[int]
    before_quote: Mapped[dict[str, Any]] = mapped_column(JSON)
    after_car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"))
    after_lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"))
    after_starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    after_ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    after_price_cents: Mapped[int]
    after_quote: Mapped[dict[str, Any]] = mapped_column(JSON)
    difference_cents: Mapped[int]
    currency: Mapped[str]
    once: Mapped[str]

    @property
    def before(self) -> Span:
        return Span(self.before_starts_at, self.before_ends_at)

    @property
    def after(self) -> Span:
        return Span(self.after_starts_at, self.after_ends_at)

    @property
    def difference(self) -> Money:
        """What the change added to the price; below zero it took off."""
        return Money(self.difference_cents, self.currency)


class GivenBackQuarter(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A quarter-hour that a member gave back too late to have it for nothing, and its part of what that costs. Refunded
    once, when somebody else has it."""

    __tablename__ = "given_back_quarters"
    __table_args__ = (
        CheckConstraint("amount_cents >= 0", name="a_quarter_costs_nothing_or_more"),
        CheckConstraint("(rebooked_by_id IS NULL) = (refunded_at IS NULL)", name="a_quarter_is_refunded_for_a_booking"),
        CheckConstraint("rebooked_by_id <> reservation_id", name="somebody_else_rebooks"),
    )

    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"), primary_key=True)
    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    amount_cents: Mapped[int]
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rebooked_by_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    refunded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
