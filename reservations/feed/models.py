"""The secret address under which a member's calendar program finds their trips."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class CalendarFeed(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """The one calendar of a member, while it is on.

    The address is looked up by its hash, so a stolen table opens no calendar; sealed beside it, so that its member can
    read it again for another device.
    """

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        CheckConstraint("alarm_minutes BETWEEN 5 AND 2880", name="an_alarm_is_at_most_two_days_before"),
        Index("one_calendar_per_secret", "secret_hash", unique=True),
    )

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(info={"private": True})
    secret_sealed: Mapped[str] = mapped_column(info={"private": True})
    alarm_minutes: Mapped[int | None]  # before the start; none: no alarm
    since: Mapped[datetime] = mapped_column(UtcDateTime)
