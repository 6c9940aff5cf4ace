"""The bundled city: enough of everything, everything in its place, and rebuilt byte for byte."""

import csv
import gzip
import json
import math
import os
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import mapbox_vector_tile
import pytest
from pmtiles.reader import MmapSource, Reader, all_tiles

from cities.build.package import PACKAGE, tiles_folder
from cities.chicago.build import BUILT, build
from fleet.cars.models import BODIES, FEATURES, PAINTS, CarClass, Fuel
from portal.account.needs.kinds import EQUIPMENT
from reservations.search.geocoding.boundary import Boundary
from reservations.search.geocoding.streets import Streets
from tests.conftest import SOAK

CITY = Path(__file__).parents[2] / "cities" / "chicago"
VIN_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", [*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True)
)
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def rows(name: str) -> list[dict[str, str]]:
    with (CITY / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


LOTS, BAYS, MODELS, CARS = (rows(f"{name}.csv") for name in ("lots", "bays", "models", "cars"))
MODEL = {row["key"]: row for row in MODELS}
BAY = {(row["lot"], row["number"]): row for row in BAYS}


def unpacked(path: Path) -> dict[tuple[int, int, int], bytes]:
    """Read the tiles of a map without their gzip, whose bytes depend on the machine's zlib."""
    with path.open("rb") as file:
        return {address: gzip.decompress(data) for address, data in all_tiles(MmapSource(file))}


def spot(row: dict[str, str]) -> tuple[float, float]:
    return float(row["lat"]), float(row["lng"])


@pytest.fixture(scope="module")
def boundary() -> Boundary:
    return Boundary.load(CITY / "boundary.geojson")


@pytest.fixture(scope="module")
def streets() -> Streets:
    return Streets.load(CITY / "gazetteer" / "streets.csv", CITY / "gazetteer" / "hundreds.csv")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The npm package: from `MVT_FIXTURES` (an archive or folder), or fetched by npm where there is one."""
    if given := os.environ.get("MVT_FIXTURES"):
        return tiles_folder(tmp_path_factory.mktemp("tiles"), Path(given))
    if shutil.which("npm") is None:
        pytest.skip(
            f"npm is missing, so {PACKAGE} cannot be fetched: install npm, or point MVT_FIXTURES at it"
        )
    try:
        return tiles_folder(tmp_path_factory.mktemp("tiles"))
    except subprocess.SubprocessError:
        pytest.skip(f"npm could not fetch {PACKAGE}: go online, or point MVT_FIXTURES at the archive")


def test_there_is_enough_of_everything():
    assert len(LOTS) >= 60
    assert len(CARS) >= 150
    assert len(MODELS) >= 12
    assert len(BAYS) > len(CARS)


def test_every_class_has_a_model_and_a_car():
    assert {row["car_class"] for row in MODELS} == set(CarClass)
    assert {MODEL[row["model"]]["car_class"] for row in CARS} == set(CarClass)


@pytest.mark.parametrize(
    "row", [*LOTS, *BAYS], ids=lambda row: row.get("slug") or f"{row['lot']}-{row['number']}"
)
def test_every_lot_and_bay_lies_inside_the_boundary(boundary, row):
    assert boundary.contains(*spot(row))


@pytest.mark.parametrize(
    "values",
    [
        [row["slug"] for row in LOTS],
        [row["name"] for row in LOTS],
        [(row["lot"], row["number"]) for row in BAYS],
        [row["key"] for row in MODELS],
        *([row[column] for row in CARS] for column in ("slug", "name", "plate", "vin")),
    ],
)
def test_what_must_be_unique_is(values):
    assert [value for value, times in Counter(values).items() if times > 1] == []


def test_every_car_has_a_bay_at_its_lot_and_no_two_share_one():
    taken = [(row["lot"], row["bay"]) for row in CARS]
    assert set(taken) <= BAY.keys()
    assert len(set(taken)) == len(taken)


def test_electric_cars_stand_where_there_is_a_charger():
    electric = [row for row in CARS if MODEL[row["model"]]["fuel"] == "electric"]
    assert electric
    assert all(BAY[row["lot"], row["bay"]]["charger"] == "1" for row in electric)


def test_a_lot_says_it_has_a_charger_when_one_of_its_bays_has():
    charged = {row["lot"] for row in BAYS if row["charger"] == "1"}
    assert {row["slug"] for row in LOTS if row["ev_charger"] == "1"} == charged


def test_every_lot_has_three_to_six_bays_and_one_to_four_cars():
    bays, cars = Counter(row["lot"] for row in BAYS), Counter(row["lot"] for row in CARS)
    for lot in LOTS:
        assert 3 <= bays[lot["slug"]] <= 6
        assert 1 <= cars[lot["slug"]] <= 4
        assert cars[lot["slug"]] < bays[lot["slug"]]


def test_the_bays_of_a_lot_are_steps_apart_and_not_on_one_spot():
    by_lot = defaultdict(list)
    for row in BAYS:
        by_lot[row["lot"]].append(spot(row))
    for places in by_lot.values():
        for (lat, lng), (next_lat, next_lng) in pairwise(places):
            gap = math.hypot((lat - next_lat) * 111_195, (lng - next_lng) * 82_800)
            assert 2 <= gap <= 8


@pytest.mark.parametrize("lot", LOTS, ids=lambda row: row["slug"])
def test_a_lot_stands_beside_the_street_it_names(streets, lot):
    near = {street.name: metres for metres, _, street in streets.nearest(*spot(lot), within=60)}
    assert near[lot["street"]] <= 30
    assert lot["street"] in lot["address"]


def test_every_lot_tells_how_to_get_in_in_a_sentence_of_its_own():
    ways = [row["how_to_get_in"] for row in LOTS]
    assert len(set(ways)) == len(ways)
    assert all(20 <= len(way) <= 200 and way.endswith(".") for way in ways)
    assert all(row["landmark"] and row["zone"] == "America/Chicago" for row in LOTS)


def test_words_with_a_fixed_choice_are_chosen_from_it():
    assert {row["access"] for row in LOTS} == {"street", "garage", "gated", "keybox"}
    assert {row["paint"] for row in CARS} <= set(PAINTS)
    assert {row["body"] for row in MODELS} <= set(BODIES)
    assert {row["fuel"] for row in MODELS} <= set(Fuel)
    assert {feature for row in CARS for feature in row["features"].split()} <= set(FEATURES)


def test_a_model_has_a_tank_or_a_battery():
    for row in MODELS:
        assert bool(row["battery_kwh"]) == (row["fuel"] == "electric")
        assert bool(row["tank_gallons"]) == (row["fuel"] != "electric")
        assert int(row["range_miles"]) > 0
        assert 2 <= int(row["seats"]) <= 8


@pytest.mark.parametrize("car", CARS, ids=lambda row: row["slug"])
def test_a_car_carries_a_well_formed_plate_and_number(car):
    assert re.fullmatch(r"[A-HJ-NPR-Z]{2} \d{2} \d{3}", car["plate"])
    assert re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", car["vin"])
    total = sum(int(VIN_VALUES.get(c, c)) * w for c, w in zip(car["vin"], VIN_WEIGHTS, strict=True))
    assert car["vin"][8] == "0123456789X"[total % 11]
    assert 0 <= int(car["energy_percent"]) <= 100
    assert int(car["odometer"]) > 0
    assert re.fullmatch(r"[A-Z][a-z]+", car["name"])


def test_wheelchair_cars_have_a_ramp_and_only_they_do():
    for car in CARS:
        accessible = MODEL[car["model"]]["car_class"] == "accessible"
        assert ("ramp" in car["features"].split()) == accessible


def test_each_equipment_that_members_may_need_is_in_some_car():
    assert set(EQUIPMENT.values()) <= {feature for car in CARS for feature in car["features"].split()}


def test_the_map_opens_and_has_every_zoom_from_ten_to_thirteen():
    with (CITY / "chicago.pmtiles").open("rb") as file:
        metadata = Reader(MmapSource(file)).metadata()
    tiles = unpacked(CITY / "chicago.pmtiles")
    zooms = Counter(z for z, _, _ in tiles)
    assert zooms[13] == 30
    assert set(zooms) == {10, 11, 12, 13}
    assert "OpenStreetMap" in metadata["attribution"]
    announced = {layer["id"]: layer for layer in metadata["vector_layers"]}
    assert {"road", "water", "landuse", "road_label", "place_label"} <= announced.keys()
    for (zoom, _, _), data in tiles.items():
        for layer in mapbox_vector_tile.decode(data):
            assert zoom >= announced[layer]["minzoom"]


def test_the_files_stay_small():
    assert (CITY / "chicago.pmtiles").stat().st_size < 1_200_000
    assert sum(path.stat().st_size for path in (CITY / "gazetteer").iterdir()) < 1_500_000


def test_the_boundary_is_one_simple_ring():
    geometry = json.loads((CITY / "boundary.geojson").read_text())["geometry"]
    assert geometry["type"] == "Polygon"
    assert len(geometry["coordinates"]) == 1
    assert geometry["coordinates"][0][0] == geometry["coordinates"][0][-1]


@pytest.mark.skipif(not SOAK, reason="building the city takes long: `make soak` does it")
def test_the_committed_files_are_what_the_builder_makes(source, tmp_path):
    build(source, tmp_path)
    made, kept = unpacked(tmp_path / "chicago.pmtiles"), unpacked(CITY / "chicago.pmtiles")
    assert [address for address in kept if made.get(address) != kept[address]] == []
    texts = [name for name in BUILT if not name.endswith(".pmtiles")]
    changed = [name for name in texts if (tmp_path / name).read_bytes() != (CITY / name).read_bytes()]
    assert changed == []
