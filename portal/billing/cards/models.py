"""Cards by their last four digits; their numbers are the processor's and never come here."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class Card(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A card that a payer pays with. `rank` 0 is asked first, 1 is the one behind it."""

    __tablename__ = "cards"
    __table_args__ = (
        CheckConstraint("rank >= 0", name="rank_counts_from_zero"),
        CheckConstraint("length(last_four) = 4", name="only_the_last_four_digits"),
        CheckConstraint("exp_month BETWEEN 1 AND 12", name="exp_month_is_a_month"),
        Index("one_live_card_of_a_rank", "payer_id", "rank", unique=True, sqlite_where=text("removed_at IS NULL"),
              postgresql_where=text("removed_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"))
    processor_id: Mapped[str] = mapped_column(unique=True)
    brand: Mapped[str]
    last_four: Mapped[str]
    exp_month: Mapped[int]
    exp_year: Mapped[int]
    rank: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
