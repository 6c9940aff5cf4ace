"""Requests for the reduced tier, the picture that shows each, and everybody who looked at one."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from portal.account.models import Member


class Benefit(StrEnum):
    """What shows a small income: a closed list, so that nobody has to tell us what they earn."""

    SNAP = "snap"
    WIC = "wic"
    MEDICAID = "medicaid"
    TANF = "tanf"
    SSI = "ssi"
    HOUSING = "housing"
    ENERGY = "energy"
    STUDENT_AID = "student_aid"


class TierState(StrEnum):
    WAITING = "waiting"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class TierReason(StrEnum):
    """Why a request is refused; `portal.account.tier.words` says each to the member."""

    UNREADABLE = "unreadable"
    OTHER_NAME = "other_name"
    OUT_OF_DATE = "out_of_date"
    NOT_LISTED = "not_listed"


class TierLookedFor(StrEnum):
    """What somebody looked at the picture for."""

    OWN = "own"
    REVIEW = "review"


IS_WAITING = text("state = 'waiting'")


def _known(column: str, values: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


class TierRequest(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One request: which benefit, and one picture that shows it, made anew and sealed in the file store under `file_key`.
    `sha256` is of the picture as it is shown. The row outlives its file, so that it stays known who looked."""

    __tablename__ = "tier_requests"
    __table_args__ = (
        CheckConstraint(_known("benefit", Benefit), name="tier_benefit_is_known"),
        CheckConstraint(_known("state", TierState), name="tier_state_is_known"),
        CheckConstraint(f"reason IS NULL OR {_known('reason', TierReason)}", name="tier_reason_is_known"),
        CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name="a_refused_tier_says_why"),
        CheckConstraint("(state = 'granted') = (counts_until IS NOT NULL)", name="a_granted_tier_says_until_when"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="a_tier_waits_or_is_over"),
        CheckConstraint("(state IN ('granted', 'refused')) = (decided_by_id IS NOT NULL)", name="a_person_decides_a_tier"),
        CheckConstraint("width > 0 AND height > 0 AND stored_bytes > 0", name="a_picture_of_a_benefit_has_a_size"),
        CheckConstraint("state <> 'waiting' OR gone_at IS NULL", name="a_tier_is_decided_by_its_picture"),
        Index("one_waiting_tier_request_of_a_member", "member_id", unique=True, postgresql_where=IS_WAITING,
              sqlite_where=IS_WAITING),
        Index("ix_tier_requests_member", "member_id", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    benefit: Mapped[str] = mapped_column(info={"private": True})
    state: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    file_key: Mapped[str] = mapped_column(unique=True, info={"private": True})
    sha256: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    stored_bytes: Mapped[int]
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # the reviewer who has it on the desk
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None]
    answer_sealed: Mapped[str | None] = mapped_column(info={"private": True})  # the reviewer's own sentence to the member
    counts_until: Mapped[date | None]

    member: Mapped[Member] = relationship()


class TierLook(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Somebody was shown the picture of a request."""

    __tablename__ = "tier_looks"
    __table_args__ = (
        CheckConstraint(_known("looked_for", TierLookedFor), name="a_look_at_a_benefit_has_a_known_reason"),
        Index("ix_tier_looks_request", "request_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("tier_requests.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    looked_for: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
