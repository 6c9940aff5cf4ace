"""`flask fleet import` on files an operator might bring."""

import csv
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from config import ROOT
from core.database import db
from fleet.cars.models import Car

CARS = ROOT / "cities" / "chicago" / "cars.csv"


@pytest.fixture
def cars(tmp_path: Path) -> list[dict[str, str]]:
    with CARS.open(newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_changed_car_is_changed_and_no_other(app: Flask, tmp_path: Path, cars: list[dict[str, str]]) -> None:
    cars[0]["colour"] = "Taxi yellow"
    said = app.test_cli_runner().invoke(args=["fleet", "import", str(write(tmp_path / "cars.csv", cars[:1]))])
    assert said.exit_code == 0, said.output
    db.session.rollback()
    assert db.session.scalar(select(Car.colour).where(Car.slug == cars[0]["slug"])) == "Taxi yellow"
    assert db.session.scalar(select(Car.colour).where(Car.slug == cars[1]["slug"])) == cars[1]["colour"]


def test_a_dry_run_changes_nothing(app: Flask, tmp_path: Path, cars: list[dict[str, str]]) -> None:
    before = db.session.scalar(select(Car.colour).where(Car.slug == cars[0]["slug"]))
    cars[0]["colour"] = "Taxi yellow"
    said = app.test_cli_runner().invoke(
        args=["fleet", "import", "--dry-run", str(write(tmp_path / "cars.csv", cars[:1]))])
    assert "nothing was changed" in said.output
    db.session.rollback()
    assert db.session.scalar(select(Car.colour).where(Car.slug == cars[0]["slug"])) == before


def test_one_bad_line_keeps_every_line_out_and_is_named(app: Flask, tmp_path: Path,
                                                       cars: list[dict[str, str]]) -> None:
    cars[0]["colour"], cars[1]["paint"] = "Taxi yellow", "plaid"
    said = app.test_cli_runner().invoke(args=["fleet", "import", str(write(tmp_path / "cars.csv", cars[:2]))])
    assert said.exit_code == 1
    assert "cars.csv line 3: 'plaid' is none of" in said.output
    db.session.rollback()
    assert db.session.scalar(select(Car.colour).where(Car.slug == cars[0]["slug"])) != "Taxi yellow"


def test_a_file_of_another_name_is_refused(app: Flask, tmp_path: Path, cars: list[dict[str, str]]) -> None:
    said = app.test_cli_runner().invoke(args=["fleet", "import", str(write(tmp_path / "autos.csv", cars[:1]))])
    assert said.exit_code == 1
    assert "rename it" in said.output
