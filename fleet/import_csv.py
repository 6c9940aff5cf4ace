"""Lots, cars, tariffs and policies from CSV files: every error with its line, all or nothing."""

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.database import db, transaction
from core.ids import random_digits
from fleet.cars.models import BODIES, FEATURES, PAINTS, Car, CarClass, CarModel, CarState, Fuel
from fleet.energy.models import EnergyCard
from fleet.lots.models import Bay, Lot
from fleet.tariffs.models import PolicyRow, Tariff

Row = dict[str, str]


class BadCsv(ValueError):
    """The file does not hold: `errors` has one sentence a line, each beginning with its line number."""

    def __init__(self, path: Path, errors: list[str]) -> None:
        super().__init__(f"{path.name}: " + "; ".join(errors[:20]))
        self.errors = errors


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
        }


def import_lots(path: Path) -> int:
    """Add or change lots by their slug."""
    return _import(path, Lot, ("slug",), lambda row: {
        "slug": row["slug"], "name": row["name"], "address": row["address"], "neighbourhood": row["neighbourhood"],
        "lat": _latitude(row["lat"]), "lng": _longitude(row["lng"]),
        "access": _one_of(row["access"], ("street", "garage", "gated", "keybox")),
        "how_to_get_in": row["how_to_get_in"], "landmark": row["landmark"], "street": row["street"],
        "timezone": _zone(row["zone"]),
        "turnaround_minutes": _whole(row["turnaround_minutes"], 0, 720, "turnaround"),
    })


def import_bays(path: Path) -> int:
    """Add or change bays by lot and number."""
    lots = _ids(Lot, Lot.slug)
    return _import(path, Bay, ("lot_id", "number"), lambda row: {
        "lot_id": _known(row["lot"], lots, "lot"), "number": int(row["number"]), "level": row["level"],
        "lat": _latitude(row["lat"]), "lng": _longitude(row["lng"]), "charger": row["charger"] == "1",
    })


def import_models(path: Path) -> int:
    """Add or change car models by their key."""
    return _import(path, CarModel, ("key",), lambda row: {
        "key": row["key"], "make": row["make"], "model": row["model"],
        "car_class": _one_of(row["car_class"], tuple(CarClass)), "body": _one_of(row["body"], BODIES),
        "fuel": _one_of(row["fuel"], tuple(Fuel)), "seats": _whole(row["seats"], 1, 99, "number of seats"),
        "doors": int(row["doors"]),
        "tank_gallons": float(row["tank_gallons"]) if row["tank_gallons"] else None,
        "battery_kwh": float(row["battery_kwh"]) if row["battery_kwh"] else None,
        "range_miles": _whole(row["range_miles"], 1, 5000, "range"),
    })


def import_cars(path: Path, *, seal: Callable[[str], str]) -> int:
    """Add or change cars by their slug, and give new ones a fuel or charge card."""
    lots, models = _ids(Lot, Lot.slug), {model.key: model for model in db.session.scalars(select(CarModel))}
    bays = {(bay.lot_id, bay.number): bay for bay in db.session.scalars(select(Bay))}

    def values(row: Row) -> dict[str, Any]:
        model = _known(row["model"], models, "model")
        lot_id = _known(row["lot"], lots, "lot")
        bay = _known((lot_id, int(row["bay"])), bays, "bay of this lot")
        for feature in row["features"].split():
            _one_of(feature, FEATURES)
        return {
            "slug": row["slug"], "name": row["name"], "plate": row["plate"], "vin": row["vin"],
            "year": int(row["year"]), "colour": row["colour"], "paint": _one_of(row["paint"], PAINTS),
            "model_id": model.id, "car_class": model.car_class, "lot_id": lot_id, "bay_id": bay.id,
            "lat": bay.lat, "lng": bay.lng, "features": row["features"],
            "launch_odometer": float(_whole(row["odometer"], 0, 9_999_999, "odometer")),
            "launch_energy": _whole(row["energy_percent"], 0, 100, "percentage"),
        }

    with transaction():
        count = _import(path, Car, ("slug",), values, new={"state": CarState.AVAILABLE})
        for car in db.session.scalars(select(Car).where(Car.id.not_in(select(EnergyCard.car_id)))):
            db.session.add(EnergyCard(car_id=car.id, last_four=random_digits(4), pin_sealed=seal(random_digits(4))))
        db.session.flush()
    return count


def import_tariffs(path: Path) -> int:
    """Add or change tariffs by class, plan and first day."""
    numbers = ("version", "weekday_hour", "weekend_hour", "night_hour", "weekday_day", "weekend_day",
               "included_miles", "mile")
    return _import(path, Tariff, ("car_class", "plan", "effective_from"), lambda row: {
        "car_class": _one_of(row["car_class"], tuple(CarClass)), "plan": row["plan"],
        "effective_from": _day(row["effective_from"]), **{key: _whole(row[key], 0, 10**9, key) for key in numbers},
    })


def import_policies(path: Path) -> int:
    """Add or change policies by key and first day."""
    return _import(path, PolicyRow, ("key", "effective_from"), lambda row: {
        "key": row["key"], "value": int(row["value"]), "unit": row["unit"], "version": int(row["version"]),
        "effective_from": _day(row["effective_from"]),
    })


def _import(path: Path, table: Any, by: tuple[str, ...], values: Callable[[Row], dict[str, Any]], *,
            new: dict[str, Any] | None = None) -> int:
    errors: list[str] = []
    known = {tuple(getattr(row, key) for key in by): row for row in db.session.scalars(select(table))}
    lines: dict[tuple[Any, ...], int] = {}
    with transaction():
        count = 0
        for line, row in _rows(path):
            try:
                made = values(row)
            except KeyError as error:
                errors.append(f"line {line}: there is no column {error}")
                continue
            except ValueError as error:
                errors.append(f"line {line}: {error}")
                continue
            first = lines.setdefault(tuple(made[key] for key in by), line)
            if first != line:
                errors.append(f"line {line}: the same {', '.join(by)} as line {first}")
                continue
            existing = known.get(tuple(made[key] for key in by))
            if existing is None:
                db.session.add(table(**{**(new or {}), **made}))
            else:
                for key, value in made.items():
                    setattr(existing, key, value)
            count += 1
        if errors:
            raise BadCsv(path, errors)
        db.session.flush()
    return count


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        for row in reader:
            yield reader.line_num, {key: (value or "").strip() for key, value in row.items() if key}


def _ids(table: Any, by: Any) -> dict[str, int]:
    return {key: row_id for key, row_id in db.session.execute(select(by, table.id))}


def _known(key: Any, known: dict[Any, Any], what: str) -> Any:
    if key not in known:
        raise ValueError(f"no {what} {key!r}: add it to its file first")
    return known[key]


def _one_of(value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
    return value


def _latitude(text: str) -> float:
    return _between(float(text), 90, "latitude")


def _longitude(text: str) -> float:
    return _between(float(text), 180, "longitude")


def _between(value: float, limit: float, what: str) -> float:
    if not -limit <= value <= limit:
        raise ValueError(f"{value} is no {what}: it lies between -{limit} and {limit}")
    return value


def _whole(text: str, least: int, most: int, what: str) -> int:
    if not least <= int(text) <= most:
        raise ValueError(f"{text} is no {what}: it lies between {least} and {most}")
    return int(text)


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone: it looks like America/Chicago") from error


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
