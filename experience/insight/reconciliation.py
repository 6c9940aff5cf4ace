"""What a comparison of business and events found: the table of reconciliations."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class Reconciliation(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Rows of the business beside their step events: how many were compared, and which have none or too many."""

    __tablename__ = "reconciliations"
    __table_args__ = (
        CheckConstraint("missing >= 0 AND doubled >= 0", name="differences_are_counted"),
        CheckConstraint("since < until", name="a_reconciliation_spans_time"),
        UniqueConstraint("night", name="one_reconciliation_a_night"),
        Index("ix_reconciliations_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    night: Mapped[date | None]  # none: asked for by hand
    compared: Mapped[dict[str, Any]] = mapped_column(JSON)  # rows and events by kind
    missing: Mapped[int]
    doubled: Mapped[int]
    found: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
