"""The code that a member gives away, and whom it brought."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class ReferralState(StrEnum):
    JOINED = "joined"  # their first trip is not paid yet
    CREDITED = "credited"
    REFUSED = "refused"  # by the rules: it brings no credit


class ReferralWhy(StrEnum):
    """Why it brought no credit, or none to whom the code is."""

    SAME_CARD = "same_card"
    SAME_PHONE = "same_phone"
    SAME_LICENCE = "same_licence"
    MOST = "most"  # the friend has theirs; the other has had as many as a year allows
    LEFT = "left"  # the friend has theirs; the other has left us


JOINED = text("state = 'joined'")


class ReferralCode(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One member's code; nobody can guess it."""

    __tablename__ = "referral_codes"
    __table_args__ = (CheckConstraint("code = upper(code)", name="referral_codes_are_in_capitals"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Referral(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Somebody joined with a code. What both get was decided by the rules in force then, and is given once."""

    __tablename__ = "referrals"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in ReferralState)})", name="referral_state_is_known"),
        CheckConstraint(f"why IS NULL OR why IN ({', '.join(repr(w.value) for w in ReferralWhy)})",
                        name="why_a_referral_is_refused_is_known"),
        CheckConstraint("(state = 'joined') = (decided_at IS NULL)", name="a_referral_is_open_or_decided"),
        CheckConstraint("state <> 'refused' OR why IS NOT NULL", name="a_refused_referral_says_why"),
        CheckConstraint("by_member_id <> friend_id", name="nobody_brings_themselves"),
        CheckConstraint("gives_cents >= 0 AND gets_cents >= 0", name="a_referral_gives_no_less_than_nothing"),
        Index("ix_referrals_by", "by_member_id", "decided_at"),
        Index("ix_referrals_joined", "joined_at", sqlite_where=JOINED, postgresql_where=JOINED),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    by_member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))  # none: nobody is to know any more
    friend_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), unique=True)  # as above
    state: Mapped[str]
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    gives_cents: Mapped[int]  # to whom the code is
    gets_cents: Mapped[int]  # to the friend
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    why: Mapped[str | None]
