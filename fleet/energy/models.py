"""The fuel card or charge card that lies in each car."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import db


class EnergyCard(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A car's card. The PIN is encrypted and shown to the member only during the trip."""

    __tablename__ = "energy_cards"

    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"), primary_key=True)
    last_four: Mapped[str]
    pin_sealed: Mapped[str] = mapped_column(info={"private": True})
