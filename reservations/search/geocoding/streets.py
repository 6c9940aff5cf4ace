"""The city's streets: where a house number lies, where two of them meet, which one is nearest."""

import csv
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from reservations.search.geocoding.grid import NUMBERS_PER_DEGREE, Grid, Measure
from reservations.search.geocoding.wording import StreetWords, street_readings

METRES_PER_DEGREE = 111_195.0
SAME_CORNER = 120.0  # metres between crossings of dual carriageways that count as one
LOOSE_END = 45.0  # metres a street may stop short of the one it meets
EXTENSION = 380.0  # metres a street may be carried on where the map leaves its last block unnamed
CELL = 200.0  # metres

Point = tuple[float, float]
Segment = tuple[float, float, float, float]


class Plane:
    """Flat metres around a middle: good to a metre within a city."""

    def __init__(self, lat: float, lng: float) -> None:
        self._lat, self._lng = lat, lng
        self._wide = METRES_PER_DEGREE * math.cos(math.radians(lat))

    def flat(self, lat: float, lng: float) -> Point:
        """Return metres east and north of the middle."""
        return (lng - self._lng) * self._wide, (lat - self._lat) * METRES_PER_DEGREE

    def round(self, x: float, y: float) -> Point:
        """Return latitude and longitude."""
        return self._lat + y / METRES_PER_DEGREE, self._lng + x / self._wide


@dataclass
class Street:
    """One named street; `lines` are corners in latitude and longitude."""

    name: str
    words: StreetWords
    lines: list[list[Point]]
    plane: Plane
    also: tuple[str, ...] = ()

    @property
    def measure(self) -> Measure | None:
        """Say which way its numbers run: by its prefix, also on a diagonal; None where it has no prefix."""
        if not self.words.direction:
            return None
        return "north" if self.words.direction in "ns" else "east"

    @property
    def sign(self) -> int:
        """Return 1 where numbers grow to the north or east, else -1."""
        return 1 if self.words.direction in "ne" else -1

    @cached_property
    def segments(self) -> list[Segment]:
        """Return its segments in flat metres."""
        flat = [[self.plane.flat(*corner) for corner in line] for line in self.lines]
        return [(*a, *b) for line in flat for a, b in pairwise(line)]

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north in flat metres."""
        xs = [x for x1, _, x2, _ in self.segments for x in (x1, x2)]
        ys = [y for _, y1, _, y2 in self.segments for y in (y1, y2)]
        return min(xs), min(ys), max(xs), max(ys)

    def middle(self) -> Point:
        """Return the corner nearest to the street's centre, in latitude and longitude."""
        west, south, east, north = self.box
        centre = ((west + east) / 2, (south + north) / 2)
        x, y = min(((s[0], s[1]) for s in self.segments), key=lambda p: math.dist(p, centre))
        return self.plane.round(x, y)


@dataclass(frozen=True, slots=True)
class NumberSpot:
    """Where a house number lies; `off` says by how many numbers the street misses it."""

    lat: float
    lng: float
    off: float


