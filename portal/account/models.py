"""Users sign in and have roles; members are the users who drive. Sessions live here, not in the cookie."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from fleet.tariffs.quote import Driver


class Role(StrEnum):
    MEMBER = "member"
    FLEET = "fleet"
    CX = "cx"
    SUPPORT = "support"
    REVIEWER = "reviewer"
    FINANCE = "finance"
    ADMIN = "admin"


STAFF_ROLES = frozenset(Role) - {Role.MEMBER}


class Plan(StrEnum):
    PAY_AS_YOU_GO = "payg"
    REGULAR = "regular"


class MemberStatus(StrEnum):
    APPLICANT = "applicant"
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


class User(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Someone who can sign in. E-mail addresses are kept in lower case."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_in_lower_case"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True, info={"private": True})
    name: Mapped[str] = mapped_column(info={"private": True})
    password_hash: Mapped[str] = mapped_column(info={"private": True})
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hour24: Mapped[bool] = mapped_column(default=False)

    role_rows: Mapped[list["UserRole"]] = relationship(cascade="all, delete-orphan")
    member: Mapped["Member | None"] = relationship(back_populates="user", lazy="joined")

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(Role(row.role) for row in self.role_rows)

    @property
    def first_name(self) -> str:
        return self.name.split()[0]


class UserRole(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One role of one user."""

    __tablename__ = "user_roles"
    __table_args__ = (
        CheckConstraint(f"role IN ({', '.join(repr(r.value) for r in Role)})", name="role_is_known"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class Member(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Someone who drives with us, or has applied to."""

    __tablename__ = "members"
    __table_args__ = (
        CheckConstraint(f"plan IN ({', '.join(repr(p.value) for p in Plan)})", name="plan_is_known"),
        CheckConstraint(f"status IN ({', '.join(repr(s.value) for s in MemberStatus)})", name="status_is_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    plan: Mapped[str]
    status: Mapped[str]
    phone: Mapped[str | None] = mapped_column(info={"private": True})
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    born_on: Mapped[date | None] = mapped_column(info={"private": True})  # not known: no young driver's surcharge
    fees_from: Mapped[datetime | None] = mapped_column(UtcDateTime)  # whole months cost from here on; none: since joining
    new_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # approved then, and not shown a price yet; else none
    licence_until: Mapped[date | None]  # the last day their licence counts; none: nobody has seen one
    reduced_until: Mapped[date | None]  # the last day on which they pay by the reduced tier (`portal/account/tier`)

    user: Mapped[User] = relationship(back_populates="member", lazy="joined", innerjoin=True)

    @property
    def may_drive(self) -> bool:
        """Whether this member may book and drive today: nobody does whose licence was never found good, whatever made them
        active."""
        return self.status == MemberStatus.ACTIVE and self.licence_until is not None

    def is_licensed_on(self, day: date) -> bool:
        """Whether their licence counts on that day of the lot's calendar, as far as is known now."""
        return self.licence_until is None or day <= self.licence_until

    @property
    def for_price(self) -> Driver:
        """What of them makes the price of a trip."""
        return Driver(self.born_on, self.reduced_until)

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def first_name(self) -> str:
        return self.user.first_name


class SignedIn(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A session on the server. The cookie carries a token; here is its hash, so a stolen table signs nobody in."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proved_at: Mapped[datetime] = mapped_column(UtcDateTime)  # when whoever has it last proved who they are
    two_factors: Mapped[bool] = mapped_column(default=False)  # whether with a second factor beside the password
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    remembered: Mapped[bool]
    device: Mapped[str]


class SignInFailure(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One try at what an account is guarded by, its address known or unknown, and from where: the throttles count them."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index("ix_sign_in_failures_account_at", "account_hash", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_hash: Mapped[str]
    place_hash: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
