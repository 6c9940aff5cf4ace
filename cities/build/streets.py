"""Joins the pieces of every named street and picks the streets whose house number is known all along them."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry
from shapely.ops import linemerge, unary_union

from cities.build.tiles import Sheet
from reservations.search.geocoding.grid import Grid, HundredLine, Measure

SIMPLIFY_UNITS = 2.5  # about two metres
NOT_STREETS = ("Expy", "Express Lanes", "Tunnel", "Skyway", "Water Taxi", "Tollway")
AGREE = 45  # numbers, about 90 m
BIN_DEGREES = 0.002  # about 170 m: one sample of a hundred-line each


@dataclass(frozen=True, slots=True)
class Street:
    """A street's name, its other names, and its lines, each a list of (latitude, longitude)."""

    name: str
    also: str
    lines: list[list[tuple[float, float]]]


def streets_of(sheet: Sheet, spellings: Path) -> list[Street]:
    """Return every named street of the sheet, sorted by name; motorways have no addresses and stay out."""
    with spellings.open(encoding="utf-8", newline="") as file:
        listed = {row["name"]: row for row in csv.DictReader(file)}
    also = {row["shown"]: row["also"] for row in listed.values()}
    pieces: dict[str, list[BaseGeometry]] = defaultdict(list)
    for feature in sheet.features("road_label"):
        name = feature.properties.get("name") or ""
        if name and not name.endswith(NOT_STREETS) and feature.properties.get("class") != "ferry":
            pieces[listed[name]["shown"] if name in listed else name].append(feature.shape)
    return [Street(name, also.get(name, ""), _joined(sheet, pieces[name])) for name in sorted(pieces)]


def _joined(sheet: Sheet, pieces: list[BaseGeometry]) -> list[list[tuple[float, float]]]:
    union = unary_union(pieces)
    merged = linemerge(union) if union.geom_type == "MultiLineString" else union
    lines = [g.simplify(SIMPLIFY_UNITS) for g in getattr(merged, "geoms", [merged]) if g.length > 6]
    found = []
    for line in lines:
        if isinstance(line, LineString):
            corners = [sheet.degrees(x, y) for x, y in line.coords]
            found.append([(round(lat, 5), round(lng, 5)) for lng, lat in corners])
    return sorted(found)


def write_streets(streets: list[Street], path: Path) -> None:
    """Write one street a row; lines are parted by `|`, corners by `,`."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["name", "also", "lines"])
        for street in streets:
            rows.writerow([street.name, street.also, "|".join(_line(line) for line in street.lines)])


def write_hundreds(streets: list[Street], known: Path, path: Path) -> int:
    """Write each known hundred-line as samples of where it lies, and return how many were found.

    A line that runs east and west says its number for north and south, as a function of the longitude; the
    other kind the other way round. Numbers north and east are positive. Lines marked sure are taken whole;
    others only where they agree with the sure ones: many a street leaves its hundred for a few blocks.
    """
    by_base: dict[str, list[Street]] = defaultdict(list)
    for street in streets:
        prefix, _, base = street.name.partition(" ")
        if prefix in {"N", "S", "E", "W"}:
            by_base[f"{'north' if prefix in 'EW' else 'east'} {base}"].append(street)
    lines: dict[Measure, list[HundredLine]] = {"north": [], "east": []}
    with known.open(encoding="utf-8") as listed:
        for row in sorted(csv.DictReader(listed), key=lambda r: -int(r["sure"])):
            measure: Measure = "north" if row["direction"] in "NS" else "east"
            number = int(row["number"]) * (1 if row["direction"] in "NE" else -1)
            same = by_base.get(f"{measure} {row['street']}", [])
            samples = _samples(
                [line for street in same for line in street.lines], northward=measure == "north"
            )
            sure = row["sure"] == "1"
            if not sure:
                grid = Grid({m: [line for line in lines[m] if line.sure] for m in lines})
                samples = [s for s in samples if abs(_number(grid, s, measure) - number) <= AGREE]
            if len(samples) >= 2:
                course = list(LineString(samples).simplify(0.00004).coords)
                along, across = zip(*course, strict=True)
                lines[measure].append(HundredLine(row["street"], number, sure, along, across))
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["measures", "number", "street", "sure", "samples"])
        for measure, found in lines.items():
            for line in sorted(found, key=lambda line: (line.number, line.street)):
                points = list(zip(line.along, line.across, strict=True))
                rows.writerow([measure, line.number, line.street, int(line.sure), _line(points)])
    return sum(len(found) for found in lines.values())


def _number(grid: Grid, sample: tuple[float, float], measure: Measure) -> float:
    along, across = sample
    return (
        grid.number_at(across, along, measure)
        if measure == "north"
        else grid.number_at(along, across, measure)
    )


def _samples(lines: list[list[tuple[float, float]]], *, northward: bool) -> list[tuple[float, float]]:
    """Return (along, across) pairs: a hundred-line's course, one mean point a bin, carriageways merged."""
    bins: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for line in lines:
        turned = [(lng, lat) if northward else (lat, lng) for lat, lng in line]
        for (a1, b1), (a2, b2) in pairwise(turned):
            steps = max(1, round(abs(a2 - a1) / BIN_DEGREES * 4))
            for step in range(steps + 1):
                share = step / steps
                along, across = a1 + (a2 - a1) * share, b1 + (b2 - b1) * share
                bins[int(along // BIN_DEGREES)].append((along, across))
    means = []
    for key in sorted(bins):
        points = bins[key]
        means.append((sum(a for a, _ in points) / len(points), sum(b for _, b in points) / len(points)))
    return means


def _line(points: list[tuple[float, float]]) -> str:
    return ",".join(f"{a:.5f} {b:.5f}" for a, b in points)
