"""What really happened: the trip and its condition checks."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from reservations.booking.models import Reservation


class Trip(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Possession of a car: from the first unlock to the return. The reservation was the plan."""

    __tablename__ = "trips"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="trip_ends_after_it_starts"),
        CheckConstraint("end_odometer IS NULL OR end_odometer >= start_odometer", name="odometer_never_falls"),
        Index("ix_trips_car_out", "car_id", "ended_at"),
    )

    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"), primary_key=True)
    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    start_odometer: Mapped[float]
    start_energy: Mapped[int]
    drove_off_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when its box first said that it moves
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_odometer: Mapped[float | None]  # by the box's own word; none when it was silent at the end
    end_energy: Mapped[int | None]
    typed_odometer: Mapped[int | None]
    typed_energy: Mapped[int | None]
    total_cents: Mapped[int | None]
    currency: Mapped[str]

    reservation: Mapped[Reservation] = relationship(lazy="joined", innerjoin=True)

    @property
    def id(self) -> int:
        return self.reservation_id

    @property
    def miles(self) -> float | None:
        """Miles by the box's own word, or none."""
        return None if self.end_odometer is None else round(self.end_odometer - self.start_odometer, 1)

    @property
    def typed_miles(self) -> int | None:
        """Miles by what the member typed, when that is all there is; nobody pays for them."""
        if self.end_odometer is not None or self.typed_odometer is None:
            return None
        return self.typed_odometer - int(self.start_odometer)


class CheckStage(StrEnum):
    OUTSIDE = "outside"
    INSIDE = "inside"
    RETURN = "return"


class ConditionCheck(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """How a member found the car (outside, inside) or left it (return)."""

    __tablename__ = "condition_checks"
    __table_args__ = (
        CheckConstraint(f"stage IN ({', '.join(repr(s.value) for s in CheckStage)})", name="stage_is_known"),
        CheckConstraint("cleanliness IS NULL OR cleanliness BETWEEN 1 AND 5", name="cleanliness_is_one_to_five"),
        UniqueConstraint("reservation_id", "stage", name="one_check_per_stage"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"))
    stage: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    cleanliness: Mapped[int | None]
    nothing_new: Mapped[bool]
    skipped: Mapped[bool]
