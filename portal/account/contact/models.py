"""A member's contact choices by version, the number we text, and the devices that show notifications."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from portal.account.contact.rules import Channel, Choices, Purpose

LIVE = text("removed_at IS NULL AND verified_at IS NOT NULL")


class ContactChoice(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One version of a member's choices: a change is a new row, so that what was in force at a moment can be told."""

    __tablename__ = "contact_choices"
    __table_args__ = (
        UniqueConstraint("member_id", "version", name="one_choice_per_version"),
        CheckConstraint("version >= 1", name="choices_count_from_one"),
        CheckConstraint("quiet_from BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439", name="quiet_hours_are_of_a_day"),
        CheckConstraint("made_by IN ('page', 'link', 'number')", name="made_by_is_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    version: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ways: Mapped[list[str]] = mapped_column(JSON)  # "care.mail"; the mail of the service is always chosen and never listed
    quiet_from: Mapped[int]  # minutes after midnight
    quiet_until: Mapped[int]
    zone: Mapped[str]
    made_by: Mapped[str]  # the page, the link in a mail, or confirming a number

    @property
    def choices(self) -> Choices:
        """As the rules take them."""
        ways = frozenset((Purpose(purpose), Channel(channel)) for purpose, channel in (way.split(".") for way in self.ways))
        return Choices(self.version, ways, self.quiet_from, self.quiet_until, ZoneInfo(self.zone))


class PhoneNumber(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A number a member gave us. It counts once the code that was sent to it was typed in, until it is removed.

    The code is kept nowhere: it follows from the row's id and the site's secret (`code.py`).
    """

    __tablename__ = "phone_numbers"
    __table_args__ = (
        CheckConstraint("tries BETWEEN 0 AND 20", name="tries_are_counted"),
        CheckConstraint("number LIKE '+%'", name="a_number_is_international"),
        Index("one_number_per_member", "member_id", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
        Index("ix_phone_numbers_member_asked", "member_id", "asked_at"),
        Index("ix_phone_numbers_number_asked", "number", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    number: Mapped[str] = mapped_column(info={"private": True})  # E.164: +13125550123
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)  # by the wall's clock, as are the others
    code_until: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the carrier says that no text reaches it
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PushDevice(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A browser that shows our notifications to one member. Signing out of it takes it away: others may use it next."""

    __tablename__ = "push_devices"
    __table_args__ = (
        CheckConstraint("endpoint LIKE 'https://%' OR endpoint LIKE 'embedded:%'", name="an_endpoint_is_safe"),
        Index("ix_push_devices_member", "member_id"),
        Index("ix_push_devices_session", "session_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    endpoint: Mapped[str] = mapped_column(unique=True, info={"private": True})
    p256dh: Mapped[str] = mapped_column(info={"private": True})
    auth: Mapped[str] = mapped_column(info={"private": True})
    name: Mapped[str]  # "Chrome on Android"
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
