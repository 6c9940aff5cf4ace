"""Payers, the drivers on their accounts, and who runs those. What they owe and what credit they have follow from the ledger."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from core.money import Money


class PayerKind(StrEnum):
    PERSONAL = "personal"
    BUSINESS = "business"


class Payer(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Who pays: cards at the processor for a member, a monthly invoice for a business.

    `owed_cents` and `credit_cents` are kept by the database itself with every row of the ledger; nothing else sets them.
    """

    __tablename__ = "payers"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(k.value) for k in PayerKind)})", name="payer_kind_is_known"),
        CheckConstraint("(kind = 'personal') = (member_id IS NOT NULL)", name="a_personal_payer_is_a_member"),
        CheckConstraint("(kind = 'business') = (name IS NOT NULL)", name="a_business_has_a_name"),
        CheckConstraint("credit_cents >= 0", name="credit_is_never_overspent"),
        CheckConstraint("dunning_step BETWEEN 0 AND 5", name="dunning_has_five_steps"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), unique=True)
    name: Mapped[str | None] = mapped_column(info={"private": True})
    email: Mapped[str | None] = mapped_column(info={"private": True})
    currency: Mapped[str]
    customer: Mapped[str | None] = mapped_column(unique=True)  # the processor's name for them
    owed_cents: Mapped[int] = mapped_column(default=0)  # below zero: we owe them
    credit_cents: Mapped[int] = mapped_column(default=0)
    owing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the first charge that failed
    dunning_step: Mapped[int] = mapped_column(default=0)
    booking_stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cost_centre_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # from then on each booking names a cost centre

    @property
    def owed(self) -> Money:
        return Money(self.owed_cents, self.currency)

    @property
    def credit(self) -> Money:
        return Money(self.credit_cents, self.currency)

    @property
    def by_invoice(self) -> bool:
        """Whether it pays by monthly invoice, without a card."""
        return self.kind == PayerKind.BUSINESS


class PayerDriver(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A driver on an account: a member whose trips a business, or another member, pays. What is not set is not limited.

    `monthly_cents` counts the trips that begin in a month of the city's calendar; the hours are those of the lot's clock.
    """

    __tablename__ = "payer_drivers"
    __table_args__ = (
        CheckConstraint("cover IN ('included', 'plus', 'premium')", name="drivers_cover_is_known"),
        CheckConstraint("monthly_cents >= 0", name="a_limit_is_not_negative"),
        CheckConstraint("(from_hour IS NULL) = (until_hour IS NULL)", name="hours_have_both_ends"),
        CheckConstraint("from_hour >= 0 AND from_hour < until_hour AND until_hour <= 24", name="hours_are_of_a_day"),
    )

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True, autoincrement=False)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"), index=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    cover: Mapped[str | None]  # the damage cover that is chosen for them unless they choose another
    monthly_cents: Mapped[int | None]
    classes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))  # the only ones that they may book
    from_hour: Mapped[int | None]
    until_hour: Mapped[int | None]
    cost_centre_id: Mapped[int | None] = mapped_column(ForeignKey("cost_centres.id"))  # theirs unless they choose another


class CostCentre(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """What a business books its trips on. One that is not active keeps its trips and takes no new ones."""

    __tablename__ = "cost_centres"
    __table_args__ = (UniqueConstraint("payer_id", "code", name="one_cost_centre_of_a_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"))
    name: Mapped[str]
    code: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)


class AccountAdmin(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """Somebody who runs a business's account. They sign in, and need not drive."""

    __tablename__ = "account_admins"

    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False, index=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class InvitedAs(StrEnum):
    """What somebody is invited to be on an account."""

    DRIVER = "driver"
    ADMIN = "admin"


OPEN = text("used_at IS NULL AND withdrawn_at IS NULL")


class Invitation(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """An invitation onto an account, for one address and once. Its times are the wall's."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("invited_as IN ('driver', 'admin')", name="invited_as_what_is_known"),
        CheckConstraint("email = lower(email)", name="invited_email_in_lower_case"),
        CheckConstraint("(used_at IS NULL) = (used_by_id IS NULL)", name="whoever_used_it_did_so_at_a_time"),
        CheckConstraint("used_at IS NULL OR withdrawn_at IS NULL", name="used_or_withdrawn"),
        Index("one_open_invitation", "payer_id", "invited_as", "email", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payers.id"))
    invited_as: Mapped[str]
    email: Mapped[str] = mapped_column(info={"private": True})
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
