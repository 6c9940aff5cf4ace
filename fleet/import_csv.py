"""Lots, cars, tariffs, policies and promo codes from CSV files."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from core.database import db, transaction
from core.ids import random_digits
from fleet.cars.models import BODIES, FEATURES, PAINTS, Car, CarClass, CarModel, CarState, Fuel
from fleet.csv_cells import (
    AT_MOST,
    Row,
    known_to,
    latitude,
    longitude,
    one_of,
    size,
    slug,
    texts,
    validity,
    vin,
    whole,
    zone_name,
)
from fleet.csv_rows import add_or_change
from fleet.energy.models import EnergyCard
from fleet.lots.models import Bay, Lot
from fleet.tariffs.models import OF_CITIES, PLANS, POLICY_UNITS, STEPS, PolicyRow, Promotion, Tariff

CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}")
UNIQUE_OF_CARS = {"name": "name", "plate": "plate", "vin": "vin", "bay_id": "bay"}


def import_city(folder: Path, *, seal: Callable[[str], str]) -> dict[str, int]:
    """Import every file of a city folder and return how many rows of each. Raises BadCsv; then nothing is kept."""
    with transaction():
        return {
            "lots": import_lots(folder / "lots.csv"),
            "bays": import_bays(folder / "bays.csv"),
            "models": import_models(folder / "models.csv"),
            "cars": import_cars(folder / "cars.csv", seal=seal),
            "tariffs": import_tariffs(folder / "tariffs.csv"),
            "policies": import_policies(folder / "policies.csv"),
            "promotions": import_promotions(promotions) if (promotions := folder / "promotions.csv").exists() else 0,
        }


def import_lots(path: Path) -> int:
    """Add or change lots by their slug."""
    return add_or_change(path, Lot, ("slug",), lambda row: {
        "slug": slug(row["slug"]), **texts(row, "name", "address", "neighbourhood", "how_to_get_in", "street"),
        "lat": latitude(row["lat"]), "lng": longitude(row["lng"]),
        "access": one_of(row["access"], ("street", "garage", "gated", "keybox")),
        "landmark": row["landmark"], "timezone": zone_name(row["zone"]),
        "city": slug(row["city"]) if row.get("city") else "",
        "turnaround_minutes": whole(row["turnaround_minutes"], 0, 720, "turnaround"),
    })


def import_bays(path: Path) -> int:
    """Add or change bays by lot and number; the cars that live there move along."""
    lots = _ids(Lot, Lot.slug)
    with transaction():
        count = add_or_change(path, Bay, ("lot_id", "number"), lambda row: {
            "lot_id": known_to(row["lot"], lots, "lot"), "number": whole(row["number"], 0, 9999, "bay number"),
            **texts(row, "level"),
            "lat": latitude(row["lat"]), "lng": longitude(row["lng"]), "charger": row["charger"] == "1",
        })
        moved = select(Car).join(Bay, Car.bay_id == Bay.id).where(or_(Car.lat != Bay.lat, Car.lng != Bay.lng))
        for car in db.session.scalars(moved):
            car.lat, car.lng = car.bay.lat, car.bay.lng
        db.session.flush()
    return count


def import_models(path: Path) -> int:
    """Add or change car models by their key; the cars of a model change their class along."""
    with transaction():
        count = add_or_change(path, CarModel, ("key",), lambda row: {
            **texts(row, "key", "make", "model"),
            "car_class": one_of(row["car_class"], tuple(CarClass)), "body": one_of(row["body"], BODIES),
            "fuel": one_of(row["fuel"], tuple(Fuel)), "seats": whole(row["seats"], 1, 99, "number of seats"),
            "doors": whole(row["doors"], 1, 99, "number of doors"),
            "tank_gallons": size(row["tank_gallons"], "tank"), "battery_kwh": size(row["battery_kwh"], "battery"),
            "range_miles": whole(row["range_miles"], 1, 5000, "range"),
        })
        for car in db.session.scalars(select(Car).join(CarModel, Car.model_id == CarModel.id)
                                      .where(Car.car_class != CarModel.car_class)):
            car.car_class = car.model.car_class
        db.session.flush()
    return count


def import_cars(path: Path, *, seal: Callable[[str], str]) -> int:
    """Add or change cars by their slug, and give new ones a fuel or charge card."""
    lots, models = _ids(Lot, Lot.slug), {model.key: model for model in db.session.scalars(select(CarModel))}
    bays = {(bay.lot_id, bay.number): bay for bay in db.session.scalars(select(Bay))}

    def values(row: Row) -> dict[str, Any]:
        model = known_to(row["model"], models, "model")
        lot_id = known_to(row["lot"], lots, "lot")
        bay = known_to((lot_id, whole(row["bay"], 0, 9999, "bay number")), bays, "bay of this lot")
        for feature in row["features"].split():
            one_of(feature, FEATURES)
        return {
            "slug": slug(row["slug"]), **texts(row, "name", "plate", "colour"), "vin": vin(row["vin"]),
            "year": whole(row["year"], 1900, 2100, "year"), "paint": one_of(row["paint"], PAINTS),
            "model_id": model.id, "car_class": model.car_class, "lot_id": lot_id, "bay_id": bay.id,
            "lat": bay.lat, "lng": bay.lng, "features": row["features"],
            "launch_odometer": float(whole(row["odometer"], 0, 9_999_999, "odometer")),
            "launch_energy": whole(row["energy_percent"], 0, 100, "percentage"),
        }

    with transaction():
        count = add_or_change(path, Car, ("slug",), values, new={"state": CarState.AVAILABLE}, unique=UNIQUE_OF_CARS)
        for car in db.session.scalars(select(Car).where(Car.id.not_in(select(EnergyCard.car_id)))):
            db.session.add(EnergyCard(car_id=car.id, last_four=random_digits(4), pin_sealed=seal(random_digits(4))))
        db.session.flush()
    return count


def import_tariffs(path: Path) -> int:
    """Add or change tariffs by class, plan and first day, which begins at the city's midnight.

    One with a last day ends at the midnight after it, and what counted before counts again.
    """
    zone = _zone_of_the_city()
    numbers = ("version", "weekday_hour", "weekend_hour", "night_hour", "weekday_day", "weekend_day",
               "included_miles", "mile")
    return add_or_change(path, Tariff, ("car_class", "plan", "effective_from"), lambda row: {
        "car_class": one_of(row["car_class"], tuple(CarClass)), "plan": one_of(row["plan"], PLANS),
        **validity(row, zone), **{key: whole(row[key], 0, AT_MOST, key) for key in numbers},
        "night_from": whole(row.get("night_from") or "22", 0, 24, "hour"),
        "night_until": whole(row.get("night_until") or "6", 0, 24, "hour"),
    }, never_without=("car_class", "plan"))


def import_policies(path: Path) -> int:
    """Add or change policies by key, city and first day, which begins at the midnight of the city that is named, else of the
    one that most lots are in. Only taxes and fees may be a city's own."""
    zones: dict[str, ZoneInfo | None] = {}

    def values(row: Row) -> dict[str, Any]:
        city = row.get("city", "")
        if city and row["key"] not in OF_CITIES:
            raise ValueError(f"{row['key']} is the same in every city: only {', '.join(OF_CITIES)} may be a city's own")
        if city not in zones:
            zones[city] = _zone_of_the_city(city)
        if city and zones[city] is None:
            raise ValueError(f"no lot is in {city!r}: name the city in lots.csv first")
        return {
            "key": one_of(row["key"], tuple(POLICY_UNITS)), "unit": one_of(row["unit"], (POLICY_UNITS[row["key"]],)),
            "value": whole(row["value"], 1 if row["key"] in STEPS else 0, AT_MOST, "value"), "city": city,
            "version": whole(row["version"], 0, AT_MOST, "version"), **validity(row, zones[city]),
        }

    return add_or_change(path, PolicyRow, ("key", "city", "effective_from"), values, never_without=("key",))


