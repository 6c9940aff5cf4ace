"""A member's licences, the pictures that were shown of them, and everybody who looked at one."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from portal.account.models import Member


class LicenceStatus(StrEnum):
    DRAFT = "draft"  # being filled in: details and pictures may still change
    PENDING = "pending"  # sent, and not judged to the end
    VERIFIED = "verified"
    REFUSED = "refused"
    SUPERSEDED = "superseded"  # by another one of the same member
    EXPIRED = "expired"


class Side(StrEnum):
    FRONT = "front"
    BACK = "back"
    SELFIE = "selfie"


class LookedFor(StrEnum):
    """What somebody looked at a picture for."""

    OWN = "own"
    REVIEW = "review"
    CHECK = "check"
    EXPORT = "export"


OPEN = (LicenceStatus.DRAFT, LicenceStatus.PENDING)
IS_OPEN, IS_VERIFIED, IS_KEPT = text("status IN ('draft', 'pending')"), text("status = 'verified'"), text("gone_at IS NULL")


def _known(column: str, values: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


class Licence(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One licence as its member showed it. `country` and `region` as in ISO 3166 (US, IL); the number and the name on it are
    sealed, and a keyed digest finds the same number again. What the check and whoever decided said of it are codes
    (`portal.licence.reasons`)."""

    __tablename__ = "licences"
    __table_args__ = (
        CheckConstraint(_known("status", LicenceStatus), name="licence_status_is_known"),
        CheckConstraint("status = 'draft' OR (submitted_at IS NOT NULL AND number_sealed IS NOT NULL AND number_digest "
                        "IS NOT NULL AND name_sealed IS NOT NULL AND held_since IS NOT NULL AND expires_on IS NOT NULL)",
                        name="a_licence_is_whole_when_it_is_sent"),
        CheckConstraint("(status IN ('draft', 'pending')) = (decided_at IS NULL)", name="a_decided_licence_says_when"),
        CheckConstraint("held_since < expires_on", name="a_licence_expires_after_it_is_held"),
        CheckConstraint("retake IS NULL OR retake IN ('front', 'back', 'selfie')", name="licence_retake_is_a_side"),
        Index("one_open_licence_of_a_member", "member_id", unique=True, postgresql_where=IS_OPEN, sqlite_where=IS_OPEN),
        Index("one_verified_licence_of_a_member", "member_id", unique=True, postgresql_where=IS_VERIFIED,
              sqlite_where=IS_VERIFIED),
        Index("one_member_of_a_licence", "number_digest", unique=True, postgresql_where=IS_VERIFIED, sqlite_where=IS_VERIFIED),
        Index("ix_licences_member", "member_id"),
        Index("ix_licences_digest", "number_digest"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    status: Mapped[str]
    country: Mapped[str]
    region: Mapped[str]
    number_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    number_digest: Mapped[str | None] = mapped_column(info={"private": True})
    name_sealed: Mapped[str | None] = mapped_column(info={"private": True})
    held_since: Mapped[date | None] = mapped_column(info={"private": True})
    expires_on: Mapped[date | None] = mapped_column(info={"private": True})
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verdict: Mapped[str | None]  # what the check said: clear, unclear or refused
    reasons: Mapped[list[str]] = mapped_column(JSON, default=list)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # nobody: the rules decided
    recheck_on: Mapped[date | None]
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # by when a person decides it, where no application does
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # the reviewer who has it on the desk
    answer_sealed: Mapped[str | None] = mapped_column(info={"private": True})  # the reviewer's own sentence to the member
    retake: Mapped[str | None]  # the one picture that is asked for anew

    member: Mapped[Member] = relationship()
    pictures: Mapped[list["LicencePicture"]] = relationship(
        primaryjoin="and_(LicencePicture.licence_id == Licence.id, LicencePicture.gone_at.is_(None))", viewonly=True)

    def picture(self, side: Side) -> "LicencePicture | None":
        """The picture that is kept of this side."""
        return next((picture for picture in self.pictures if picture.side == side), None)


class LicencePicture(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One picture: made anew from what was sent, sealed in the file store under `file_key`. `sha256` is of the picture as it
    is shown, `stored_bytes` of the sealed file. The row outlives its file, so that it stays known who looked."""

    __tablename__ = "licence_pictures"
    __table_args__ = (
        CheckConstraint(_known("side", Side), name="picture_side_is_known"),
        CheckConstraint("width > 0 AND height > 0 AND stored_bytes > 0", name="a_picture_has_a_size"),
        Index("one_picture_of_a_side", "licence_id", "side", unique=True, postgresql_where=IS_KEPT, sqlite_where=IS_KEPT),
        Index("ix_licence_pictures_member_at", "member_id", "taken_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    licence_id: Mapped[UUID] = mapped_column(ForeignKey("licences.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    side: Mapped[str]
    file_key: Mapped[str] = mapped_column(unique=True, info={"private": True})
    sha256: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    stored_bytes: Mapped[int]
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    licence: Mapped[Licence] = relationship()


class PictureView(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Somebody was shown a picture."""

    __tablename__ = "picture_views"
    __table_args__ = (
        CheckConstraint(_known("looked_for", LookedFor), name="a_look_has_a_known_reason"),
        Index("ix_picture_views_picture", "picture_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    picture_id: Mapped[UUID] = mapped_column(ForeignKey("licence_pictures.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # nobody: the check looked
    looked_for: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
