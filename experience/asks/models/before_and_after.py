"""What people used and hoped for before us, and what they go to after."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db
from experience.asks.models.known import one_of


class Stage(StrEnum):
    """When somebody tells what they use and hope for."""

    JOINING = "joining"
    FIRST_BOOKING = "first_booking"
    LEAVING = "leaving"


class Means(StrEnum):
    """What people use when they need a car: before us what they come from, at leaving what they go to."""

    OWN_CAR = "own_car"
    TRANSIT = "transit"
    RIDE = "ride"
    RENTAL = "rental"
    SHARED = "shared"
    BIKE = "bike"
    NOTHING = "nothing"
    OTHER = "other"


class Hope(StrEnum):
    """What people expect of us first of all."""

    CHEAPER = "cheaper"
    THERE = "there"
    SIMPLE = "simple"
    CLEAN = "clean"
    NEAR = "near"
    OTHER = "other"


class Heard(StrEnum):
    """Where people say they heard of us."""

    FRIEND = "friend"
    STREET = "street"
    SEARCH = "search"
    SOCIAL = "social"
    PRESS = "press"
    WORK = "work"
    OTHER = "other"


class Expectation(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """What somebody used before us (or goes to after us), what they hope for, where they heard of us. All of it optional."""

    __tablename__ = "expectations"
    __table_args__ = (
        CheckConstraint(one_of("stage", Stage), name="expectation_stage_is_known"),
        CheckConstraint(one_of("means", Means, or_none=True), name="means_is_known"),
        CheckConstraint(one_of("hope", Hope, or_none=True), name="hope_is_known"),
        CheckConstraint(one_of("heard", Heard, or_none=True), name="heard_is_known"),
        CheckConstraint("means IS NOT NULL OR hope IS NOT NULL OR heard IS NOT NULL OR words_sealed IS NOT NULL",
                        name="an_expectation_says_something"),
        UniqueConstraint("ask_id", name="one_expectation_per_ask"),
        Index("ix_expectations_member", "member_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    stage: Mapped[str]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))  # none: a visitor, before there is an account
    session_id: Mapped[str | None]
    ask_id: Mapped[UUID | None] = mapped_column(ForeignKey("asks.id"))
    means: Mapped[str | None]
    hope: Mapped[str | None]
    heard: Mapped[str | None]
    words_sealed: Mapped[str | None] = mapped_column(info={"private": True})
