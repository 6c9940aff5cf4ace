"""Addresses that members change to, and those they came from for as long as these may be put back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class EmailChange(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A wish for another address. It counts once the code that was mailed there is typed in; the old address may undo it then.

    Where the address has an account already, `known` says so: its mail has no code, and none opens this row. The code and the
    link that undoes it are kept nowhere: both follow from the row's id and the site's secret. Times are the wall's.
    """

    __tablename__ = "email_changes"
    __table_args__ = (
        CheckConstraint("tries BETWEEN 0 AND 20", name="email_tries_are_counted"),
        CheckConstraint("new_email = lower(new_email)", name="new_email_in_lower_case"),
        CheckConstraint("(confirmed_at IS NULL) = (old_email IS NULL) AND (confirmed_at IS NULL) = (undo_until IS NULL)",
                        name="a_changed_address_may_be_put_back"),
        CheckConstraint("undone_at IS NULL OR confirmed_at IS NOT NULL", name="what_is_put_back_was_changed"),
        Index("ix_email_changes_user_asked", "user_id", "asked_at"),
        Index("ix_email_changes_new_asked", "new_email", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    new_email: Mapped[str] = mapped_column(info={"private": True})
    known: Mapped[bool]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    code_until: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    old_email: Mapped[str | None] = mapped_column(info={"private": True})
    undo_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
