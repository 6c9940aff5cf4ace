"""Chicago's numbering grid: which house number belongs to a point, read off streets whose number is known."""

import csv
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reservations.search.geocoding.wording import StreetWords, street_readings

Measure = Literal["north", "east"]
MIDDLE = (41.882, -87.65)  # where the search for a pair of numbers begins
# 800 a mile, at this latitude
NUMBERS_PER_DEGREE: dict[Measure, float] = {"north": 54_900.0, "east": 41_100.0}


@dataclass(frozen=True, slots=True)
class HundredLine:
    """A street along which one number holds, as (along, across) samples in degrees, sorted by the first."""

    street: str
    number: int
    sure: bool
    along: tuple[float, ...]
    across: tuple[float, ...]

    def at(self, along: float) -> float | None:
        """Return where the line lies at `along`; a sure line goes on straight past its ends, others stop."""
        first, last = self.along[0], self.along[-1]
        if first <= along <= last:
            right = max(1, bisect_left(self.along, along))
            return self._between(right - 1, right, along)
        return self._between(0, len(self.along) - 1, along) if self.sure else None

    def _between(self, left: int, right: int, along: float) -> float:
        share = (along - self.along[left]) / (self.along[right] - self.along[left])
        return self.across[left] + (self.across[right] - self.across[left]) * share


class Grid:
    """Reads numbers off the hundred-lines: north and east are positive, south and west negative."""

    def __init__(self, lines: dict[Measure, list[HundredLine]]) -> None:
        self._lines = lines
        self._numbers = {
            (measure, words.base, words.suffix): line.number
            for measure, found in lines.items()
            for line in found
            for words in street_readings(line.street)[:1]
        }

    @classmethod
    def load(cls, path: Path) -> "Grid":
        """Read the city's `hundreds.csv`."""
        lines: dict[Measure, list[HundredLine]] = {"north": [], "east": []}
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                pairs = [point.split(" ") for point in row["samples"].split(",")]
                measure: Measure = "north" if row["measures"] == "north" else "east"
                lines[measure].append(
                    HundredLine(
                        street=row["street"],
                        number=int(row["number"]),
                        sure=row["sure"] == "1",
                        along=tuple(float(along) for along, _ in pairs),
                        across=tuple(float(across) for _, across in pairs),
                    )
                )
        return cls(lines)

    def number_of(self, measure: Measure | None, street: StreetWords) -> int | None:
        """Return the number that holds all along a street, when the street is one of the hundred-lines."""
        return self._numbers.get((measure, street.base, street.suffix)) if measure else None

    def point(self, north: float, east: float) -> tuple[float, float]:
        """Return latitude and longitude of the spot with these signed numbers, by steps of correction."""
        lat, lng = MIDDLE
        for _ in range(8):
            lat += (north - self.number_at(lat, lng, "north")) / NUMBERS_PER_DEGREE["north"]
            lng += (east - self.number_at(lat, lng, "east")) / NUMBERS_PER_DEGREE["east"]
        return lat, lng

    def number_at(self, lat: float, lng: float, measure: Measure) -> float:
        """Return the signed number of a point, carried on at the usual pace beyond the outermost lines."""
        along, across = (lng, lat) if measure == "north" else (lat, lng)
        below: tuple[float, int] | None = None
        above: tuple[float, int] | None = None
        for line in self._lines[measure]:
            where = line.at(along)
            if where is None:
                continue
            if where <= across and (below is None or where > below[0]):
                below = (where, line.number)
            elif where > across and (above is None or where < above[0]):
                above = (where, line.number)
        if below and above:
            return below[1] + (above[1] - below[1]) * (across - below[0]) / (above[0] - below[0])
        nearest = below or above
        if nearest is None:
            return 0.0
        return nearest[1] + (across - nearest[0]) * NUMBERS_PER_DEGREE[measure]
