"""Known marks: what is already scratched, so that nobody is asked about it again."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db

VIEWS = ("front", "left", "right", "rear", "interior", "dashboard")


class Mark(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A scratch, dent or chip on one view of a car."""

    __tablename__ = "marks"
    __table_args__ = (
        CheckConstraint(f"view IN ({', '.join(repr(v) for v in VIEWS)})", name="view_is_known"),
        CheckConstraint("length(what) BETWEEN 3 AND 200", name="what_says_something"),
        Index("ix_marks_car", "car_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"))
    view: Mapped[str]
    what: Mapped[str]
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    found_by_reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    repaired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
