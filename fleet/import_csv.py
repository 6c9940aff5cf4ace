"""Lots, cars, tariffs, policies and promo codes from CSV files: every error with its line, all or nothing."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from core.database import db, transaction
from core.ids import random_digits
from fleet.cars.models import BODIES, FEATURES, PAINTS, Car, CarClass, CarModel, CarState, Fuel
from fleet.energy.models import EnergyCard
from fleet.lots.models import Bay, Lot
from fleet.tariffs.models import OF_CITIES, PLANS, POLICY_UNITS, STEPS, PolicyRow, Promotion, Tariff
from fleet.telematics.port import UNIT

Row = dict[str, str]
Errors = list[tuple[int, str]]  # a line and what is wrong with it
Made = tuple[int, dict[str, Any]]  # a line and the values that it makes

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}")
AT_MOST = 10**9  # of what has no limit of its own: every database keeps it
UNIQUE_OF_CARS = {"name": "name", "plate": "plate", "vin": "vin", "bay_id": "bay"}


class BadCsv(ValueError):
    """The file `name` does not hold: `errors` has one sentence a line, each beginning with its line number."""

    def __init__(self, path: Path, errors: list[str]) -> None:
        super().__init__(f"{path.name}: " + "; ".join(errors[:20]))
        self.name, self.errors = path.name, errors


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
    return _import(path, Lot, ("slug",), lambda row: {
        "slug": _slug(row["slug"]), **_texts(row, "name", "address", "neighbourhood", "how_to_get_in", "street"),
        "lat": _latitude(row["lat"]), "lng": _longitude(row["lng"]),
        "access": _one_of(row["access"], ("street", "garage", "gated", "keybox")),
        "landmark": row["landmark"], "timezone": _zone(row["zone"]),
        "city": _slug(row["city"]) if row.get("city") else "",
        "turnaround_minutes": _whole(row["turnaround_minutes"], 0, 720, "turnaround"),
    })


def import_bays(path: Path) -> int:
    """Add or change bays by lot and number; the cars that live there move along."""
    lots = _ids(Lot, Lot.slug)
    with transaction():
        count = _import(path, Bay, ("lot_id", "number"), lambda row: {
            "lot_id": _known(row["lot"], lots, "lot"), "number": _whole(row["number"], 0, 9999, "bay number"),
            **_texts(row, "level"),
            "lat": _latitude(row["lat"]), "lng": _longitude(row["lng"]), "charger": row["charger"] == "1",
        })
        moved = select(Car).join(Bay, Car.bay_id == Bay.id).where(or_(Car.lat != Bay.lat, Car.lng != Bay.lng))
        for car in db.session.scalars(moved):
            car.lat, car.lng = car.bay.lat, car.bay.lng
        db.session.flush()
    return count


def import_models(path: Path) -> int:
    """Add or change car models by their key; the cars of a model change their class along."""
    with transaction():
        count = _import(path, CarModel, ("key",), lambda row: {
            **_texts(row, "key", "make", "model"),
            "car_class": _one_of(row["car_class"], tuple(CarClass)), "body": _one_of(row["body"], BODIES),
            "fuel": _one_of(row["fuel"], tuple(Fuel)), "seats": _whole(row["seats"], 1, 99, "number of seats"),
            "doors": _whole(row["doors"], 1, 99, "number of doors"),
            "tank_gallons": _size(row["tank_gallons"], "tank"), "battery_kwh": _size(row["battery_kwh"], "battery"),
            "range_miles": _whole(row["range_miles"], 1, 5000, "range"),
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
        model = _known(row["model"], models, "model")
        lot_id = _known(row["lot"], lots, "lot")
        bay = _known((lot_id, _whole(row["bay"], 0, 9999, "bay number")), bays, "bay of this lot")
        for feature in row["features"].split():
            _one_of(feature, FEATURES)
        return {
            "slug": _slug(row["slug"]), **_texts(row, "name", "plate", "colour"), "vin": _vin(row["vin"]),
            "year": _whole(row["year"], 1900, 2100, "year"), "paint": _one_of(row["paint"], PAINTS),
            "model_id": model.id, "car_class": model.car_class, "lot_id": lot_id, "bay_id": bay.id,
            "lat": bay.lat, "lng": bay.lng, "features": row["features"],
            "launch_odometer": float(_whole(row["odometer"], 0, 9_999_999, "odometer")),
            "launch_energy": _whole(row["energy_percent"], 0, 100, "percentage"),
        }

    with transaction():
        count = _import(path, Car, ("slug",), values, new={"state": CarState.AVAILABLE}, unique=UNIQUE_OF_CARS)
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
    return _import(path, Tariff, ("car_class", "plan", "effective_from"), lambda row: {
        "car_class": _one_of(row["car_class"], tuple(CarClass)), "plan": _one_of(row["plan"], PLANS),
        **_validity(row, zone), **{key: _whole(row[key], 0, AT_MOST, key) for key in numbers},
        "night_from": _whole(row.get("night_from") or "22", 0, 24, "hour"),
        "night_until": _whole(row.get("night_until") or "6", 0, 24, "hour"),
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
            "key": _one_of(row["key"], tuple(POLICY_UNITS)), "unit": _one_of(row["unit"], (POLICY_UNITS[row["key"]],)),
            "value": _whole(row["value"], 1 if row["key"] in STEPS else 0, AT_MOST, "value"), "city": city,
            "version": _whole(row["version"], 0, AT_MOST, "version"), **_validity(row, zones[city]),
        }

    return _import(path, PolicyRow, ("key", "city", "effective_from"), values, never_without=("key",))


def import_promotions(path: Path) -> int:
    """Add or change promo codes by their code. What was booked with one keeps what it froze."""
    zone = _zone_of_the_city()

    def values(row: Row) -> dict[str, Any]:
        code = row["code"].upper()
        if not CODE.fullmatch(code):
            raise ValueError(f"{row['code']!r} is no code: it has 2 to 20 letters, digits and dashes")
        percent, cents = _whole(row["percent"] or "0", 0, 100, "percentage"), _whole(row["cents"] or "0", 0, AT_MOST, "amount")
        if (percent == 0) == (cents == 0):
            raise ValueError("a code takes off either percent or cents: fill one of the two")
        for name in row["classes"].split():
            _one_of(name, tuple(CarClass))
        for name in row["plans"].split():
            _one_of(name, PLANS)
        overall = _whole(row["overall"], 1, AT_MOST, "limit") if row["overall"] else None
        redeemed = db.session.scalar(select(Promotion.redeemed).where(Promotion.code == code)) or 0
        if overall is not None and overall < redeemed:
            raise ValueError(f"{code} has been used {redeemed} times already: its limit cannot be {overall}")
        return {
            "code": code, "version": _whole(row["version"], 1, AT_MOST, "version"), "percent": percent, "cents": cents,
            **_validity(row, zone), "classes": row["classes"], "plans": row["plans"], "overall": overall,
            "per_member": _whole(row["per_member"], 1, AT_MOST, "limit"),
        }

    with transaction():  # a booking that uses a code waits until its limits stand
        db.session.execute(select(Promotion.id).order_by(Promotion.id).with_for_update())
        return _import(path, Promotion, ("code",), values)


def _import(path: Path, table: Any, by: tuple[str, ...], values: Callable[[Row], dict[str, Any]], *,
            new: dict[str, Any] | None = None, unique: Mapping[str, str] = MappingProxyType({}),
            never_without: tuple[str, ...] = ()) -> int:
    """Add or change rows of the table; `unique` names the other columns in which no two rows agree, each with its word, and
    `never_without` those for which one row has to be in force for ever."""
    with transaction():
        made, errors = _made(path, by, values)
        known = {tuple(getattr(row, key) for key in by): row for row in db.session.scalars(select(table))}
        errors += _clashes(made, by, known, unique)
        errors += _holes(made, by, known, never_without) if never_without else []
        if errors:
            raise BadCsv(path, [f"line {line}: {error}" for line, error in sorted(errors)])
        changed, added = [], []
        for line, row in made:
            existing = known.get(tuple(row[key] for key in by))
            if existing is None:
                added.append(table(**{**(new or {}), **row}))
            else:
                changed.append((line, existing, row))
        _change(path, changed, unique)
        db.session.add_all(added)
        db.session.flush()
    return len(made)


def _made(path: Path, by: tuple[str, ...], values: Callable[[Row], dict[str, Any]]) -> tuple[list[Made], Errors]:
    """What each line of the file makes, and what is wrong with the others."""
    made: list[Made] = []
    errors: Errors = []
    lines: dict[tuple[Any, ...], int] = {}
    for line, columns, cells in _rows(path):
        try:
            new = values(_row(columns, cells))
        except KeyError as error:
            errors.append((line, f"there is no column {error}"))
            continue
        except ValueError as error:
            errors.append((line, str(error)))
            continue
        first = lines.setdefault(tuple(new[key] for key in by), line)
        if first == line:
            made.append((line, new))
        else:
            errors.append((line, f"the same {', '.join(by)} as line {first}"))
    return made, errors


def _clashes(made: list[Made], by: tuple[str, ...], known: Mapping[Any, Any], unique: Mapping[str, str]) -> Errors:
    """Where a line would give something that a line before it, or a row that the file does not name, has already."""
    named = {tuple(row[key] for key in by) for _, row in made}
    errors: Errors = []
    for column, word in unique.items():
        has = {getattr(row, column): repr(key[0]) for key, row in known.items() if key not in named}
        for line, row in made:
            other = has.setdefault(row[column], f"line {line}")
            if other != f"line {line}":
                left = "" if other.startswith("line ") else ", which is not in this file"
                errors.append((line, f"the same {word} as {other}{left}"))
    return errors


def _holes(made: list[Made], by: tuple[str, ...], known: Mapping[Any, Any], of: tuple[str, ...]) -> Errors:
    """Where something ends and nothing counts after it: told on the last line about it. A city's own may end: then what
    counts everywhere counts there too."""
    columns = {*by, *of, "effective_from", "effective_until"}
    rows = {key: {column: getattr(row, column) for column in columns} for key, row in known.items()}
    rows |= {tuple(row[key] for key in by): row for _, row in made}
    spans: dict[tuple[Any, ...], list[tuple[datetime, datetime | None]]] = {}
    for row in rows.values():
        if not row.get("city"):
            spans.setdefault(tuple(row[key] for key in of), []).append((row["effective_from"], row["effective_until"]))
    last = {tuple(row[key] for key in of): line for line, row in made}
    return [(line, f"nothing would count for {' '.join(what)} from some day on: one has to go on without a last day")
            for what, line in last.items()
            if any(end is not None and not any(begins <= end and (not until or end < until) for begins, until in spans[what])
                   for _start, end in spans.get(what, []))]


def _change(path: Path, changed: list[tuple[int, Any, dict[str, Any]]], unique: Mapping[str, str]) -> None:
    """Change rows in an order in which nobody takes what another still has. Raises BadCsv where there is none."""
    waiting = changed
    while waiting:
        has = {(column, getattr(row, column)): line for line, row, _ in waiting for column in unique}
        held_by = [[has.get((column, new[column]), line) for column in unique] for line, _, new in waiting]
        ready = {each[0]: each for each, others in zip(waiting, held_by, strict=True) if set(others) <= {each[0]}}
        if not ready:
            raise BadCsv(path, [
                f"line {line}: takes over the {word} that line {other} has, and that one waits for another: import one of them "
                f"with a free {word} first"
                for (line, _, _), others in zip(waiting, held_by, strict=True)
                for word, other in zip(unique.values(), others, strict=True) if other != line])
        for _, row, new in ready.values():
            for key, value in new.items():
                setattr(row, key, value)
        db.session.flush()
        waiting = [each for each in waiting if each[0] not in ready]


def _rows(path: Path) -> Iterator[tuple[int, list[str], list[str]]]:
    """Each line with its number, the columns and its cells. Excel begins its UTF-8 with a mark, which belongs to no column."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(path, data[:error.start]) from error
    if "\0" in text:
        raise _not_utf8(path, data[:data.index(b"\0")])
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] = []
    first = 1
    try:
        for cells in reader:
            if cells and columns:
                yield reader.line_num, columns, cells
            columns, first = columns or cells, reader.line_num + 1
    except csv.Error as error:
        raise BadCsv(path, [f"line {first}: the cells cannot be told apart from here on, as if a quote were open: "
                            f"{error}"]) from error


