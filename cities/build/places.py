"""Gathers the named places: stations, neighbourhoods, ZIP areas, landmarks, and the surroundings."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import zipcodes

from cities.build.tiles import Sheet
from reservations.search.geocoding.gazetteer import GazetteerFinder

STATION_METRES = 300.0
LANDMARK_METRES = 290.0
ZIP_METRES = 60_000.0
SETTLEMENTS = {"neighbourhood", "town", "village", "suburb"}


@dataclass(frozen=True, slots=True, order=True)
class NamedPlace:
    """One row of the gazetteer's `places.csv`; `also` holds further names, parted by semicolons."""

    kind: str
    name: str
    also: str
    lat: float
    lng: float


class PlacesAreWrong(Exception):
    """A hand-written list does not agree with the tiles."""


def places_of(sheet: Sheet, curated: Path) -> list[NamedPlace]:
    """Return all named places, sorted; raises `PlacesAreWrong` when a listed station is not on the map."""
    stations = _points(sheet, "rail_station_label")
    found = [_station(row, stations) for row in _rows(curated / "stations.csv")]
    found += [_place("landmark", row) for row in _rows(curated / "landmarks.csv")]
    by_hand = [_place("neighbourhood", row) for row in _rows(curated / "neighbourhoods.csv")]
    known = {name.casefold() for place in by_hand for name in (place.name, *place.also.split(";"))}
    labels = {name: spots[0] for name, spots in _points(sheet, "place_label", SETTLEMENTS).items()}
    found += by_hand
    found += [
        NamedPlace("neighbourhood", name.replace("’", "'"), "", lat, lng)
        for name, (lat, lng) in labels.items()
        if name.casefold() not in known
    ]
    found += _zip_areas(*sheet.degrees(*sheet.outline().centroid.coords[0]))
    found += [_place(row["kind"], row) for row in _rows(curated / "elsewhere.csv")]
    return sorted(found)


def check_landmarks(listed: Path, gazetteer: GazetteerFinder) -> None:
    """Refuse landmarks that are not where their crossing or address is; parks and beaches name none."""
    for row in _rows(listed):
        if not row["beside"]:
            continue
        place = gazetteer.find(row["beside"]).place
        away = (
            metres_between((float(row["lat"]), float(row["lng"])), (place.lat, place.lng))
            if place
            else math.inf
        )
        if away > LANDMARK_METRES:
            raise PlacesAreWrong(f"{row['name']} is {away:.0f} m from {row['beside']}")


def write_places(places: list[NamedPlace], path: Path) -> None:
    """Write one place a row."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["kind", "name", "also", "lat", "lng"])
        rows.writerows((p.kind, p.name, p.also, f"{p.lat:.5f}", f"{p.lng:.5f}") for p in places)


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance of two points in degrees; flat, good within a city."""
    wide = math.cos(math.radians(one[0]))
    return math.hypot(one[0] - other[0], (one[1] - other[1]) * wide) * 111_195


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _place(kind: str, row: dict[str, str]) -> NamedPlace:
    return NamedPlace(kind, row["name"], row["also"], float(row["lat"]), float(row["lng"]))


def _points(sheet: Sheet, layer: str, types: set[str] | None = None) -> dict[str, list[tuple[float, float]]]:
    """Return where each label of a layer stands; the copies in neighbouring tiles' margins are cut away."""
    spots: dict[str, list[tuple[float, float]]] = {}
    for feature in sheet.features(layer):
        name = feature.properties.get("name") or feature.properties.get("name_en")
        if name and (types is None or feature.properties.get("type") in types):
            lng, lat = sheet.degrees(*feature.shape.coords[0])
            spots.setdefault(name, []).append((round(lat, 5), round(lng, 5)))
    return {name: sorted(spots[name]) for name in sorted(spots)}


def _station(row: dict[str, str], on_map: dict[str, list[tuple[float, float]]]) -> NamedPlace:
    """Give the station the mean of its labels on the map, or its listed position when it lies off the map."""
    listed = (float(row["near_lat"]), float(row["near_lng"]))
    spots = [
        spot for spot in on_map.get(row["tile_name"], []) if metres_between(spot, listed) < STATION_METRES
    ]
    if not spots and on_map.get(row["tile_name"]):
        raise PlacesAreWrong(
            f"no label of {row['shown']} within {STATION_METRES:.0f} m of its listed position"
        )
    lat = sum(lat for lat, _ in spots) / len(spots) if spots else listed[0]
    lng = sum(lng for _, lng in spots) / len(spots) if spots else listed[1]
    return NamedPlace("station", row["shown"], row["also"], round(lat, 5), round(lng, 5))


def _zip_areas(lng: float, lat: float) -> list[NamedPlace]:
    """Return the middles of the delivery areas around; box-only ZIPs have no real place and stay out."""
    areas = []
    for row in zipcodes.filter_by(state="IL", active=True, zip_code_type="STANDARD"):
        spot = (float(row["lat"]), float(row["long"]))
        if metres_between((lat, lng), spot) <= ZIP_METRES:
            areas.append(NamedPlace("zip", row["zip_code"], "", round(spot[0], 5), round(spot[1], 5)))
    return areas
