"""Cars and lots that a member has starred."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import UtcDateTime, db


class FavouriteCar(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A member's star at a car: one at most."""

    __tablename__ = "favourite_cars"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class FavouriteLot(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A member's star at a lot: one at most."""

    __tablename__ = "favourite_lots"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