def import_promotions(path: Path) -> int:
    """Add or change promo codes by their code. What was booked with one keeps what it froze."""
    zone = _zone_of_the_city()

    def values(row: Row) -> dict[str, Any]:
        code = row["code"].upper()
        if not CODE.fullmatch(code):
            raise ValueError(f"{row['code']!r} is no code: it has 2 to 20 letters, digits and dashes")
        percent, cents = whole(row["percent"] or "0", 0, 100, "percentage"), whole(row["cents"] or "0", 0, AT_MOST, "amount")
        if (percent == 0) == (cents == 0):
            raise ValueError("a code takes off either percent or cents: fill one of the two")
        for name in row["classes"].split():
            one_of(name, tuple(CarClass))
        for name in row["plans"].split():
            one_of(name, PLANS)
        overall = whole(row["overall"], 1, AT_MOST, "limit") if row["overall"] else None
        redeemed = db.session.scalar(select(Promotion.redeemed).where(Promotion.code == code)) or 0
        if overall is not None and overall < redeemed:
            raise ValueError(f"{code} has been used {redeemed} times already: its limit cannot be {overall}")
        return {
            "code": code, "version": whole(row["version"], 1, AT_MOST, "version"), "percent": percent, "cents": cents,
            **validity(row, zone), "classes": row["classes"], "plans": row["plans"], "overall": overall,
            "per_member": whole(row["per_member"], 1, AT_MOST, "limit"),
        }

    with transaction():  # a booking that uses a code waits until its limits stand
        db.session.execute(select(Promotion.id).order_by(Promotion.id).with_for_update())
        return add_or_change(path, Promotion, ("code",), values)


def _ids(table: Any, by: Any) -> dict[str, int]:
    return {key: row_id for key, row_id in db.session.execute(select(by, table.id))}


def _zone_of_the_city(city: str = "") -> ZoneInfo | None:
    """The zone that most lots are in; of the lots of one city when it is named."""
    wanted = select(Lot.timezone).order_by(Lot.id)
    zones = Counter(db.session.scalars(wanted.where(Lot.city == city) if city else wanted)).most_common(1)
    return ZoneInfo(zones[0][0]) if zones else None
