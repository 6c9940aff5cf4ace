"""Fobs by their members, and each time one was held to a car."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from fleet.cars.models import Car
from portal.account.models import Member


class FobState(StrEnum):
    WANTED = "wanted"
    ISSUED = "issued"
    BLOCKED = "blocked"
    HANDED_IN = "handed_in"
    WITHDRAWN = "withdrawn"  # it was never made


class FobWhy(StrEnum):
    """Why a fob is blocked."""

    LOST = "lost"
    STOLEN = "stolen"
    BROKEN = "broken"
    LEFT = "left"  # its member has left us
    STAFF = "staff"  # by the fleet’s desk


IS_ONE = text("state IN ('wanted', 'issued')")


def _known(column: str, values: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


class Fob(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One fob from the wish on. Of its number only the mark by which it is known (`fob_mark`) and the last four are kept.
    `fee_cents` is what the member was shown and agreed to when they asked: nothing for the first one."""

    __tablename__ = "fobs"
    __table_args__ = (
        CheckConstraint(_known("state", FobState), name="fob_state_is_known"),
        CheckConstraint(f"why IS NULL OR {_known('why', FobWhy)}", name="why_a_fob_is_blocked_is_known"),
        CheckConstraint("(state IN ('issued', 'blocked', 'handed_in')) = (issued_at IS NOT NULL) AND (issued_at IS NULL) = "
                        "(number_mark IS NULL) AND (issued_at IS NULL) = (last_four IS NULL) AND (issued_at IS NULL) = "
                        "(issued_by_id IS NULL)", name="an_issued_fob_has_a_number_and_an_issuer"),
        CheckConstraint("(blocked_at IS NULL) = (why IS NULL) AND (state <> 'blocked' OR blocked_at IS NOT NULL)",
                        name="a_blocked_fob_says_when_and_why"),
        CheckConstraint("(state = 'handed_in') = (handed_in_at IS NOT NULL)", name="a_fob_is_handed_in_at_a_time"),
        CheckConstraint("fee_cents >= 0 AND fee_version >= 1", name="the_fee_of_a_fob_was_shown"),
        Index("one_fob_of_a_member", "member_id", unique=True, postgresql_where=IS_ONE, sqlite_where=IS_ONE),
        Index("ix_fobs_member", "member_id"),
        Index("ix_fobs_state", "state", "wanted_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    state: Mapped[str]
    wanted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    fee_cents: Mapped[int]
    fee_version: Mapped[int]
    number_mark: Mapped[str | None] = mapped_column(unique=True, info={"private": True})
    last_four: Mapped[str | None]
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    blocked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    blocked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    why: Mapped[str | None]
    handed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    member: Mapped[Member] = relationship()


class FobTap(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A fob was held to a car, and what came of it: the action that was asked of the car, or why none was."""

    __tablename__ = "fob_taps"
    __table_args__ = (Index("ix_fob_taps_fob", "fob_id", "at"),
                      Index("one_tap_of_a_car_at_a_time", "car_id", "at", unique=True))

    id: Mapped[int] = mapped_column(primary_key=True)
    fob_id: Mapped[UUID | None] = mapped_column(ForeignKey("fobs.id"))  # none: no fob of ours
    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str]  # unlock, lock, unknown, blocked, late, not_booked, or the code of a refusal
    command_id: Mapped[UUID | None] = mapped_column(ForeignKey("car_commands.id"))

    car: Mapped[Car] = relationship()
