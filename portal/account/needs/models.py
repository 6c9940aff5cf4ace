"""What members told us of their needs. It says something of their health, so it is sealed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class MemberNeeds(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """The needs of one member, with the version of the words they agreed to. Withdrawn, the row is gone.

    `more_time` is no secret to the clock that gives cars free: it knows no seal.
    """

    __tablename__ = "member_needs"
    __table_args__ = (CheckConstraint("consent_version >= 1", name="needs_are_agreed_to"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True, autoincrement=False)
    needs_sealed: Mapped[str] = mapped_column(info={"private": True})  # words of Need
    words_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    more_time: Mapped[bool] = mapped_column(info={"private": True})
    consent_version: Mapped[int]
    agreed_at: Mapped[datetime] = mapped_column(UtcDateTime)
