"""The cars, their models, what their boxes last said, and every move from one state to another."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database import UtcDateTime, db
from fleet.cars.shape import CarShape, Fuel
from fleet.lots.models import Bay, Lot


class CarClass(StrEnum):
    ECONOMY = "economy"
    COMPACT = "compact"
    WAGON = "wagon"
    SUV = "suv"
    VAN = "van"
    PREMIUM = "premium"
    EV = "ev"
    ACCESSIBLE = "accessible"


class CarState(StrEnum):
    """What staff decided about a car. Booked, in use, charging and offline follow from its calendar and its box."""

    AVAILABLE = "available"
    CLEANING = "cleaning"
    MAINTENANCE = "maintenance"
    DAMAGED = "damaged"
    TRANSPORT = "transport"
    RETIRED = "retired"


BODIES = ("hatch", "sedan", "wagon", "suv", "van", "minivan", "pickup", "ev")
PAINTS = ("red", "orange", "yellow", "green", "mint", "teal", "sky", "blue", "maroon", "brown", "sand", "white",
          "silver", "grey", "black")
FEATURES = ("bike-rack", "child-seat", "dog-friendly", "carplay", "folding-seats", "awd", "tow-hitch",
            "cargo-straps", "ramp", "hand-controls", "left-foot", "toll-pass", "heated-seats")

BANDS = 50  # of latitude to the degree, counted from the south pole: 2.2 km, for the search index


def _one_of(column: str, values: Iterable[object]) -> str:
    return f"{column} IN ({', '.join(repr(str(v)) for v in values)})"


class CarModel(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A make and model: what all cars of it share."""

    __tablename__ = "car_models"
    __table_args__ = (
        CheckConstraint(_one_of("car_class", CarClass), name="class_is_known"),
        CheckConstraint(_one_of("body", BODIES), name="body_is_known"),
        CheckConstraint(_one_of("fuel", Fuel), name="fuel_is_known"),
        CheckConstraint("range_miles > 0 AND seats > 0", name="range_and_seats_are_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    make: Mapped[str]
    model: Mapped[str]
    car_class: Mapped[str]
    body: Mapped[str]
    fuel: Mapped[str]
    seats: Mapped[int]
    doors: Mapped[int]
    tank_gallons: Mapped[float | None]
    battery_kwh: Mapped[float | None]
    range_miles: Mapped[int]


class Car(CarShape, db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """One car with a name, a plate and a home bay. Class and place are copied here for the search index."""

    __tablename__ = "cars"
    __table_args__ = (
        CheckConstraint(_one_of("paint", PAINTS), name="paint_is_known"),
        CheckConstraint(_one_of("state", CarState), name="state_is_known"),
        CheckConstraint(_one_of("car_class", CarClass), name="car_class_is_known"),
        Index("ix_cars_class_band", "car_class", "lat_band", "lng", "lat", "state"),
        Index("ix_cars_place", "lat", "lng"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    plate: Mapped[str] = mapped_column(unique=True)
    vin: Mapped[str] = mapped_column(unique=True)
    year: Mapped[int]
    colour: Mapped[str]
    paint: Mapped[str]
    model_id: Mapped[int] = mapped_column(ForeignKey("car_models.id"))
    car_class: Mapped[str]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"))
    bay_id: Mapped[int] = mapped_column(ForeignKey("bays.id"), unique=True)
    lat: Mapped[float]
    lng: Mapped[float]
    state: Mapped[str]
    features: Mapped[str]
    launch_odometer: Mapped[float]
    launch_energy: Mapped[int]
    lat_band: Mapped[int] = mapped_column(Computed(f"CAST(lat * {BANDS} + {90 * BANDS} AS INTEGER)", persisted=True),
                                          deferred=True)

    model: Mapped[CarModel] = relationship(lazy="joined", innerjoin=True)
    lot: Mapped[Lot] = relationship(lazy="joined", innerjoin=True)
    bay: Mapped[Bay] = relationship(lazy="joined", innerjoin=True)
    reading: Mapped["CarReading | None"] = relationship(lazy="joined")


class CarReading(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """The newest word from the box in a car."""

    __tablename__ = "car_readings"
    __table_args__ = (
        CheckConstraint("energy_percent BETWEEN 0 AND 100", name="energy_is_a_percentage"),
        CheckConstraint("filled_from BETWEEN 0 AND 100", name="filled_from_is_a_percentage"),
        CheckConstraint("rising_from BETWEEN 0 AND 100", name="rising_from_is_a_percentage"),
    )

    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    lat: Mapped[float]
    lng: Mapped[float]
    odometer_miles: Mapped[float]
    energy_percent: Mapped[int]
    locked: Mapped[bool]
    doors_open: Mapped[int]
    engine_on: Mapped[bool]
    plugged_in: Mapped[bool]
    online: Mapped[bool]
    filled_from: Mapped[int | None]  # percent, before it was last filled
    filled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rising_from: Mapped[int | None]  # percent, the lowest since it last fell; none once the rise counts as a filling
    tapped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when a fob was last held to its reader

    def energy_before_filling(self, since: datetime) -> int:
        """Percent before it was filled after that moment, or now, when it was not."""
        if self.filled_at is None or self.filled_from is None or self.filled_at <= since:
            return self.energy_percent
        return min(self.filled_from, self.energy_percent)


class CarMove(db.Model):  # type: ignore[name-defined,misc]  # Flask-SQLAlchemy types db.Model loosely
    """A car went from one state to another: who, when, why."""

    __tablename__ = "car_moves"
    __table_args__ = (Index("ix_car_moves_car_at", "car_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    car_id: Mapped[int] = mapped_column(ForeignKey("cars.id"))
    before: Mapped[str]
    after: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    why: Mapped[str]