class Streets:
    """All streets of a city with their numbering grid."""

    def __init__(self, streets: list[Street], grid: Grid, plane: Plane) -> None:
        self.all = streets
        self.grid = grid
        self.plane = plane
        self.by_base: dict[str, list[Street]] = defaultdict(list)
        for street in streets:
            for base in {street.words.base, *(_words_of(name).base for name in street.also)}:
                self.by_base[base].append(street)
        self._cells: dict[tuple[int, int], list[tuple[Segment, Street]]] = defaultdict(list)
        for street in streets:
            for segment in street.segments:
                for cell in _cells_of(segment):
                    self._cells[cell].append((segment, street))

    @classmethod
    def load(cls, streets: Path, hundreds: Path) -> "Streets":
        """Read the city's `streets.csv` and `hundreds.csv`."""
        with streets.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["lines"]]
        parsed = [
            [[_corner(corner) for corner in line.split(",")] for line in row["lines"].split("|")]
            for row in rows
        ]
        plane = Plane(*parsed[0][0][0])
        known = [
            Street(
                row["name"], _words_of(row["name"]), lines, plane, tuple(filter(None, row["also"].split(";")))
            )
            for row, lines in zip(rows, parsed, strict=True)
        ]
        return cls(known, Grid.load(hundreds), plane)

    def house(self, street: Street, number: int) -> NumberSpot | None:
        """Return where the number lies on the street, or its nearest end; None where it is not numbered."""
        measure = street.measure
        if measure is None:
            return None
        wanted = number * street.sign
        best: tuple[float, Point] | None = None
        for line in street.lines:
            read = [(self.grid.number_at(lat, lng, measure), (lat, lng)) for lat, lng in line]
            for (low, start), (high, end) in pairwise(read):
                if min(low, high) <= wanted <= max(low, high) and low != high:
                    share = (wanted - low) / (high - low)
                    lat, lng = (a + (b - a) * share for a, b in zip(start, end, strict=True))
                    return NumberSpot(lat, lng, 0.0)
            off, corner = min((abs(value - wanted), corner) for value, corner in read)
            if best is None or off < best[0]:
                best = (off, corner)
        return NumberSpot(*best[1], best[0]) if best else None

    def on_hundred(self, street: Street, number: int) -> Point | None:
        """Return where the grid has the number, on a street with a number of its own."""
        if street.measure is None:
            return None
        own = self.grid.number_of("east" if street.measure == "north" else "north", street.words)
        if own is None:
            return None
        wanted = number * street.sign
        return self.grid.point(wanted, own) if street.measure == "north" else self.grid.point(own, wanted)

    def beyond(self, street: Street, number: int, spot: NumberSpot) -> Point:
        """Carry the street on from its end at the grid's pace: where a number off the map roughly lies."""
        measure = street.measure or "north"
        step = spot.off / NUMBERS_PER_DEGREE[measure]
        here = self.grid.number_at(spot.lat, spot.lng, measure)
        step = step if number * street.sign > here else -step
        return (spot.lat + step, spot.lng) if measure == "north" else (spot.lat, spot.lng + step)

    def number_near(self, street: Street, lat: float, lng: float) -> int | None:
        """Return the house number of a point beside the street; None where it is not numbered."""
        if street.measure is None:
            return None
        return max(1, round(self.grid.number_at(lat, lng, street.measure) * street.sign))

    def crossing(self, one: Street, other: Street) -> tuple[list[Point], bool]:
        """Return where two streets meet, and whether they really do on the map.

        Without a real meeting the ends are carried on for a few blocks: the map leaves short blocks unnamed.
        """
        if met := _merged(_meetings(one, other)):
            return [self.plane.round(*point) for point in met], True
        if met := _merged([*_carried_on(one, other), *_carried_on(other, one)]):
            return [self.plane.round(*met[0])], False
        return [*self._by_number(one, other), *self._by_number(other, one)][:1], False

    def _by_number(self, street: Street, other: Street) -> list[Point]:
        """Return where the street reaches the number that holds all along the other one, if such is known."""
        number = self.grid.number_of(street.measure, other.words)
        if number is None or number * street.sign < 0:
            return []
        spot = self.house(street, abs(number))
        return [(spot.lat, spot.lng)] if spot and spot.off <= 40 else []

    def nearest(self, lat: float, lng: float, within: float) -> list[tuple[float, Point, Street]]:
        """Return the streets within so many metres, nearest first, each with its nearest point in degrees."""
        x, y = self.plane.flat(lat, lng)
        reach = math.ceil(within / CELL)
        column, row = int(x // CELL), int(y // CELL)
        best: dict[str, tuple[float, Point, Street]] = {}
        for dx in range(-reach, reach + 1):
            for dy in range(-reach, reach + 1):
                for segment, street in self._cells.get((column + dx, row + dy), ()):
                    point = _closest(segment, x, y)
                    metres = math.dist(point, (x, y))
                    if metres <= within and (street.name not in best or metres < best[street.name][0]):
                        best[street.name] = (metres, self.plane.round(*point), street)
        return sorted(best.values(), key=lambda found: (found[0], found[2].name))


def _corner(text: str) -> Point:
    lat, lng = text.split(" ")
    return float(lat), float(lng)


def _words_of(name: str) -> StreetWords:
    words = name.split()
    reading = street_readings(name)[0]
    if len(words[0]) > 1 and reading.direction:  # "North Blvd", "South Water": the direction is the name
        return next(r for r in street_readings(name) if not r.direction)
    return reading


def _cells_of(segment: Segment) -> Iterator[tuple[int, int]]:
    x1, y1, x2, y2 = segment
    for column in range(int(min(x1, x2) // CELL), int(max(x1, x2) // CELL) + 1):
        for row in range(int(min(y1, y2) // CELL), int(max(y1, y2) // CELL) + 1):
            yield column, row


def _closest(segment: Segment, x: float, y: float) -> Point:
    x1, y1, x2, y2 = segment
    dx, dy = x2 - x1, y2 - y1
    long = dx * dx + dy * dy
    share = 0.0 if long == 0 else max(0.0, min(1.0, ((x - x1) * dx + (y - y1) * dy) / long))
    return x1 + dx * share, y1 + dy * share


def _within(street: Street, box: tuple[float, float, float, float], margin: float) -> list[Segment]:
    west, south, east, north = box
    return [
        s
        for s in street.segments
        if max(s[0], s[2]) >= west - margin
        and min(s[0], s[2]) <= east + margin
        and max(s[1], s[3]) >= south - margin
        and min(s[1], s[3]) <= north + margin
    ]


def _meetings(one: Street, other: Street) -> list[Point]:
    theirs = _within(other, one.box, LOOSE_END)
    ours = _within(one, other.box, LOOSE_END) if theirs else []
    exact = [p for a in ours for b in theirs if _apart(a, b) <= 0 and (p := _cut(a, b))]
    if exact:
        return exact
    close: list[tuple[float, Point]] = []
    for mine, yours in ((ours, theirs), (theirs, ours)):
        for segment in mine:
            for end in ((segment[0], segment[1]), (segment[2], segment[3])):
                for target in yours:
                    point = _closest(target, *end)
                    if (metres := math.dist(point, end)) <= LOOSE_END:
                        close.append((metres, point))
    return [point for _, point in sorted(close)[:1]]


def _apart(a: Segment, b: Segment) -> float:
    """Return a positive number when the boxes of two segments do not touch."""
    return max(
        min(a[0], a[2]) - max(b[0], b[2]),
        min(b[0], b[2]) - max(a[0], a[2]),
        min(a[1], a[3]) - max(b[1], b[3]),
        min(b[1], b[3]) - max(a[1], a[3]),
    )


def _cut(a: Segment, b: Segment) -> Point | None:
    ax, ay, bx, by = a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1]
    cross = ax * by - ay * bx
    if abs(cross) < 1e-9:
        return None
    t = ((b[0] - a[0]) * by - (b[1] - a[1]) * bx) / cross
    u = ((b[0] - a[0]) * ay - (b[1] - a[1]) * ax) / cross
    return (a[0] + ax * t, a[1] + ay * t) if 0 <= t <= 1 and 0 <= u <= 1 else None


def _carried_on(one: Street, other: Street) -> list[Point]:
    """Lengthen every segment of one street and see where it would meet the other."""
    targets = _within(other, one.box, EXTENSION)
    found: list[tuple[float, Point]] = []
    for x1, y1, x2, y2 in _within(one, other.box, EXTENSION) if targets else []:
        long = math.dist((x1, y1), (x2, y2))
        if long < 20:
            continue
        dx, dy = (x2 - x1) / long * EXTENSION, (y2 - y1) / long * EXTENSION
        longer = (x1 - dx, y1 - dy, x2 + dx, y2 + dy)
        for target in targets:
            if _apart(longer, target) <= 0 and (point := _cut(longer, target)):
                found.append((math.dist(point, _closest((x1, y1, x2, y2), *point)), point))
    return [point for _, point in sorted(found)[:1]]


def _merged(points: Iterable[Point]) -> list[Point]:
    """Average the points that belong to one corner."""
    corners: list[list[Point]] = []
    for point in points:
        near = next((c for c in corners if math.dist(c[0], point) <= SAME_CORNER), None)
        if near is None:
            corners.append([point])
        else:
            near.append(point)
    return [(sum(x for x, _ in c) / len(c), sum(y for _, y in c) / len(c)) for c in corners]
