"""Fuel stops: paid by the car's card, or by the member with a receipt to refund."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class PaidBy(StrEnum):
    CARD = "card"
    MEMBER = "member"


class FuelStop(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Fuel or charge taken on during a trip. Volume is thousandths of a gallon, or of a kilowatt-hour."""

    __tablename__ = "fuel_stops"
    __table_args__ = (
        CheckConstraint("paid_by IN ('card', 'member')", name="paid_by_is_known"),
        CheckConstraint("amount_cents > 0 AND volume_thousandths > 0", name="a_stop_has_amount_and_volume"),
        CheckConstraint("energy_before BETWEEN 0 AND 100", name="energy_before_is_a_percentage"),
        UniqueConstraint("reservation_id", "once", name="one_stop_per_form"),
        Index("ix_fuel_stops_reservation", "reservation_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_by: Mapped[str]
    station: Mapped[str]
    amount_cents: Mapped[int]
    currency: Mapped[str]
    volume_thousandths: Mapped[int]
    energy_before: Mapped[int]
    once: Mapped[str]
