"""The operator's files: everything or nothing, and every mistake with its line."""

import csv
import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select

from config import ROOT
from core.database import db, transaction
from fleet.cars.models import Car, CarState
from fleet.energy.models import EnergyCard
from fleet.import_csv import BadCsv, import_cars, import_city, import_lots, import_models, import_policies, import_tariffs
from fleet.lots.models import Bay, Lot
from fleet.tariffs.models import PolicyRow, Tariff
from tests.factories import a_car

CITY = ROOT / "cities" / "chicago"


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of the bundled city's files, to change."""
    copy = tmp_path / "city"
    copy.mkdir()
    for path in CITY.glob("*.csv"):
        shutil.copy(path, copy)
    return copy


def change(path: Path, line: int, old: str, new: str) -> None:
    lines = path.read_text().split("\n")
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    path.write_text("\n".join(lines))


def first_row(path: Path) -> dict[str, str]:
    with path.open(newline="") as file:
        return next(csv.DictReader(file))


def counts() -> dict[str, int]:
    db.session.rollback()
    return {table.__tablename__: db.session.scalar(select(func.count()).select_from(table))
            for table in (Lot, Bay, Car, Tariff, PolicyRow, EnergyCard)}


def test_importing_the_same_files_again_changes_nothing(app, folder):
    before = counts()
    cards = db.session.execute(select(EnergyCard.car_id, EnergyCard.pin_sealed).order_by(EnergyCard.car_id)).all()
    import_city(folder, seal=app.extensions["adapters"].seal.close)
    assert counts() == before
    assert db.session.execute(
        select(EnergyCard.car_id, EnergyCard.pin_sealed).order_by(EnergyCard.car_id)).all() == cards


def test_the_bundled_city_has_the_size_that_was_promised(app):
    found = counts()
    assert found["lots"] >= 60
    assert found["cars"] == found["energy_cards"] >= 150
    assert db.session.scalar(select(func.count(func.distinct(Car.model_id)))) >= 12
    assert db.session.scalar(select(func.count(func.distinct(Car.car_class)))) == 8


def test_a_changed_row_changes_its_car_and_keeps_what_staff_decided(app, folder):
    car = a_car(name="Basil")
    with transaction():
        car.state = CarState.CLEANING
    row = first_row(folder / "cars.csv")
    assert row["slug"] == "basil"
    change(folder / "cars.csv", 2, row["plate"], "NEW 123")
    import_cars(folder / "cars.csv", seal=str)
    assert (car.plate, car.state) == ("NEW 123", "cleaning")


def test_the_pin_of_a_card_is_sealed(app):
    card = db.session.scalars(select(EnergyCard).limit(1)).one()
    pin = app.extensions["adapters"].seal.open(card.pin_sealed)
    assert len(pin) == 4
    assert pin.isdigit()
    assert pin not in card.pin_sealed


@pytest.mark.one_database
@pytest.mark.parametrize(("file", "column", "new", "says"), [
    ("lots", "lat", "91", "91.0 is no latitude: it lies between -90 and 90"),
    ("lots", "lng", "-200", "is no longitude"),
    ("lots", "lat", "NaN", "nan is no latitude"),
    ("lots", "lat", "1e400", "inf is no latitude"),
    ("lots", "lat", "north", "could not convert"),
    ("lots", "access", "secret", "'secret' is none of street, garage, gated, keybox"),
    ("lots", "zone", "Mars/Base", "'Mars/Base' is no time zone: it looks like America/Chicago"),
    ("lots", "zone", "../../etc/passwd", "is no time zone"),
    ("lots", "zone", "America", "is no time zone"),
    ("lots", "turnaround_minutes", "721", "is no turnaround"),
    ("lots", "turnaround_minutes", "soon", "invalid literal"),
    ("bays", "lot", "nowhere", "no lot 'nowhere': add it to its file first"),
    ("bays", "number", "two", "invalid literal"),
    ("models", "car_class", "yacht", "'yacht' is none of"),
    ("models", "fuel", "wind", "'wind' is none of"),
    ("models", "range_miles", "0", "is no range"),
    ("models", "seats", "0", "is no number of seats"),
    ("cars", "model", "horse", "no model 'horse'"),
    ("cars", "bay", "999", "no bay of this lot"),
    ("cars", "features", "wings", "'wings' is none of"),
    ("cars", "paint", "invisible", "'invisible' is none of"),
    ("cars", "odometer", "NaN", "invalid literal"),
    ("cars", "odometer", "-1", "is no odometer"),
    ("cars", "energy_percent", "101", "is no percentage"),
    ("tariffs", "car_class", "yacht", "'yacht' is none of"),
    ("tariffs", "night_hour", "-1", "is no night_hour"),
    ("tariffs", "effective_from", "tomorrow", "does not match format"),
    ("policies", "value", "many", "invalid literal"),
])
def test_every_mistake_is_told_with_its_line_and_nothing_is_imported(app, folder, file, column, new, says):
    path, before = folder / f"{file}.csv", counts()
    change(path, 2, first_row(path)[column], new) if column != "features" else _give_feature(path, new)
    change(folder / "policies.csv", 2, "excess_included", "a_new_rule")  # what must not be kept
    with pytest.raises(BadCsv) as told:
        import_city(folder, seal=str)
    assert told.value.errors[0].startswith("line 2: ")
    assert says in told.value.errors[0]
    assert counts() == before
    assert db.session.scalar(select(PolicyRow).where(PolicyRow.key == "a_new_rule")) is None


def _give_feature(path: Path, feature: str) -> None:
    row = first_row(path)
    change(path, 2, row["features"], feature)


def test_all_mistakes_are_told_at_once(app, tmp_path):
    path = tmp_path / "policies.csv"
    path.write_text("key,value,unit,version,effective_from\na,x,m,1,2026-01-01\nb,1,m,1,2026-01-01\nc,1,m,z,2026-01-01\n")
    with pytest.raises(BadCsv) as told:
        import_policies(path)
    assert [error.split(":")[0] for error in told.value.errors] == ["line 2", "line 4"]


@pytest.mark.one_database
@pytest.mark.parametrize(("importer", "header"), [(import_lots, "slug,name"), (import_models, "key"), (
    import_tariffs, "car_class,plan"), (import_policies, "key,unit")])
def test_a_missing_column_is_named(app, tmp_path, importer, header):
    path = tmp_path / "short.csv"
    path.write_text(f"{header}\n{','.join('economy' for _ in header.split(','))}\n")
    with pytest.raises(BadCsv, match="line 2: there is no column"):
        importer(path)


def test_the_same_thing_on_two_lines_is_a_mistake(app, tmp_path):
    path = tmp_path / "policies.csv"
    path.write_text("key,value,unit,version,effective_from\nx,1,m,1,2026-01-01\nx,2,m,2,2026-01-01\nx,2,m,2,2026-02-01\n")
    with pytest.raises(BadCsv) as told:
        import_policies(path)
    assert told.value.errors == ["line 3: the same key, effective_from as line 2"]


def test_an_empty_line_and_spaces_around_values_do_no_harm(app, tmp_path):
    path = tmp_path / "policies.csv"
    path.write_text("key,value,unit,version,effective_from\n\n  a_rule , 7 , minutes,1,2026-01-01\n")
    assert import_policies(path) == 1
    assert db.session.scalars(select(PolicyRow.value).where(PolicyRow.key == "a_rule")).one() == 7