def _not_utf8(path: Path, before: bytes) -> BadCsv:
    line = before.count(b"\n") + 1
    return BadCsv(path, [f"line {line}: this is not UTF-8: save the file as “CSV UTF-8”"])


def _row(columns: list[str], cells: list[str]) -> Row:
    """The cells by column. A spreadsheet may end its lines with commas, but nothing stands beyond the columns."""
    row = {column: cell.strip() for column, cell in zip_longest(columns, cells[:len(columns)], fillvalue="")}
    surplus = [cell.strip() for cell in (*cells[len(columns):], row.pop("", "")) if cell.strip()]
    if surplus:
        raise ValueError(f"there are more cells than columns: {', '.join(surplus)}")
    return row


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
    number = int(text)
    if not least <= number <= most:
        raise ValueError(f"{text} is no {what}: it lies between {least} and {most}")
    return number


def _size(text: str, what: str) -> float | None:
    """Of a tank or battery, in the unit of its column; a car has only one of them."""
    if not text:
        return None
    if not 0 < float(text) <= 1000:
        raise ValueError(f"{text} is no {what}: it lies between 0 and 1000")
    return float(text)


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone: it looks like America/Chicago") from error


def _slug(text: str) -> str:
    if not SLUG.fullmatch(text):
        raise ValueError(f"{text!r} is no slug: it is made of small letters and digits, parted by dashes")
    return text


