"""Places the lots beside their streets, marks out their bays, and fills them with cars."""

import csv
import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reservations.search.geocoding.boundary import Boundary
from reservations.search.geocoding.streets import Plane, Segment, Street, Streets

ZONE = "America/Chicago"
TOWARD = {"n": (0.0, 1.0), "s": (0.0, -1.0), "e": (1.0, 0.0), "w": (-1.0, 0.0)}
LOT_COLUMNS = [
    "slug",
    "name",
    "address",
    "neighbourhood",
    "lat",
    "lng",
    "access",
    "how_to_get_in",
    "landmark",
    "street",
    "zone",
    "turnaround_minutes",
    "ev_charger",
]
CAR_COLUMNS = [
    "slug",
    "name",
    "model",
    "plate",
    "colour",
    "paint",
    "vin",
    "year",
    "lot",
    "bay",
    "features",
    "odometer",
    "energy_percent",
]
KERB_METRES = 8.0
YARD_METRES = 24.0  # gated yards and garages stand back from the street
BAY_METRES = {"street": 6.0, "keybox": 3.0, "gated": 2.7, "garage": 2.6}
OFF_STREET_METRES = 75.0  # how far the asked-for spot may be from the street it is pulled to
FLEET_YEAR = 2026
NEVER_IN_A_VIN = "IOQ"
VIN_CHARACTERS = "".join(c for c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in NEVER_IN_A_VIN)
VIN_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", [*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True)
)
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


class FleetIsWrong(Exception):
    """A hand-written lot or car does not fit the map."""


@dataclass(frozen=True, slots=True)
class Bay:
    """A numbered parking bay."""

    lot: str
    number: str
    level: str
    lat: float
    lng: float
    charger: bool


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot as listed by hand, with what the map adds: its position, its address and its bays."""

    listed: dict[str, str]
    address: str
    lat: float
    lng: float
    bays: tuple[Bay, ...]

    @property
    def slug(self) -> str:
        """Return the lot's stable name."""
        return self.listed["slug"]


def lots_of(listed: Path, streets: Streets, boundary: Boundary) -> list[Lot]:
    """Place every listed lot; raises `FleetIsWrong` where a street is missing or the spot is off the map."""
    by_name = {street.name: street for street in streets.all}
    return [_lot(row, streets, by_name, boundary) for row in _rows(listed)]


def _lot(row: dict[str, str], streets: Streets, by_name: dict[str, Street], boundary: Boundary) -> Lot:
    missing = {row["street"], row["cross"]} - by_name.keys()
    if missing:
        raise FleetIsWrong(f"{row['slug']}: no street {missing} on the map")
    street = by_name[row["street"]]
    corners, _ = streets.crossing(street, by_name[row["cross"]])
    if not corners:
        raise FleetIsWrong(f"{row['slug']}: its streets do not meet")
    plane = streets.plane
    x, y = plane.flat(*corners[0])
    dx, dy = TOWARD[row["toward"]]
    metres = float(row["metres"])
    spot, along = _on_street(street, (x + dx * metres, y + dy * metres))
    if spot is None:
        raise FleetIsWrong(f"{row['slug']}: {row['street']} does not reach the spot")
    back = KERB_METRES if row["access"] in {"street", "keybox"} else YARD_METRES
    across = _to_side(along, TOWARD[row["side"]])
    middle = (spot[0] + across[0] * back, spot[1] + across[1] * back)
    bays = tuple(_bays(row, plane, middle, along))
    lat, lng = plane.round(*middle)
    if not all(boundary.contains(bay.lat, bay.lng) for bay in bays):
        raise FleetIsWrong(f"{row['slug']}: outside the boundary")
    number = streets.number_near(street, lat, lng)
    return Lot(row, f"{number} {street.name}" if number else street.name, round(lat, 5), round(lng, 5), bays)


def _on_street(
    street: Street, wish: tuple[float, float]
) -> tuple[tuple[float, float] | None, tuple[float, float]]:
    """Return the street's point nearest to the wish, and the street's direction there."""
    best: tuple[float, tuple[float, float], Segment] | None = None
    for segment in street.segments:
        x1, y1, x2, y2 = segment
        long = (x2 - x1) ** 2 + (y2 - y1) ** 2
        share = (
            max(0.0, min(1.0, ((wish[0] - x1) * (x2 - x1) + (wish[1] - y1) * (y2 - y1)) / long))
            if long
            else 0.0
        )
        point = (x1 + (x2 - x1) * share, y1 + (y2 - y1) * share)
        if best is None or math.dist(point, wish) < best[0]:
            best = (math.dist(point, wish), point, segment)
    if best is None or best[0] > OFF_STREET_METRES:
        return None, (0.0, 0.0)
    x1, y1, x2, y2 = best[2]
    long_metres = math.dist((x1, y1), (x2, y2)) or 1.0
    return best[1], ((x2 - x1) / long_metres, (y2 - y1) / long_metres)


def _to_side(along: tuple[float, float], side: tuple[float, float]) -> tuple[float, float]:
    """Return the unit vector square to the street that points to the wanted side."""
    left = (-along[1], along[0])
    return left if left[0] * side[0] + left[1] * side[1] >= 0 else (-left[0], -left[1])


