"""The operator's files: everything or nothing, and every mistake with its line."""

import csv
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from config import ROOT
from core.database import db, transaction
from fleet.cars.models import Car, CarState
from fleet.csv_rows import BadCsv
from fleet.energy.models import EnergyCard
from fleet.import_csv import (
    import_bays,
    import_cars,
    import_city,
    import_lots,
    import_models,
    import_policies,
    import_promotions,
    import_tariffs,
)
from fleet.lots.models import Bay, Lot
from fleet.tariffs.in_force import NoTariff, policies_at, promotion_at, rates_for
from fleet.tariffs.models import PLANS, POLICY_UNITS, PolicyRow, Promotion, Tariff
from portal.account.models import Plan
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


def set_cell(path: Path, column: str, new: str) -> None:
    """Change a cell of line 2."""
    with path.open(newline="") as file:
        header, cells, *others = csv.reader(file)
    cells[header.index(column)] = new
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, cells, *others])


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
    ("lots", "turnaround_minutes", "9" * 30, "is no turnaround"),
    ("lots", "slug", "", "'' is no slug: it is made of small letters and digits, parted by dashes"),
    ("lots", "slug", "Union/Station", "is no slug"),
    ("lots", "name", "", "name is empty"),
    ("bays", "lot", "nowhere", "no lot 'nowhere': add it to its file first"),
    ("bays", "number", "two", "invalid literal"),
    ("bays", "number", "20230000000", "20230000000 is no bay number: it lies between 0 and 9999"),
    ("models", "doors", "0", "is no number of doors"),
    ("models", "doors", "20230000000", "is no number of doors"),
    ("models", "tank_gallons", "NaN", "NaN is no tank"),
    ("models", "car_class", "yacht", "'yacht' is none of"),
    ("models", "fuel", "wind", "'wind' is none of"),
    ("models", "range_miles", "0", "is no range"),
    ("models", "seats", "0", "is no number of seats"),
    ("models", "key", "", "key is empty"),
    ("cars", "slug", "../basil", "is no slug"),
    ("cars", "plate", "", "plate is empty"),
    ("cars", "vin", "1HG CM826", "is no vin: it has 1 to 40 letters, digits, dashes and underscores"),
    ("cars", "vin", "", "is no vin"),
    ("cars", "model", "horse", "no model 'horse'"),
    ("cars", "bay", "999", "no bay of this lot"),
    ("cars", "bay", "9" * 30, "is no bay number"),
    ("cars", "year", "20230000000", "20230000000 is no year: it lies between 1900 and 2100"),
    ("cars", "year", "9" * 30, "is no year"),
    ("cars", "features", "wings", "'wings' is none of"),
    ("cars", "paint", "invisible", "'invisible' is none of"),
    ("cars", "odometer", "NaN", "invalid literal"),
    ("cars", "odometer", "-1", "is no odometer"),
    ("cars", "energy_percent", "101", "is no percentage"),
    ("tariffs", "car_class", "yacht", "'yacht' is none of"),
    ("tariffs", "plan", "gold", "'gold' is none of payg, regular"),
    ("tariffs", "night_hour", "-1", "is no night_hour"),
    ("tariffs", "version", "20230000000", "is no version"),
    ("tariffs", "effective_from", "tomorrow", "does not match format"),
    ("tariffs", "effective_from", "0001-01-01", "0001-01-01 is no first day"),
    ("tariffs", "effective_from", "2101-01-01", "is no first day"),
    ("promotions", "code", "A", "'A' is no code: it has 2 to 20 letters, digits and dashes"),
    ("promotions", "code", "FREE RIDE", "is no code"),
    ("promotions", "percent", "101", "is no percentage"),
    ("promotions", "percent", "0", "either percent or cents"),
    ("promotions", "cents", "500", "either percent or cents"),
    ("promotions", "classes", "economy yacht", "'yacht' is none of"),
    ("promotions", "plans", "gold", "'gold' is none of payg, regular"),
    ("promotions", "per_member", "0", "is no limit"),
    ("promotions", "overall", "0", "is no limit"),
    ("promotions", "version", "0", "is no version"),
    ("promotions", "effective_until", "2025-12-31", "the last day 2025-12-31 comes before the first"),
    ("policies", "key", "a_rule", "'a_rule' is none of excess_included, "),
    ("policies", "unit", "dollars", "'dollars' is none of cents"),
    ("policies", "value", "many", "invalid literal"),
    ("policies", "value", "-1", "is no value"),
    ("policies", "value", "20230000000", "is no value"),
    ("policies", "version", "9" * 30, "is no version"),
])
def test_every_mistake_is_told_with_its_line_and_nothing_is_imported(app, folder, file, column, new, says):
    before = counts()
    set_cell(folder / f"{file}.csv", column, new)
    if file != "lots":
        change(folder / "lots.csv", 3, first_row(folder / "lots.csv")["zone"], "Asia/Tokyo")  # what must not be kept
    with pytest.raises(BadCsv) as told:
        import_city(folder, seal=str)
    assert told.value.errors[0].startswith("line 2: ")
    assert says in told.value.errors[0]
    assert counts() == before
    assert db.session.scalar(select(Lot).where(Lot.timezone == "Asia/Tokyo")) is None


