"""Waits: who waits for which car or class, for when; and what they were offered."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from core.money import Money
from core.time import Span
from fleet.cars.models import Car
from portal.account.models import Member

STILL = text("ended_at IS NULL")
OPEN = text("state = 'open'")


class WaitState(StrEnum):
    WAITING = "waiting"
    BOOKED = "booked"
    LEFT = "left"
    PASSED = "passed"  # the one car that was wished for was offered and not taken
    OVER = "over"  # the wished start has come


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"


class Wait(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A member's place in the line: for one car, or for any car (of a class, if it says one) around a place. Rows stay, so
    that demand which was not met can be counted."""

    __tablename__ = "waits"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="wait_ends_after_it_starts"),
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in WaitState)})", name="wait_state_is_known"),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="a_wait_that_ended_says_when"),
        CheckConstraint("(state = 'booked') = (reservation_id IS NOT NULL)", name="a_booked_wait_names_its_booking"),
        CheckConstraint("(car_id IS NULL) = (lat IS NOT NULL AND lng IS NOT NULL AND within_m IS NOT NULL)",
                        name="a_wait_is_for_a_car_or_around_a_place"),
        CheckConstraint("car_id IS NULL OR car_class IS NULL", name="a_wait_for_a_car_names_no_class"),
        UniqueConstraint("member_id", "once", name="one_wait_per_form"),
        Index("ix_waits_open", "starts_at", sqlite_where=STILL, postgresql_where=STILL),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    car_id: Mapped[int | None] = mapped_column(ForeignKey("cars.id"))
    car_class: Mapped[str | None]  # none: any class will do, or it is for one car
    lat: Mapped[float | None]
    lng: Mapped[float | None]
    within_m: Mapped[int | None]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str]
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    once: Mapped[str]
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))

    member: Mapped[Member] = relationship(lazy="joined", innerjoin=True)
    car: Mapped[Car | None] = relationship(lazy="joined")

    @property
    def span(self) -> Span:
        return Span(self.starts_at, self.ends_at)


class WaitOffer(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A car held for whoever waits, until they answer or the time is over: at the rates of the moment it was made."""

    __tablename__ = "wait_offers"
    __table_args__ = (
        CheckConstraint("offered_at < lapses_at", name="an_offer_lapses_after_it_is_made"),
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in OfferState)})", name="wait_offer_state_is_known"),
        CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="an_answered_offer_says_when"),
        CheckConstraint("price_cents >= 0", name="offered_price_is_not_negative"),
        UniqueConstraint("wait_id", "car_id", name="one_offer_of_a_car_to_a_wait"),
        Index("one_open_offer_for_a_wait", "wait_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    wait_id: Mapped[UUID] = mapped_column(ForeignKey("waits.id"))
    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"))
    occupancy_id: Mapped[int | None] = mapped_column(ForeignKey("occupancies.id", ondelete="SET NULL"), unique=True)
    freed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lapses_at: Mapped[datetime] = mapped_column(UtcDateTime)
    plan: Mapped[str]
    price_cents: Mapped[int]
    currency: Mapped[str]
    state: Mapped[str]
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    wait: Mapped[Wait] = relationship(lazy="joined", innerjoin=True)
    car: Mapped[Car] = relationship(lazy="joined", innerjoin=True)

    @property
    def price(self) -> Money:
        return Money(self.price_cents, self.currency)