def _vin(text: str) -> str:
    if not UNIT.fullmatch(text):
        raise ValueError(f"{text!r} is no vin: it has 1 to 40 letters, digits, dashes and underscores")
    return text


def _texts(row: Row, *columns: str) -> Row:
    for column in columns:
        if not row[column]:
            raise ValueError(f"{column} is empty")
    return {column: row[column] for column in columns}


def _zone_of_the_city(city: str = "") -> ZoneInfo | None:
    """The zone that most lots are in; of the lots of one city when it is named."""
    wanted = select(Lot.timezone).order_by(Lot.id)
    zones = Counter(db.session.scalars(wanted.where(Lot.city == city) if city else wanted)).most_common(1)
    return ZoneInfo(zones[0][0]) if zones else None


def _validity(row: Row, zone: ZoneInfo | None) -> dict[str, Any]:
    """From the first day's midnight until that after the last day; without a last day, for ever."""
    begins, last = _day(row["effective_from"], zone), row.get("effective_until", "")
    if not last:
        return {"effective_from": begins, "effective_until": None}
    ends = _day(last, zone, days_on=1)
    if ends <= begins:
        raise ValueError(f"the last day {last} comes before the first, {row['effective_from']}")
    return {"effective_from": begins, "effective_until": ends}


def _day(text: str, zone: ZoneInfo | None, days_on: int = 0) -> datetime:
    day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day of the calendar; its midnight has the zone
    if not 1900 <= day.year <= 2100:
        raise ValueError(f"{text} is no first day: it lies between the years 1900 and 2100")
    if zone is None:
        raise ValueError("there is no lot yet, so nobody knows whose midnight: import lots.csv first")
    return datetime.combine(day + timedelta(days=days_on), time.min, zone).astimezone(UTC)