def _bays(
    row: dict[str, str], plane: Plane, middle: tuple[float, float], along: tuple[float, float]
) -> Iterator[Bay]:
    count, chargers = int(row["bays"]), int(row["chargers"])
    first = {"street": 1, "1": 101, "2": 201, "3": 301, "4": 401, "5": 501, "-1": 11, "-2": 21}[row["level"]]
    for place in range(count):
        offset = (place - (count - 1) / 2) * BAY_METRES[row["access"]]
        lat, lng = plane.round(middle[0] + along[0] * offset, middle[1] + along[1] * offset)
        yield Bay(
            row["slug"], str(first + place), row["level"], round(lat, 6), round(lng, 6), place < chargers
        )


def write_lots(lots: list[Lot], folder: Path) -> None:
    """Write `lots.csv` and `bays.csv`."""
    with (folder / "lots.csv").open("w", newline="", encoding="utf-8") as file:
        lot_rows = csv.DictWriter(file, LOT_COLUMNS, lineterminator="\n", extrasaction="ignore")
        lot_rows.writeheader()
        for lot in lots:
            placed = {"address": lot.address, "lat": f"{lot.lat:.5f}", "lng": f"{lot.lng:.5f}", "zone": ZONE}
            charger = int(any(bay.charger for bay in lot.bays))
            lot_rows.writerow(lot.listed | placed | {"ev_charger": charger})
    with (folder / "bays.csv").open("w", newline="", encoding="utf-8") as file:
        bay_rows = csv.writer(file, lineterminator="\n")
        bay_rows.writerow(["lot", "number", "level", "lat", "lng", "charger"])
        for bay in (bay for lot in lots for bay in lot.bays):
            where = f"{bay.lat:.6f}", f"{bay.lng:.6f}"
            bay_rows.writerow([bay.lot, bay.number, bay.level, *where, int(bay.charger)])


def write_cars(listed: Path, models: Path, lots: list[Lot], path: Path) -> None:
    """Give every listed car a bay at its lot, a plate, a number and a past, and write `cars.csv`.

    Electric cars take the bays with a charger, others the last free ones. What is not listed by hand is drawn
    from the car's slug, so that one car's line does not change when another one is added.
    """
    free = {lot.slug: list(lot.bays) for lot in lots}
    plates: set[str] = set()
    electric = {row["key"] for row in _rows(models) if row["fuel"] == "electric"}
    with path.open("w", newline="", encoding="utf-8") as target:
        rows = csv.DictWriter(target, CAR_COLUMNS, lineterminator="\n", extrasaction="ignore")
        rows.writeheader()
        for row in sorted(_rows(listed), key=lambda row: row["model"] not in electric):
            bay = _take_bay(free, row, electric=row["model"] in electric)
            drawn = _Draws(row["slug"])
            plate = drawn.plate(plates)
            year = FLEET_YEAR - 5 + drawn.number(5)
            miles = (FLEET_YEAR - year) * 7_800 + 900 + drawn.number(6_400)
            energy = 55 + drawn.number(43)
            past = {"year": year, "vin": drawn.vin(year), "odometer": miles, "energy_percent": energy}
            rows.writerow(row | past | {"plate": plate, "bay": bay.number})


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _take_bay(free: dict[str, list[Bay]], row: dict[str, str], *, electric: bool) -> Bay:
    fitting = [bay for bay in free.get(row["lot"], ()) if bay.charger or not electric]
    if not fitting:
        raise FleetIsWrong(f"{row['slug']}: no bay left at {row['lot']}")
    bay = fitting[0] if electric else fitting[-1]
    free[row["lot"]].remove(bay)
    return bay


class _Draws:
    """Numbers that look random and depend on nothing but a car's slug."""

    def __init__(self, slug: str) -> None:
        self._slug = slug
        self._drawn = 0

    def number(self, below: int) -> int:
        self._drawn += 1
        digest = hashlib.sha256(f"{self._slug}/{self._drawn}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % below

    def plate(self, taken: set[str]) -> str:
        letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
        while True:
            pair = letters[self.number(len(letters))] + letters[self.number(len(letters))]
            plate = f"{pair} {self.number(90) + 10} {self.number(900) + 100}"
            if plate not in taken:
                taken.add(plate)
                return plate

    def vin(self, year: int) -> str:
        """Return a well-formed number with its check digit, of a maker that does not exist (`ZZ9`)."""
        body = "".join(VIN_CHARACTERS[self.number(len(VIN_CHARACTERS))] for _ in range(5))
        model_year = "ABCDEFGHJKLMNPRSTVWXY123456789"[(year - 2010) % 30]
        serial = f"{self.number(1_000_000):06d}"
        draft = f"ZZ9{body}0{model_year}R{serial}"
        rest = (
            sum((VIN_VALUES.get(c) or int(c or 0)) * w for c, w in zip(draft, VIN_WEIGHTS, strict=True)) % 11
        )
        return f"{draft[:8]}{'X' if rest == 10 else rest}{draft[9:]}"
