"""A member's disputes of lines of their bill."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from core.money import Money
from portal.billing.ledger.models import LedgerRow


class Outcome(StrEnum):
    GIVEN_BACK = "given_back"  # the whole line
    PARTLY = "partly"
    STANDS = "stands"
    WITHDRAWN = "withdrawn"


class Dispute(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A line that a member says is not right: in their words, with an owner, a clock and an outcome."""

    __tablename__ = "disputes"
    __table_args__ = (
        CheckConstraint(f"outcome IS NULL OR outcome IN ({', '.join(repr(o.value) for o in Outcome)})",
                        name="outcome_is_known"),
        CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="an_outcome_has_a_date"),
        CheckConstraint("back_cents >= 0", name="a_dispute_takes_nothing"),
        Index("one_open_dispute_of_a_line", "line_id", unique=True, sqlite_where=text("outcome IS NULL"),
              postgresql_where=text("outcome IS NULL")),
        Index("ix_disputes_payer", "payer_id"),
        Index("ix_disputes_due", "due_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("ledger.id"))
    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    words_sealed: Mapped[str] = mapped_column(info={"private": True})
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    outcome: Mapped[str | None]
    back_cents: Mapped[int] = mapped_column(default=0)
    reply_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    line: Mapped[LedgerRow] = relationship(lazy="joined", innerjoin=True)

    @property
    def back(self) -> Money:
        """What was given back."""
        return Money(self.back_cents, self.line.currency)