def test_all_mistakes_are_told_at_once(app, tmp_path):
    path = tmp_path / "policies.csv"
    path.write_text(policies("late_grace,x,minutes,1,2026-01-01", "late_step,1,minutes,1,2026-01-01",
                             "no_show,1,minutes,z,2026-01-01"))
    with pytest.raises(BadCsv) as told:
        import_policies(path)
    assert [error.split(":")[0] for error in told.value.errors] == ["line 2", "line 4"]


@pytest.mark.one_database
@pytest.mark.parametrize(("importer", "header"), [(import_lots, "slug,name"), (import_models, "key"), (
    import_tariffs, "car_class"), (import_policies, "value,unit")])
def test_a_missing_column_is_named(app, tmp_path, importer, header):
    path = tmp_path / "short.csv"
    path.write_text(f"{header}\n{','.join('economy' for _ in header.split(','))}\n")
    with pytest.raises(BadCsv, match="line 2: there is no column"):
        importer(path)


def test_the_same_thing_on_two_lines_is_a_mistake(app, tmp_path):
    path = tmp_path / "policies.csv"
    path.write_text(policies("no_show,1,minutes,1,2026-01-01", "no_show,2,minutes,2,2026-01-01",
                             "no_show,2,minutes,2,2026-02-01"))
    with pytest.raises(BadCsv) as told:
        import_policies(path)
    assert told.value.errors == ["line 3: the same key, city, effective_from as line 2"]


def test_an_empty_line_and_spaces_around_values_do_no_harm(app, tmp_path):
    path = tmp_path / "policies.csv"
    path.write_text(policies("", "  no_show , 7 , minutes,1,2026-02-01"))
    assert import_policies(path) == 1
    assert values_of("no_show")[-1] == 7


def policies(*lines: str) -> str:
    """A file of policies with these lines, of which the first is line 2."""
    return "\n".join(["key,value,unit,version,effective_from", *lines, ""])


def values_of(key: str) -> list[int]:
    """A policy's values, the oldest first."""
    return list(db.session.scalars(select(PolicyRow.value).where(PolicyRow.key == key).order_by(PolicyRow.effective_from)))


@pytest.mark.one_database
@pytest.mark.parametrize(("lines", "says"), [
    (["no_show,60,minutes,1,2026-02-01", "late_fee,1,000,cents_per_step,1,2026-02-01"],
     "line 3: there are more cells than columns: 2026-02-01"),
    (["no_show,60,minutes,1,2026-02-01", '"late_grace,10,minutes,1,2026-02-01', "late_step,15,minutes,1,2026-02-01"],
     "line 3: the cells cannot be told apart from here on, as if a quote were open"),
    (['no_show,"6"0,minutes,1,2026-02-01'], "line 2: the cells cannot be told apart"),
    (["no_show,60,minutes\0,1,2026-02-01"], "line 2: this is not UTF-8"),
])
def test_a_line_whose_cells_are_not_those_of_the_columns_is_refused(app, tmp_path, lines, says):
    path = tmp_path / "policies.csv"
    path.write_text(policies(*lines))
    with pytest.raises(BadCsv) as told:
        import_policies(path)
    assert [error[:len(says)] for error in told.value.errors] == [says]
    assert told.value.name == "policies.csv"


