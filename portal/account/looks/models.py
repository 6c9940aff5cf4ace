"""Who of our staff opened which page about a member."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class Opened(StrEnum):
    """What page it was."""

    CONVERSATION = "conversation"
    BILL = "bill"
    APPLICATION = "application"


class DeskLook(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Somebody of our staff opened a page about a member; the same page again within the hour is the same look."""

    __tablename__ = "desk_looks"
    __table_args__ = (
        CheckConstraint(f"opened IN ({', '.join(repr(each.value) for each in Opened)})", name="opened_page_is_known"),
        Index("ix_desk_looks_member", "member_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    opened: Mapped[str]
