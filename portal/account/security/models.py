"""What proves who somebody is besides their password, and the short-lived rows of proving it. Secrets are sealed or hashed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class Authenticator(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """The authenticator app of one user. `last_step` is the newest time step whose code was used: no code counts twice."""

    __tablename__ = "authenticators"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    secret_sealed: Mapped[str] = mapped_column(info={"private": True})
    last_step: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecoveryCode(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One code for the day when the phone is gone. It is kept as a hash and works once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index("ix_recovery_codes_user", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(info={"private": True})
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Passkey(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A passkey: its public half. All of one user carry the same random handle, which says nothing of who they are."""

    __tablename__ = "passkeys"
    __table_args__ = (
        CheckConstraint("sign_count >= 0", name="passkey_uses_are_counted"),
        Index("ix_passkeys_user", "user_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    credential: Mapped[str] = mapped_column(unique=True)  # its id in URL-safe base64, as are the key and the handle
    public_key: Mapped[str]
    handle: Mapped[str]
    sign_count: Mapped[int]
    name: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PasskeyChallenge(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """What a passkey is asked to sign, once: the row goes when an answer to it comes, right or wrong."""

    __tablename__ = "passkey_challenges"
    __table_args__ = (CheckConstraint("purpose IN ('register', 'sign_in', 'again')", name="challenge_purpose_is_known"),)

    challenge: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    handle: Mapped[str | None]
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HalfSignIn(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A sign-in whose password was right and whose second factor is to come: no session yet. The browser has its token."""

    __tablename__ = "half_sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    remembered: Mapped[bool]
    device: Mapped[str]
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PasswordReset(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Somebody's wish for a new password. Whether the address is anybody's is found out when the mail is written.

    The link's token follows from the row's id and the site's secret; here is its hash, once it was mailed.
    """

    __tablename__ = "password_resets"
    __table_args__ = (
        CheckConstraint("why IN ('forgot', 'invited')", name="why_reset_is_known"),
        Index("ix_password_resets_account_asked", "account_hash", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    account_hash: Mapped[str]
    email_sealed: Mapped[str | None] = mapped_column(info={"private": True})  # until it is mailed
    why: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class KnownDevice(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A browser from which a user has signed in before; it carries a signed cookie, of which this is the hash."""

    __tablename__ = "known_devices"
    __table_args__ = (UniqueConstraint("user_id", "device_hash", name="one_row_per_known_device"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    device_hash: Mapped[str]
    since: Mapped[datetime] = mapped_column(UtcDateTime)
