"""Rebuilds the bundled city from an npm package of tiles: `python -m cities.chicago.build`."""

import argparse
import tempfile
from pathlib import Path

from cities.build.basemap import write_basemap
from cities.build.fleet import lots_of, write_cars, write_lots
from cities.build.outline import boundary_of, write_boundary
from cities.build.package import tiles_folder
from cities.build.places import check_landmarks, places_of, write_places
from cities.build.streets import streets_of, write_hundreds, write_streets
from cities.build.tiles import Sheet, read_tiles
from reservations.search.geocoding.boundary import Boundary
from reservations.search.geocoding.gazetteer import GazetteerFinder
from reservations.search.geocoding.streets import Streets

HERE = Path(__file__).parent
CURATED = HERE / "curated"
BUILT = (
    "chicago.pmtiles",
    "boundary.geojson",
    "gazetteer/streets.csv",
    "gazetteer/hundreds.csv",
    "gazetteer/places.csv",
    "lots.csv",
    "bays.csv",
    "cars.csv",
)


def build(tiles: Path, target: Path) -> None:
    """Make every file of `BUILT` in the target folder; the same tiles and lists give the same bytes."""
    gazetteer = target / "gazetteer"
    gazetteer.mkdir(parents=True, exist_ok=True)
    sheet = Sheet(read_tiles(tiles))
    streets = streets_of(sheet, CURATED / "street_names.csv")
    write_streets(streets, gazetteer / "streets.csv")
    write_hundreds(streets, CURATED / "hundreds.csv", gazetteer / "hundreds.csv")
    write_places(places_of(sheet, CURATED), gazetteer / "places.csv")
    write_boundary(boundary_of(sheet), target / "boundary.geojson")
    check_landmarks(CURATED / "landmarks.csv", GazetteerFinder.load(target))
    known = Streets.load(gazetteer / "streets.csv", gazetteer / "hundreds.csv")
    lots = lots_of(CURATED / "lots.csv", known, Boundary.load(target / "boundary.geojson"))
    write_lots(lots, target)
    write_cars(CURATED / "cars.csv", HERE / "models.csv", lots, target / "cars.csv")
    write_basemap(sheet, target / "chicago.pmtiles")


def main() -> None:
    """Fetch the package unless it is given, build, and say what was made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--package", type=Path, help="the npm archive, or a folder of tiles, instead of a download"
    )
    parser.add_argument(
        "--target", type=Path, default=HERE, help="where to write (default: this city's folder)"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as workspace:
        build(tiles_folder(Path(workspace), asked.package), asked.target)
    for name in BUILT:
        print(f"{(asked.target / name).stat().st_size:>9,}  {name}")


if __name__ == "__main__":
    main()