def test_commas_at_the_end_of_a_line_do_no_harm(app, tmp_path):
    path = tmp_path / "policies.csv"
    path.write_text("key,value,unit,version,effective_from,\nno_show,7,minutes,1,2026-02-01,,,\n")
    assert import_policies(path) == 1
    assert values_of("no_show")[-1] == 7


def test_the_files_know_the_plans_and_the_rules_that_the_service_knows():
    assert set(PLANS) == {str(plan) for plan in Plan}
    with (CITY / "policies.csv").open(newline="") as file:
        assert {row["key"]: row["unit"] for row in csv.DictReader(file)} == POLICY_UNITS


def cars_file(path: Path, *changes: dict[str, str], only: int | None = None) -> Path:
    """The bundled city's first cars, each with its changes, on lines 2, 3 and so on; further lines as they are."""
    with (CITY / "cars.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[:only]
    for row, change_ in zip(rows, changes, strict=False):
        row.update(change_)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def bundled(number: int, *columns: str) -> dict[str, str]:
    """These columns of the bundled city's car of that number, the first being 0."""
    with (CITY / "cars.csv").open(newline="") as file:
        row = list(csv.DictReader(file))[number]
    return {column: row[column] for column in columns}


@pytest.mark.parametrize("columns", [("name",), ("plate",), ("vin",), ("lot", "bay")])
def test_what_another_line_has_already_is_told_with_both_lines(app, tmp_path, columns):
    path = cars_file(tmp_path / "cars.csv", {}, bundled(0, *columns))
    with pytest.raises(BadCsv) as told:
        import_cars(path, seal=str)
    assert told.value.errors == [f"line 3: the same {columns[-1]} as line 2"]


@pytest.mark.parametrize("columns", [("name",), ("plate",), ("vin",), ("lot", "bay")])
def test_what_a_car_outside_the_file_has_is_told_with_the_line_and_that_car(app, tmp_path, columns):
    path = cars_file(tmp_path / "cars.csv", bundled(4, *columns), only=1)
    with pytest.raises(BadCsv) as told:
        import_cars(path, seal=str)
    other = bundled(4, "slug")["slug"]
    assert told.value.errors == [f"line 2: the same {columns[-1]} as {other!r}, which is not in this file"]


def test_a_car_moves_to_the_bay_that_another_line_of_the_file_leaves(app, tmp_path):
    lot_id = a_car(slug=bundled(2, "slug")["slug"]).lot_id
    free = db.session.scalars(select(Bay).where(
        Bay.lot_id == lot_id, Bay.id.not_in(select(Car.bay_id))).order_by(Bay.number)).first()
    path = cars_file(tmp_path / "cars.csv", bundled(1, "lot", "bay"), bundled(2, "lot", "bay"), {"bay": str(free.number)})
    homes = [a_car(slug=bundled(number, "slug")["slug"]).bay_id for number in (1, 2)]
    import_cars(path, seal=str)
    db.session.rollback()
    moved = [a_car(slug=bundled(number, "slug")["slug"]) for number in range(3)]
    assert [car.bay_id for car in moved] == [*homes, free.id]
    assert [(car.lat, car.lng) for car in moved] == [(car.bay.lat, car.bay.lng) for car in moved]


def test_two_cars_that_swap_their_bays_are_refused_with_both_lines(app, tmp_path):
    path = cars_file(tmp_path / "cars.csv", bundled(1, "lot", "bay"), bundled(0, "lot", "bay"))
    with pytest.raises(BadCsv) as told:
        import_cars(path, seal=str)
    assert [error.split(" has, ")[0] for error in told.value.errors] == [
        "line 2: takes over the bay that line 3", "line 3: takes over the bay that line 2"]


def test_a_file_with_the_mark_that_excel_puts_first_is_read(app, tmp_path):
    path = tmp_path / "policies.csv"
    path.write_text(policies("no_show,7,minutes,1,2026-01-01"), encoding="utf-8-sig")
    assert import_policies(path) == 1


def test_a_file_in_another_encoding_is_refused_with_the_line(app, tmp_path):
    path = tmp_path / "policies.csv"
    path.write_bytes(policies("no_show,7,Stück,1,2026-01-01").encode("latin-1"))
    with pytest.raises(BadCsv, match="line 2: this is not UTF-8"):
        import_policies(path)


def test_cars_follow_their_bays_when_only_the_bays_are_imported(app, folder):
    car = a_car(slug=bundled(0, "slug")["slug"])
    change(folder / "bays.csv", 2, first_row(folder / "bays.csv")["lat"], "41.9")
    import_bays(folder / "bays.csv")
    db.session.rollback()
    assert (car.bay.lat, car.lat, car.lng) == (41.9, 41.9, car.bay.lng)


def test_cars_follow_the_class_of_their_model_when_only_the_models_are_imported(app, folder):
    row = first_row(folder / "models.csv")
    change(folder / "models.csv", 2, f",{row['car_class']},", ",premium,")
    import_models(folder / "models.csv")
    db.session.rollback()
    cars = db.session.scalars(select(Car)).all()
    assert {car.car_class for car in cars if car.model.key == row["key"]} == {"premium"}
    assert all(car.car_class == car.model.car_class for car in cars)


def test_a_first_day_begins_at_the_citys_midnight(app, tmp_path):
    path = tmp_path / "policies.csv"
    path.write_text(policies("no_show,7,minutes,1,2026-07-01", "no_show,8,minutes,2,2026-12-01"))
    import_policies(path)
    begins = db.session.scalars(select(PolicyRow.effective_from).where(PolicyRow.key == "no_show")
                                .order_by(PolicyRow.effective_from)).all()[1:]
    assert [moment.isoformat() for moment in begins] == ["2026-07-01T05:00:00+00:00", "2026-12-01T06:00:00+00:00"]
    tariffs = db.session.scalars(select(Tariff.effective_from)).all()
    assert {moment.astimezone(ZoneInfo("America/Chicago")).hour for moment in tariffs} == {0}


@pytest.mark.one_database
def test_a_step_of_no_length_is_refused(app, tmp_path):
    path = tmp_path / "policies.csv"
    path.write_text(policies("late_step,0,minutes,1,2026-02-01"))
    with pytest.raises(BadCsv) as told:
        import_policies(path)
    assert told.value.errors[0].startswith("line 2: ")


HEADER = ("car_class,plan,version,effective_from,effective_until,night_from,night_until,weekday_hour,weekend_hour,night_hour,"
          "weekday_day,weekend_day,included_miles,mile")


def tariff(*, begins: str, ends: str = "", night: str = ",", hour: int = 713) -> str:
    return f"economy,regular,2,{begins},{ends},{night},{hour},{hour},{hour},{hour * 8},{hour * 8},200,58"


def tariffs_file(path: Path, *lines: str) -> Path:
    file = path / "tariffs.csv"
    file.write_text("\n".join([HEADER, *lines, ""]))
    return file


def test_a_tariff_with_a_last_day_counts_through_that_day_and_the_one_before_it_again_after_it(app, tmp_path):
    usual = rates_for("economy", "regular", datetime(2027, 6, 1, tzinfo=UTC))
    import_tariffs(tariffs_file(tmp_path, tariff(begins="2027-07-01", ends="2027-07-31", night="23,5")))
    midnight = datetime(2027, 8, 1, 5, tzinfo=UTC)  # in Chicago
    july = rates_for("economy", "regular", midnight - timedelta(seconds=1))
    assert (july.weekday_hour, july.night_from, july.night_until) == (713, 23, 5)
    assert rates_for("economy", "regular", midnight) == usual
    assert (usual.night_from, usual.night_until) == (22, 6)


def test_a_class_cannot_be_left_without_a_tariff_by_a_last_day(app, tmp_path):
    with pytest.raises(BadCsv) as told:
        import_tariffs(tariffs_file(tmp_path, tariff(begins="2027-07-01", ends="2027-07-31"),
                                    tariff(begins="2026-01-01", ends="2028-12-31")))
    assert told.value.errors == ["line 3: nothing would count for economy regular from some day on: one has to go on without "
                                 "a last day"]
    import_tariffs(tariffs_file(tmp_path, tariff(begins="2026-01-01", ends="2028-12-31"), tariff(begins="2029-01-01")))
    assert rates_for("economy", "regular", datetime(2035, 1, 1, tzinfo=UTC)).weekday_hour == 713
    with pytest.raises(NoTariff):
        rates_for("economy", "regular", datetime(2025, 1, 1, tzinfo=UTC))


def test_a_city_has_taxes_of_its_own_from_its_own_midnight(app, folder, tmp_path):
    change(folder / "lots.csv", 1, "zone", "zone,city")
    lines = (folder / "lots.csv").read_text().split("\n")
    lines[1] = lines[1].replace("America/Chicago", "America/Los_Angeles,lakeside")
    (folder / "lots.csv").write_text("\n".join([*lines[:2], ""]))
    import_lots(folder / "lots.csv")
    path = tmp_path / "policies.csv"
    path.write_text("key,city,value,unit,version,effective_from\ntax_state,lakeside,235,basis_points,2,2027-01-01\n"
                    "fee_booking,lakeside,250,cents,2,2027-01-01\n")
    assert import_policies(path) == 2
    midnight = datetime(2027, 1, 1, 8, tzinfo=UTC)  # on the west coast
    there, elsewhere = policies_at(midnight, "lakeside"), policies_at(midnight)
    assert (there["tax_state"].value, there["fee_booking"].value, there["tax_city"].value) == (235, 250, 900)
    assert (elsewhere["tax_state"].value, elsewhere["fee_booking"].value) == (500, 0)
    assert policies_at(midnight - timedelta(seconds=1), "lakeside")["tax_state"].value == 500


@pytest.mark.parametrize(("line", "says"), [
    ("no_show,lakeside,60,minutes,2,2027-01-01", "no_show is the same in every city: only tax_city, tax_state, fee_booking"),
    ("tax_city,atlantis,60,basis_points,2,2027-01-01", "no lot is in 'atlantis': name the city in lots.csv first"),
])
def test_what_a_city_cannot_have_of_its_own_is_told(app, tmp_path, line, says):
    path = tmp_path / "policies.csv"
    path.write_text(f"key,city,value,unit,version,effective_from\n{line}\n")
    with pytest.raises(BadCsv) as told:
        import_policies(path)
    assert told.value.errors[0].startswith(f"line 2: {says}")


def test_a_promo_code_counts_through_its_last_day_and_its_limit_cannot_fall_below_its_use(app, tmp_path):
    path = tmp_path / "promotions.csv"
    header = "code,version,percent,cents,effective_from,effective_until,classes,plans,per_member,overall"
    path.write_text(f"{header}\nspring27,1,20,,2027-03-01,2027-03-31,,regular,1,2\n")
    assert import_promotions(path) == 1
    over = datetime(2027, 4, 1, 5, tzinfo=UTC)
    assert promotion_at(" spring27 ", over - timedelta(seconds=1)).percent == 20
    assert promotion_at("SPRING27", over) is None
    assert promotion_at("SPRING27", datetime(2027, 3, 1, 5, 59, tzinfo=UTC)) is None
    with transaction():
        db.session.scalars(select(Promotion).where(Promotion.code == "SPRING27")).one().redeemed = 2
    path.write_text(f"{header}\nSPRING27,2,20,,2027-03-01,2027-03-31,,regular,1,1\n")
    with pytest.raises(BadCsv, match="line 2: SPRING27 has been used 2 times already: its limit cannot be 1"):
        import_promotions(path)
